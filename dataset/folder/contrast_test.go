package folder_test

import (
	"image"
	"image/color"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/dataset/picture"
)

// plain returns a picture of one colour whose file differs from those of other n.
func plain(t *testing.T, n, level int) []byte {
	img := image.NewNRGBA(image.Rect(0, 0, 20+n, 8))
	for i := range img.Pix {
		img.Pix[i] = uint8(level)
		if i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	return encode(t, img)
}

// TestContrast reports pictures in which there is nothing to see, however they are fitted, and
// classes of one image.
func TestContrast(t *testing.T) {
	some, none, alike := pets(t, "", 0), tree{}, pets(t, "", 0)
	some["cats/black.png"], some["dogs/grey.png"] = plain(t, 0, 0), plain(t, 1, 100)
	for i := range 12 {
		none[[]string{"cats/", "dogs/"}[i%2]+strconv.Itoa(i)+".png"] = plain(t, i, 0)
		img := image.NewGray(image.Rect(0, 0, 8, 8))
		for p := range img.Pix {
			img.Pix[p] = uint8(30 * (p % 8))
		}
		img.Pix[i] ^= 1 // what nobody sees
		alike["same/"+strconv.Itoa(i)+".png"] = encode(t, img)
	}
	for _, fit := range []picture.Fit{picture.Crop, picture.Pad, picture.Stretch} {
		for name, c := range map[string]struct {
			tree    tree
			blank   []string // of the problem NoContrast
			says    string
			classes []string // of Alike
		}{
			"sound": {pets(t, "", 0), nil, "", nil},
			"some":  {some, []string{"cats/black.png", "dogs/grey.png"}, "2 pictures are one colour", nil},
			"none":  {none, nil, "none of the 12 pictures has any contrast", nil},
			"alike": {alike, nil, "", []string{"same"}},
		} {
			set := open(t, c.tree.write(t), folder.Options{Fit: fit})
			var blank []string
			said := ""
			for _, p := range set.Report.Problems {
				if p.Kind == folder.NoContrast {
					blank, said = p.Paths, p.Detail
				}
			}
			got := pathsOf(set.Report)[folder.Alike]
			if !strings.Contains(said, c.says) || (said == "") != (c.says == "") || c.blank != nil && !slices.Equal(blank, c.blank) || !slices.Equal(got, c.classes) {
				t.Errorf("%s, %s: %q of %q, alike %q, expected %q of %q, %q", fit, name, said, blank, got, c.says, c.blank, c.classes)
			}
		}
	}
	grey := image.NewGray(image.Rect(0, 0, 8, 8))
	grey.Set(3, 3, color.Gray{40})
	dot := pets(t, "", 0).with(tree{"cats/dot.png": encode(t, grey)})
	if p := pathsOf(open(t, dot.write(t), folder.Options{}).Report)[folder.NoContrast]; p != nil {
		t.Errorf("a picture with a dot is reported: %q", p)
	}
}

// TestLopsided reports a class that has almost all training images.
func TestLopsided(t *testing.T) {
	set := open(t, shades(t, "common", 0, 90).with(shades(t, "rare", 100, 3), shades(t, "single", 200, 1)).write(t), folder.Options{})
	got := pathsOf(set.Report)
	if !slices.Equal(got[folder.Lopsided], []string{"common"}) || !slices.Equal(got[folder.NoTest], []string{"single"}) {
		t.Errorf("reported: %v", set.Report.Problems)
	}
}
