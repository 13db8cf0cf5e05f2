package folder_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gradreg/gradreg/dataset/folder"
)

// tree is a folder: contents by names with slashes. A name that ends in a slash is an empty folder.
type tree map[string][]byte

// write writes a tree to a new folder.
func (tr tree) write(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range tr {
		path := filepath.Join(dir, filepath.FromSlash(name))
		parent := filepath.Dir(path)
		if name[len(name)-1] == '/' {
			parent = path
		}
		if err := os.MkdirAll(parent, 0o755); err != nil {
			t.Fatal(err)
		}
		if parent == path {
			continue
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// with returns the tree with others added.
func (tr tree) with(others ...tree) tree {
	out := maps.Clone(tr)
	for _, o := range others {
		maps.Copy(out, o)
	}
	return out
}

// encode returns a picture as PNG.
func encode(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// shade returns a PNG of w × h pixels whose content depends on n.
func shade(t testing.TB, n, w, h int) []byte {
	t.Helper()
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		img.Set(i%w, i/w, color.NRGBA{uint8(n), uint8(n >> 8), uint8(7 * i), 255})
	}
	return encode(t, img)
}

// shades returns a class of n pictures of 8 × 8.
func shades(t testing.TB, class string, first, n int) tree {
	t.Helper()
	out := tree{}
	for i := range n {
		out[class+"/"+string(rune('a'+i%26))+string(rune('a'+i/26))+".png"] = shade(t, first+i, 8, 8)
	}
	return out
}

// fixture returns a picture of package picture's tests.
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "picture", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// open opens a folder that must be fine.
func open(t testing.TB, dir string, opt folder.Options) *folder.Set {
	t.Helper()
	set, err := folder.Open(context.Background(), dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// pathsOf returns the first paths of a report's problems by kind.
func pathsOf(r folder.Report) map[folder.Kind][]string {
	out := map[folder.Kind][]string{}
	for _, p := range r.Problems {
		out[p.Kind] = append(out[p.Kind], p.Paths[0])
	}
	for _, paths := range out {
		slices.Sort(paths)
	}
	return out
}

// filesOf lists the files of a part by name.
func filesOf(p folder.Pictures) []string { return slices.Sorted(slices.Values(p.Files)) }

// same reports whether two sets hold the same images.
func same(a, b *folder.Set) bool {
	equal := func(p, q folder.Pictures) bool {
		return bytes.Equal(p.Images, q.Images) && slices.Equal(p.Labels, q.Labels) && slices.Equal(p.Files, q.Files)
	}
	return equal(a.Train, b.Train) && equal(a.Val, b.Val) && equal(a.Test, b.Test)
}
