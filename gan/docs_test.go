package gan

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestNamedTests checks that the tests that docs/generative.md names exist.
func TestNamedTests(t *testing.T) {
	text, err := os.ReadFile("../docs/generative.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`([a-z/]+)\\.(Test[A-Za-z]+)`").FindAllStringSubmatch(string(text), -1)
	if len(named) < 25 {
		t.Errorf("%d tests are named", len(named))
	}
	for _, name := range named {
		files, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(name[1]), "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, file := range files {
			code, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			found = found || strings.Contains(string(code), "\nfunc "+name[2]+"(")
		}
		if !found {
			t.Errorf("%s has no %s", name[1], name[2])
		}
	}
}
