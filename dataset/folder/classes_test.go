package folder_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/internal/fault"
)

// TestTooManyClasses refuses more classes than a model's file may have.
func TestTooManyClasses(t *testing.T) {
	dir := t.TempDir()
	for i := range 1<<16 + 1 {
		if err := os.Mkdir(filepath.Join(dir, fmt.Sprint("class", i)), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	_, err := folder.Open(t.Context(), dir, folder.Options{})
	if want := "found 65537 classes, expected at most 65536"; !fault.IsInput(err) || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, expected %q", err, want)
	}
}
