package folder_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/internal/fault"
)

// TestLabelled lists folders for a model that has its classes: in another order, Unicode form or
// number than it.
func TestLabelled(t *testing.T) {
	write := func(dir string, names ...string) {
		for _, name := range names {
			path := filepath.Join(dir, name)
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, 0o644)); err != nil {
				t.Fatal(err)
			}
		}
	}
	classes := []string{"tea", "caf\u00e9", "water"}
	dir := t.TempDir()
	write(dir, "cafe\u0301/2.png", "cafe\u0301/1.png", "cafe\u0301/deep/3.png", "tea/1.jpg", "tea/notes.txt", "juice/1.png", "loose.png")
	got, err := folder.OpenLabelled(dir, classes)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Labels, []int{1, 1, 1, 0}) || !slices.Equal(got.Unknown, []string{"juice"}) || !slices.Equal(got.Missing, []string{"water"}) || got.From != "" || len(got.Problems) != 2 {
		t.Errorf("%+v", got)
	}
	for _, path := range got.Files {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
	parts := t.TempDir()
	write(parts, "train/tea/1.png", "train/water/1.png", "valid/tea/1.png", "test/water/1.png", "test/water/2.png")
	if got, err := folder.OpenLabelled(parts, classes); err != nil || got.From != "test" || !slices.Equal(got.Labels, []int{2, 2}) {
		t.Errorf("parts: %+v, %v", got, err)
	}
	other := t.TempDir()
	write(other, "juice/1.png")
	for _, bad := range []string{other, filepath.Join(dir, "none"), filepath.Join(dir, "loose.png"), t.TempDir()} {
		if _, err := folder.OpenLabelled(bad, classes); !fault.IsInput(err) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
