package picture_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
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

// difference returns the largest and the mean difference between an opaque picture and bytes RGBRGB….
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

// TestFormats compares every format with what Pillow reads: lossless ones to the rounding of alpha, lossy ones within what
// decoders differ by, which is the interpolation of subsampled colours.
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
		got := picture.RenderTo(p, w, h, picture.Stretch, color.White)
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
		if largest, _ := difference(t, picture.RenderTo(p, w, h, picture.Stretch, color.White), want); largest > 1 {
			t.Errorf("%s: differs from PyTorch's by up to %d", size, largest)
		}
	}
}

// TestOrientationKeepsBytes checks that each orientation shows the stored pixels, at the place that the tag says.
func TestOrientationKeepsBytes(t *testing.T) {
	stored := picture.Render(readPicture(t, "source.png"), 16, picture.Crop, color.White)
	corners := map[int][2]int{1: {0, 0}, 2: {15, 0}, 3: {15, 15}, 4: {0, 15}, 5: {0, 0}, 6: {15, 0}, 7: {15, 15}, 8: {0, 15}}
	for n := 1; n <= 8; n++ {
		got := picture.Render(readPicture(t, fmt.Sprintf("orientation%d.png", n)), 16, picture.Crop, color.White)
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

// TestFit checks what the ways to fit keep of a picture of three squares side by side, lying and standing.
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
		along := picture.Render(picture.Picture{Image: lying}, 24, c.fit, color.White)
		down := picture.Render(picture.Picture{Image: standing}, 24, c.fit, color.White)
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

// TestExtremes checks that every shape of picture fits every size, and opaque paper shows where the picture does not.
func TestExtremes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, h := rapid.IntRange(1, 300).Draw(t, "width"), rapid.IntRange(1, 300).Draw(t, "height")
		side := rapid.IntRange(1, 40).Draw(t, "side")
		fit := rapid.SampledFrom([]picture.Fit{picture.Crop, picture.Pad, picture.Stretch}).Draw(t, "fit")
		p := picture.Picture{Image: image.NewNRGBA(image.Rect(0, 0, w, h)), Orientation: picture.Orientation(rapid.IntRange(0, 9).Draw(t, "orientation"))}
		got := picture.Render(p, side, fit, color.White)
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

// TestSixteenBits checks that 16-bit pictures keep the high byte.
func TestSixteenBits(t *testing.T) {
	wide := image.NewNRGBA64(image.Rect(0, 0, 8, 8))
	for i := range 64 {
		wide.Set(i%8, i/8, color.NRGBA64{uint16(i) * 1000, 65535 - uint16(i)*1000, uint16(i) << 8, 65535})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, wide); err != nil {
		t.Fatal(err)
	}
	p, err := picture.Decode(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	got := picture.Render(p, 8, picture.Crop, color.White)
	for i := range 64 {
		if want := (color.RGBA{uint8(i * 1000 >> 8), uint8((65535 - i*1000) >> 8), uint8(i), 255}); got.RGBAAt(i%8, i/8) != want {
			t.Fatalf("pixel %d is %v, expected %v", i, got.RGBAAt(i%8, i/8), want)
		}
	}
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

// header returns the beginning of a PNG that announces a size.
func header(w, h uint32) []byte {
	chunk := append([]byte("IHDR"), make([]byte, 13)...)
	binary.BigEndian.PutUint32(chunk[4:], w)
	binary.BigEndian.PutUint32(chunk[8:], h)
	chunk[12], chunk[13] = 8, 2
	b := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	b = append(b, chunk...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(chunk))
}

// TestRefused checks what is refused, each as the input's fault.
func TestRefused(t *testing.T) {
	var scans bytes.Buffer
	if err := jpeg.Encode(&scans, image.NewGray(image.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	animated, err := os.ReadFile(filepath.Join("testdata", "animated.webp"))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join("testdata", "source.png"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":      {nil, "not a JPEG, PNG, GIF, BMP or WebP picture"},
		"text":       {[]byte("<svg/>"), "not a JPEG"},
		"bomb":       {header(50000, 50000), "a picture of 50000x50000 pixels, expected at most"},
		"narrow":     {header(1, 1<<20), "a picture of 1x1048576"},
		"headless":   {header(4, 4), "damaged picture"},
		"truncated":  {whole[:len(whole)/2], "damaged picture"},
		"scans":      {append(scans.Bytes(), bytes.Repeat([]byte{0xff, 0xda}, 1000)...), "a JPEG of 1001 scans"},
		"animation":  {animated, "picture"},
		"no picture": {[]byte("\x89PNG\r\n\x1a\n"), "not a JPEG"},
	} {
		if _, err := picture.Decode(c.data); err == nil || !fault.IsInput(err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, expected %q", name, err, c.want)
		}
	}
}

// FuzzDecode checks that whatever bytes there are, a picture comes of the size that it says, or an error of the input.
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
	f.Fuzz(func(t *testing.T, data []byte) {
		if h, err := picture.DecodeHeader(data); err == nil && h.Width*h.Height > 1<<20 {
			t.Skip("within the bounds, but slow to fuzz")
		}
		p, err := picture.Decode(data)
		if err != nil {
			if !fault.IsInput(err) {
				t.Fatalf("not the input's fault: %v", err)
			}
			return
		}
		if got := picture.Render(p, 9, picture.Pad, color.White); got.Rect.Dx() != 9 || got.Rect.Dy() != 9 {
			t.Fatalf("rendered as %v", got.Rect)
		}
	})
}
