package picture_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gradreg/gradreg/dataset/picture"
	"github.com/gradreg/gradreg/internal/fault"
)

// golden is what tools/golden/pictures.py wrote.
type golden struct {
	Pictures map[string]struct {
		Size [2]int `json:"size"`
		RGB  string `json:"rgb"`
	} `json:"pictures"`
	Bicubic map[string]string `json:"bicubic"`
}

func readGolden(t *testing.T) golden {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

func readPicture(t *testing.T, name string) picture.Picture {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	p, err := picture.Decode(data)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return p
}

// render is picture.Render that must succeed.
func render(t interface {
	Helper()
	Fatal(...any)
}, p picture.Picture, side int, fit picture.Fit) *image.RGBA {
	t.Helper()
	return renderTo(t, p, side, side, fit)
}

// renderTo is picture.RenderTo on white paper that must succeed.
func renderTo(t interface {
	Helper()
	Fatal(...any)
}, p picture.Picture, width, height int, fit picture.Fit) *image.RGBA {
	t.Helper()
	got, err := picture.RenderTo(p, width, height, fit, color.White)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// difference returns the largest and the mean difference between an opaque picture and bytes
// RGBRGB….
func difference(t *testing.T, img *image.RGBA, want string) (largest int, mean float64) {
	t.Helper()
	rgb, err := hex.DecodeString(want)
	if err != nil {
		t.Fatal(err)
	}
	if len(rgb)/3 != len(img.Pix)/4 {
		t.Fatalf("%v has %d pixels, expected %d", img.Rect, len(img.Pix)/4, len(rgb)/3)
	}
	sum := 0
	for i, v := range rgb {
		d := int(img.Pix[i/3*4+i%3]) - int(v)
		largest = max(largest, d, -d)
		sum += max(d, -d)
	}
	return largest, float64(sum) / float64(len(rgb))
}

// TestFormats compares every format with what Pillow reads: lossless ones to the rounding of alpha,
// lossy ones within what decoders differ by, which is the interpolation of subsampled colours.
func TestFormats(t *testing.T) {
	for name, want := range readGolden(t).Pictures {
		p := readPicture(t, name)
		w, h := p.Size()
		if want.Size != [2]int{w, h} {
			t.Errorf("%s: %d x %d, expected %v", name, w, h, want.Size)
			continue
		}
		most, mean := 1, 0.5
		if strings.Contains(name, ".jpg") || strings.HasPrefix(name, "lossy") {
			most, mean = 14, 4
		}
		got := renderTo(t, p, w, h, picture.Stretch)
		if largest, average := difference(t, got, want.RGB); largest > most || average > mean {
			t.Errorf("%s: differs from Pillow's by up to %d, %.2f on average", name, largest, average)
		}
	}
}

// TestScaling compares with PyTorch's bicubic filter, which is widened when it shrinks, too.
func TestScaling(t *testing.T) {
	p := readPicture(t, "source.png")
	for size, want := range readGolden(t).Bicubic {
		var w, h int
		if _, err := fmt.Sscanf(size, "%dx%d", &w, &h); err != nil {
			t.Fatal(err)
		}
		if largest, _ := difference(t, renderTo(t, p, w, h, picture.Stretch), want); largest > 1 {
			t.Errorf("%s: differs from PyTorch's by up to %d", size, largest)
		}
	}
}

// TestOrientationKeepsBytes checks that each orientation shows the stored pixels, at the place that
// the tag says.
func TestOrientationKeepsBytes(t *testing.T) {
	stored := render(t, readPicture(t, "source.png"), 16, picture.Crop)
	corners := map[int][2]int{1: {0, 0}, 2: {15, 0}, 3: {15, 15}, 4: {0, 15}, 5: {0, 0}, 6: {15, 0}, 7: {15, 15}, 8: {0, 15}}
	for n := 1; n <= 8; n++ {
		got := render(t, readPicture(t, fmt.Sprintf("orientation%d.png", n)), 16, picture.Crop)
		at := corners[n]
		if got.At(at[0], at[1]) != stored.At(0, 0) {
			t.Errorf("orientation %d: the first stored pixel is not seen at %v", n, at)
		}
	}
}

// TestOrientationOfNonsense checks that damaged EXIF data leaves a picture as it is stored.
func TestOrientationOfNonsense(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "orientation6.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(data, []byte("Exif\x00\x00"))
	for i := at + 6; i < at+6+26; i++ { // its header, one entry, and the end
		for _, v := range []byte{0, 0xff, data[i] ^ 1} {
			bad := bytes.Clone(data)
			bad[i] = v
			p, err := picture.Decode(bad)
			if err != nil {
				t.Fatalf("byte %d = %d: %v", i, v, err)
			}
			if w, h := p.Size(); w*h != 24*16 {
				t.Fatalf("byte %d = %d: %d x %d", i, v, w, h)
			}
		}
	}
}

// TestFit checks what the ways to fit keep of a picture of three squares side by side, lying and
// standing.
func TestFit(t *testing.T) {
	lying := image.NewRGBA(image.Rect(5, 7, 5+72, 7+24)) // away from the origin
	standing := image.NewRGBA(image.Rect(0, 0, 24, 72))
	inks := []color.RGBA{{200, 0, 0, 255}, {0, 200, 0, 255}, {0, 0, 200, 255}}
	for i := range 72 {
		for j := range 24 {
			lying.Set(5+i, 7+j, inks[i/24])
			standing.Set(j, i, inks[i/24])
		}
	}
	grey := color.RGBA{128, 128, 128, 255}
	for _, c := range []struct {
		fit  picture.Fit
		want [3]color.RGBA // at the first, the middle and the last pixel of the middle line
		side [3]color.RGBA // of the line across
	}{
		{picture.Crop, [3]color.RGBA{inks[1], inks[1], inks[1]}, [3]color.RGBA{inks[1], inks[1], inks[1]}},
		{picture.Pad, [3]color.RGBA{inks[0], inks[1], inks[2]}, [3]color.RGBA{grey, inks[1], grey}},
		{picture.Stretch, [3]color.RGBA{inks[0], inks[1], inks[2]}, [3]color.RGBA{inks[1], inks[1], inks[1]}},
	} {
		along := render(t, picture.Picture{Image: lying}, 24, c.fit)
		down := render(t, picture.Picture{Image: standing}, 24, c.fit)
		for i, at := range []int{0, 12, 23} {
			for _, got := range [][2]color.RGBA{
				{along.RGBAAt(at, 12), c.want[i]}, {down.RGBAAt(12, at), c.want[i]},
				{along.RGBAAt(12, at), c.side[i]}, {down.RGBAAt(at, 12), c.side[i]},
			} {
				if got[0] != got[1] {
					t.Errorf("%s: found %v at %d, expected %v", c.fit, got[0], at, got[1])
				}
			}
		}
	}
	if _, err := picture.ParseFit("crap"); err == nil || !strings.Contains(err.Error(), `did you mean "crop"?`) || !fault.IsInput(err) {
		t.Errorf("a misspelt fit: %v", err)
	}
}

// TestExtremes checks that every shape of picture fits every size, and opaque paper shows where the
// picture does not.
func TestExtremes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 300).Draw(t, "width"), rapid.IntRange(1, 300).Draw(t, "height")
		side := rapid.IntRange(1, 40).Draw(t, "side")
		fit := rapid.SampledFrom([]picture.Fit{picture.Crop, picture.Pad, picture.Stretch}).Draw(t, "fit")
		p := picture.Picture{Image: image.NewNRGBA(image.Rect(0, 0, w, h)), Orientation: picture.Orientation(rapid.IntRange(0, 9).Draw(t, "orientation"))}
		got := render(t, p, side, fit)
		if got.Rect != image.Rect(0, 0, side, side) {
			t.Fatalf("found %v", got.Rect)
		}
		whites := 0
		for i := 0; i < len(got.Pix); i += 4 {
			if got.Pix[i+3] != 255 {
				t.Fatalf("pixel %d is not opaque", i/4)
			}
			if got.Pix[i] == 255 {
				whites++
			}
		}
		if whites == 0 || fit != picture.Pad && whites != side*side {
			t.Fatalf("%d pixels show the paper", whites)
		}
	})
}

