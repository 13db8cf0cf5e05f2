package picture_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/dataset/picture"
)

// TestChroma compares pictures with interpolated colours with what Pillow reads. What is left is the
// rounding of the inverse cosine transform: of brightness one level, of a colour difference one,
// which is up to 1.8 of blue. Nearest colours are much further away where libjpeg interpolates.
func TestChroma(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "chroma", "chroma.json"))
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	if len(g.Pictures) < 10 {
		t.Fatalf("%d pictures, expected at least 10", len(g.Pictures))
	}
	for name, want := range g.Pictures {
		p := readPicture(t, filepath.Join("chroma", name))
		w, h := p.Size()
		if want.Size != [2]int{w, h} {
			t.Errorf("%s: %d x %d, expected %v", name, w, h, want.Size)
			continue
		}
		largest, mean := difference(t, renderTo(t, p, w, h, "stretch:chroma=interpolated"), want.RGB)
		t.Logf("%s: up to %d, mean %.3f", name, largest, mean)
		if largest > 3 || mean > 0.3 {
			t.Errorf("%s: differs from Pillow's by up to %d, %.3f on average", name, largest, mean)
		}
		plain, _ := difference(t, renderTo(t, p, w, h, picture.Stretch), want.RGB)
		t.Logf("%s: nearest colours up to %d", name, plain)
		if apart := plain > 20; apart != interpolates(name) {
			t.Errorf("%s: nearest colours differ from Pillow's by up to %d", name, plain)
		}
	}
}

// interpolates reports whether libjpeg interpolates the colours of a file of testdata/chroma.
func interpolates(name string) bool {
	return !strings.HasPrefix(name, "444") && !strings.HasPrefix(name, "411") && !strings.Contains(name, "narrow")
}

// TestChromaOfParts checks that the middle of a picture has the pixels that it has in the whole: the
// colours beyond its edges count.
func TestChromaOfParts(t *testing.T) {
	for _, name := range []string{"420.jpg", "422.jpg", "440.jpg", "411.jpg"} {
		p := readPicture(t, filepath.Join("chroma", name))
		w, h := p.Size()
		side := min(w, h)
		whole := renderTo(t, p, w, h, "stretch:chroma=interpolated")
		part := render(t, p, side, "crop:chroma=interpolated")
		for y := range side {
			for x := range side {
				if got, want := part.RGBAAt(x, y), whole.RGBAAt((w-side)/2+x, (h-side)/2+y); got != want {
					t.Fatalf("%s: pixel %d, %d is %v, expected %v", name, x, y, got, want)
				}
			}
		}
	}
}
