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

// TestEachPicture walks a folder with what may be in one.
func TestEachPicture(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"b/2.png", "b/1.JPG", "b/notes.txt", "a.webp", "z/.hidden.png", ".git/x.png", "c/d/e.gif", "c/d/scan.tiff", "b/Thumbs.db"} {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.Symlink("../a.webp", filepath.Join(dir, "c", "link.png")), os.Symlink("nothing", filepath.Join(dir, "gone.png")),
		os.Symlink("b", filepath.Join(dir, "folder.png"))); err != nil {
		t.Fatal(err)
	}
	var found, skipped, other []string
	collect := func(list *[]string) func(string) error {
		return func(path string) error {
			name, err := filepath.Rel(dir, path)
			*list = append(*list, filepath.ToSlash(name))
			return err
		}
	}
	err := folder.EachPicture(dir, collect(&found), func(path string, err error) {
		if !fault.IsInput(err) {
			t.Errorf("%s: %v", path, err)
		}
		_ = collect(&skipped)(path)
	}, func(path string) { _ = collect(&other)(path) })
	if want := []string{"a.webp", "b/1.JPG", "b/2.png", "c/d/e.gif", "c/link.png"}; err != nil || !slices.Equal(found, want) {
		t.Errorf("found %q, expected %q, %v", found, want, err)
	}
	if want := []string{"folder.png", "gone.png"}; !slices.Equal(skipped, want) {
		t.Errorf("skipped %q, expected %q", skipped, want)
	}
	if want := []string{"b/notes.txt", "c/d/scan.tiff"}; !slices.Equal(other, want) {
		t.Errorf("other files %q, expected %q", other, want)
	}
	stop := errors.New("stop")
	if err := folder.EachPicture(dir, func(string) error { return stop }, nil, nil); !errors.Is(err, stop) {
		t.Errorf("an error of the caller's becomes %v", err)
	}
	if err := folder.EachPicture(filepath.Join(dir, "none"), nil, nil, nil); !fault.IsInput(err) {
		t.Errorf("no folder: %v", err)
	}
}