// TestPlanes checks planes, and that grey is found and keeps its value.
func TestPlanes(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 16, 16))
	for i := range 256 {
		img.Set(i%16, i/16, color.Gray{uint8(i)})
	}
	if !picture.IsGrey(img) {
		t.Error("a grey picture is not grey")
	}
	for i, v := range picture.Planes(img, 1) {
		if int(v) != i {
			t.Fatalf("grey %d became %d", i, v)
		}
	}
	img.Set(15, 15, color.RGBA{255, 254, 255, 255})
	if picture.IsGrey(img) {
		t.Error("a picture with a pixel of colour is grey")
	}
	planes := picture.Planes(img, 3)
	if planes[255] != 255 || planes[511] != 254 || planes[767] != 255 || planes[256+17] != 17 {
		t.Errorf("planes end in %d, %d, %d", planes[255], planes[511], planes[767])
	}
}

// FuzzDecode checks that whatever bytes there are, a picture comes of the size that it says, or an
// error of the input.
func FuzzDecode(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.*"))
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(fuzzed)
}

// fuzzed is sound for pictures that do not take long.
func fuzzed(t *testing.T, data []byte) { sound(t, data, 1<<16) }

// sound checks that a picture comes of bytes, of the size that its header says, or an error of the
// input. What has more than so many pixels is not decoded.
func sound(t *testing.T, data []byte, pixels int) {
	t.Helper()
	h, err := picture.DecodeHeader(data)
	if err == nil && h.Width*h.Height > pixels {
		return
	}
	p, failed := picture.Decode(data)
	if failed != nil {
		if !fault.IsInput(failed) {
			t.Fatalf("not the input's fault: %v", failed)
		}
		return
	}
	if err != nil {
		t.Fatalf("a picture whose header cannot be read: %v", err)
	}
	if size := p.Image.Bounds().Size(); size != image.Pt(h.Width, h.Height) {
		t.Fatalf("%v, and the header says %d x %d", size, h.Width, h.Height)
	}
	if got := render(t, p, 9, picture.Pad); got.Rect.Dx() != 9 || got.Rect.Dy() != 9 {
		t.Fatalf("rendered as %v", got.Rect)
	}
}
