package gradreg_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// inspect calls visit for every node of the product's sources.
func inspect(t *testing.T, visit func(path string, at token.Position, n ast.Node)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch path = filepath.ToSlash(path); {
		case err != nil:
			return err
		case d.IsDir():
			if path == "tools" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), "_") || len(path) > 1 && strings.HasPrefix(d.Name(), ".") {
				return fs.SkipDir
			}
			return nil
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if n != nil {
				visit(path, set.Position(n.Pos()), n)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// flagInText is a command-line flag in a text.
var flagInText = regexp.MustCompile(`(^|[^-\w])--[a-z]`)

// speakOfFlags are the files outside the program whose texts are command lines, with the reason.
var speakOfFlags = map[string]string{
	"study/variant.go": "a report names the command that repeats its study",
	"bench/peer.go":    "the options of XLA",
}

// TestLibraryFlags checks that no text of the libraries speaks of a command-line flag: who calls
// them need not be the program.
func TestLibraryFlags(t *testing.T) {
	seen := map[string]bool{}
	inspect(t, func(path string, at token.Position, n ast.Node) {
		literal, ok := n.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING || strings.HasPrefix(path, "internal/cli/") {
			return
		}
		if text, err := strconv.Unquote(literal.Value); err == nil && flagInText.MatchString(text) {
			seen[path] = true
			if speakOfFlags[path] == "" {
				t.Errorf("%s: %s speaks of a flag", at, literal.Value)
			}
		}
	})
	for path := range speakOfFlags {
		if !seen[path] {
			t.Errorf("%s speaks of no flag any more", path)
		}
	}
}

// panicsElsewhere are the files whose goroutines keep no panic where they start, with the reason.
var panicsElsewhere = map[string]string{
	"train/feed.go":           "filled recovers from what the caller's function does",
	"internal/plan/team.go":   "job.work recovers",
	"internal/cli/signals.go": "it waits for signals, and calls nothing of ours",
}

// TestGoroutines checks that a panic in a goroutine does not end the process: what starts one keeps
// the panic for who waits.
func TestGoroutines(t *testing.T) {
	seen, kept := map[string]bool{}, 0
	inspect(t, func(path string, at token.Position, n ast.Node) {
		var body *ast.FuncLit
		switch n := n.(type) {
		case *ast.GoStmt:
			if body, _ = n.Call.Fun.(*ast.FuncLit); body == nil {
				t.Errorf("%s: starts a function that this test cannot look into", at)
			}
		case *ast.CallExpr:
			if s, ok := n.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Go" && len(n.Args) == 1 {
				body, _ = n.Args[0].(*ast.FuncLit)
			}
		}
		if body == nil {
			return
		}
		keeps := false
		for _, s := range body.Body.List {
			if d, ok := s.(*ast.DeferStmt); ok {
				if s, ok := d.Call.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Keep" {
					keeps = true
				}
			}
		}
		switch seen[path] = true; {
		case keeps:
			kept++
		case panicsElsewhere[path] == "":
			t.Errorf("%s: a goroutine without bug.Keeper", at)
		}
	})
	if kept == 0 {
		t.Error("found no goroutine that keeps a panic: this test looks for the wrong one")
	}
	for path := range panicsElsewhere {
		if !seen[path] {
			t.Errorf("%s starts no goroutine any more", path)
		}
	}
}

// TestOneAssembly checks that one piece of code makes a training step of a loss and an optimizer.
func TestOneAssembly(t *testing.T) {
	var found []string
	inspect(t, func(path string, _ token.Position, n ast.Node) {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return
		}
		if s, ok := call.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Build" && len(call.Args) == 2 {
			found = append(found, path)
		}
	})
	// missing.go builds the refusal of a missing optimizer; rates.go is an optimizer around another.
	if want := "missing.go optim/rates.go training.go"; strings.Join(found, " ") != want {
		t.Errorf("optimizers build updates in %v, expected %s", found, want)
	}
}
