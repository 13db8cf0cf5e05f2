package folder_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/dataset/folder"
)

// link makes a symbolic link in dir, or skips the test where there are none.
func link(t *testing.T, dir, target, name string) {
	t.Helper()
	if err := os.Symlink(target, filepath.Join(dir, filepath.FromSlash(name))); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
}

// TestHubCache reads a folder as a hub's cache lays it out: all of its files, and a class's folder,
// are links to elsewhere.
func TestHubCache(t *testing.T) {
	store := shades(t, "blobs", 0, 20).with(shades(t, "elsewhere", 50, 10)).write(t)
	dir := tree{"snapshot/hor/": nil, "snapshot/ver/": nil}.write(t)
	blobs, err := os.ReadDir(filepath.Join(store, "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	for i, b := range blobs {
		link(t, dir, filepath.Join(store, "blobs", b.Name()), []string{"snapshot/hor/", "snapshot/ver/"}[i%2]+b.Name())
	}
	link(t, dir, filepath.Join(store, "elsewhere"), "snapshot/dot")
	set := open(t, filepath.Join(dir, "snapshot"), folder.Options{})
	if len(set.Train.Files) != 24 || len(set.Test.Files) != 6 || !slices.Equal(set.Classes, []string{"dot", "hor", "ver"}) || len(set.Report.Problems) != 0 {
		t.Errorf("%d and %d images of %q; %v", len(set.Train.Files), len(set.Test.Files), set.Classes, set.Report.Problems)
	}
}

// TestUselessFiles names what cannot be used and reads the rest: links to nothing, round in a
// circle, to folders above, names that are too long or no text.
func TestUselessFiles(t *testing.T) {
	dir := pets(t, "", 0).with(tree{"cats/deep/er/one.png": shade(t, 700, 8, 8), "dogs/sub/two.png": shade(t, 701, 8, 8)}).write(t)
	link(t, dir, "nowhere", "cats/gone.png")
	link(t, dir, "self.png", "cats/self.png")
	link(t, dir, "nowhere", "lost")
	link(t, dir, "loop", "loop")
	link(t, dir, "../../..", "cats/deep/er/up")
	link(t, dir, "..", "cats/deep/back")
	link(t, dir, "sub", "dogs/again") // before the folder itself
	link(t, dir, "/dev/zero", "dogs/zero.png")
	link(t, dir, strings.Repeat("long", 100)+".png", "dogs/long.png")
	for i, name := range []string{"cats/caf\xe9.png", "dogs/\xff"} {
		if filepath.Ext(name) == "" {
			if err := os.Mkdir(filepath.Join(dir, name), 0o777); err != nil {
				t.Skip("names are text here: ", err)
			}
			name += "/in.png"
		}
		if err := os.WriteFile(filepath.Join(dir, name), shade(t, 800+i, 8, 8), 0o666); err != nil {
			t.Skip("names are text here: ", err)
		}
	}
	set := open(t, dir, folder.Options{})
	want := map[folder.Kind][]string{
		folder.Unreadable: {"cats/gone.png", "cats/self.png", "dogs/long.png", "dogs/zero.png", "loop", "lost"},
		folder.Ignored:    {"cats/deep/back", "cats/deep/er/up", "dogs/sub"},
	}
	for kind, got := range pathsOf(set.Report) {
		if !slices.Equal(got, want[kind]) {
			t.Errorf("%s: found %q, expected %q", kind, got, want[kind])
		}
	}
	files := slices.Concat(set.Train.Files, set.Test.Files)
	for _, name := range []string{`cats/caf\xe9.png`, `dogs/\xff/in.png`} {
		if !slices.Contains(files, name) {
			t.Errorf("%s is not among %q", name, files)
		}
	}
}

// TestForms matches names of classes that look alike, and shows those that are no text.
func TestForms(t *testing.T) {
	const nfc, nfd = "caf\u00e9", "cafe\u0301"
	dir := shades(t, "train/"+nfc, 0, 5).with(shades(t, "train/tea", 20, 5), shades(t, "test/"+nfd, 40, 3), shades(t, "test/tea", 60, 3)).write(t)
	set := open(t, dir, folder.Options{})
	if !slices.Equal(set.Classes, []string{nfc, "tea"}) || len(set.Test.Labels) != 6 || len(set.Report.Problems) != 0 {
		t.Errorf("%q, %d test images, %v", set.Classes, len(set.Test.Labels), set.Report.Problems)
	}
	dir = shades(t, nfc, 0, 5).with(shades(t, nfd, 20, 5), shades(t, "tea", 40, 5)).write(t)
	set = open(t, dir, folder.Options{})
	if len(set.Classes) != 2 || len(set.Train.Labels) != 12 || !slices.Equal(pathsOf(set.Report)[folder.SameName], []string{nfd}) {
		t.Errorf("two forms in one part: %q, %d training images, %v", set.Classes, len(set.Train.Labels), set.Report.Problems)
	}
	dir = shades(t, "tea", 0, 5).write(t)
	for i, name := range []string{"th\xe9", "th\xe8"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o777); err != nil {
			t.Skip("names are text here: ", err)
		}
		for j := range 5 {
			if err := os.WriteFile(filepath.Join(dir, name, string(rune('a'+j))+".png"), shade(t, 100+10*i+j, 8, 8), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	if set = open(t, dir, folder.Options{}); !slices.Equal(set.Classes, []string{"tea", `th\xe8`, `th\xe9`}) || len(set.Train.Labels) != 12 {
		t.Errorf("names that are no text: %q, %d training images, %v", set.Classes, len(set.Train.Labels), set.Report.Problems)
	}
}
