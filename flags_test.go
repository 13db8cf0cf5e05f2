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
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch path = filepath.ToSlash(path); {
		case err != nil:
			return err
		case d.IsDir():
			if path == "internal/cli" || path == "tools" || path == "cmd" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), "_") || len(path) > 1 && strings.HasPrefix(d.Name(), ".") {
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
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			if text, err := strconv.Unquote(literal.Value); err == nil && flagInText.MatchString(text) {
				seen[path] = true
				if speakOfFlags[path] == "" {
					t.Errorf("%s: %s speaks of a flag", set.Position(n.Pos()), literal.Value)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for path := range speakOfFlags {
		if !seen[path] {
			t.Errorf("%s speaks of no flag any more", path)
		}
	}
}
