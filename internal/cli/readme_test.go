package cli_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestReadmeGo compiles the Go programs of README and docs as a reader would who copies them.
func TestReadmeGo(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range append(files, filepath.Join(root, "README.md")) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, program := range regexp.MustCompile("(?ms)^```go\n(.*?)^```").FindAllStringSubmatch(string(data), -1) {
			found++
			path := filepath.Join(t.TempDir(), fmt.Sprintf("program%d.go", i))
			if err := os.WriteFile(path, []byte(program[1]), 0o644); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("go", "vet", path) // vet compiles, and knows what compiles but cannot be meant
			cmd.Dir = root
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s, program %d: %v\n%s", filepath.Base(name), i+1, err, strings.TrimSpace(string(out)))
			}
		}
	}
	if found == 0 {
		t.Error("found no Go program, expected that of the README")
	}
}
