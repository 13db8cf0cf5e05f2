package cli_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// TestDocumentLinks checks that the files which README and docs link to, pictures among them, are
// there, and in a repository that they are part of it: a file that .gitignore names is there for its
// author alone. The headings that links go to are there, too.
func TestDocumentLinks(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	documents, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"README.md", "RATIONALE.md", "CONTRIBUTING.md", "CHANGELOG.md"} {
		documents = append(documents, filepath.Join(root, name))
	}
	link := regexp.MustCompile(`\]\(([^)\s]+)\)`)
	found := 0
	for _, document := range documents {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(l[1], "://") || strings.HasPrefix(l[1], "mailto:") {
				continue
			}
			found++
			where := filepath.Base(document) + " links to " + l[1]
			file, heading, _ := strings.Cut(l[1], "#")
			path := document
			if file != "" {
				path = filepath.Join(filepath.Dir(document), filepath.FromSlash(file))
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: %v", where, err)
				continue
			}
			if why := untracked(root, path); why != "" {
				t.Errorf("%s: %s", where, why)
			}
			if heading != "" && !slices.Contains(headings(t, path), heading) {
				t.Errorf("%s: found no such heading", where)
			}
		}
	}
	if found < 40 {
		t.Errorf("%d links", found)
	}
}

// untracked returns what git says of a file that is not in the repository, "" of one that is, and
// where there is no repository.
func untracked(root, path string) string {
	if _, err := os.Stat(filepath.Join(root, ".git")); err != nil {
		return ""
	}
	if _, err := exec.LookPath("git"); err != nil {
		return ""
	}
	cmd := exec.Command("git", "ls-files", "--error-unmatch", "--", path)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		return strings.TrimSpace(string(out))
	}
	return ""
}

// headings returns what links to the headings of a document end with.
func headings(t *testing.T, path string) (list []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(string(text), -1) {
		list = append(list, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
				return unicode.ToLower(r)
			}
			return -1
		}, h[1]))
	}
	return list
}
