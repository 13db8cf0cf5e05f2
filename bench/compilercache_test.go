package bench

import (
	"os"
	"path/filepath"
	"testing"
)

// TestCompilerCache checks that what was compiled is there again after a process that ended in good
// order, never after another, and that two processes of one name do not share a folder.
func TestCompilerCache(t *testing.T) {
	environment := t.TempDir()
	open := func() compilerCache {
		t.Helper()
		c, err := openCompilerCache(environment, "torch-compile nchw tuned-1")
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	has := func(c compilerCache) bool {
		_, err := os.Stat(filepath.Join(c.folder, "kernel.so"))
		return err == nil
	}
	first, second := open(), open()
	if first.folder == second.folder {
		t.Fatal("two processes share a folder")
	}
	if err := os.WriteFile(filepath.Join(first.folder, "kernel.so"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	second.close(false)
	first.close(true)
	third := open()
	if !has(third) {
		t.Error("what was compiled is not there again")
	}
	third.close(false)
	if has(open()) {
		t.Error("what an interrupted process compiled is there again")
	}
}
