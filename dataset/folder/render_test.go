package folder_test

import (
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/dataset/picture"
)

// TestRenderingHasAVersion checks that the cache's version is raised when pictures become other
// images: else it would serve the old ones. A new digest goes with a new version.
func TestRenderingHasAVersion(t *testing.T) {
	const version, digest = 2, "f47d57ed31dfcd08fc3f74124eeabb974ee7e8882366c712a3cce1df565dac4a"
	sum := sha256.New()
	names, err := filepath.Glob(filepath.Join("..", "picture", "testdata", "*.*"))
	if err != nil {
		t.Fatal(err)
	}
	var all [][]byte
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(name) != ".json" {
			all = append(all, data)
		}
	}
	for _, largest := range []int{200, 1000, 4000, 16000, 65535} {
		img := image.NewGray16(image.Rect(0, 0, 16, 16))
		for p := range 256 {
			img.SetGray16(p%16, p/16, color.Gray16{Y: uint16(p * largest / 255)})
		}
		all = append(all, encode(t, img))
	}
	for i, data := range all {
		p, err := picture.Decode(data)
		if err != nil {
			t.Fatalf("picture %d: %v", i, err)
		}
		for _, side := range []int{9, 24} {
			canvas, err := picture.Render(p, side, picture.Pad, color.White)
			if err != nil {
				t.Fatal(err)
			}
			sum.Write(canvas.Pix)
		}
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != digest || folder.PackVersion != version {
		t.Errorf("version %d of the cache, and images of digest %s; expected %d and %s", folder.PackVersion, got, version, digest)
	}
}

// TestSmallValuesOfSixteenBits checks that a folder of 16-bit pictures with small values has images
// of the whole range, those of training and of a picture alone alike, decoded and from the cache.
func TestSmallValuesOfSixteenBits(t *testing.T) {
	files := tree{}
	for i := range 24 {
		img := image.NewGray16(image.Rect(0, 0, 16, 16))
		for p := range 256 {
			v := p % 16
			if i%2 == 0 {
				v = p / 16
			}
			img.SetGray16(p%16, p/16, color.Gray16{Y: uint16(29 + 183*(v/2%2) + i/2)})
		}
		files[[]string{"lying", "upright"}[i%2]+"/"+string(rune('a'+i))+".png"] = encode(t, img)
	}
	dir, cache := files.write(t), t.TempDir()
	decoded := open(t, dir, folder.Options{Cache: cache})
	again := open(t, dir, folder.Options{Cache: cache})
	if again.Report.Decoded != 0 || !slices.Equal(decoded.Train.Images, again.Train.Images) {
		t.Errorf("%d pictures decoded again", again.Report.Decoded)
	}
	size := len(decoded.Train.Images) / len(decoded.Train.Labels)
	for i, name := range decoded.Train.Files {
		img := decoded.Train.Images[i*size:][:size]
		if low, high := slices.Min(img), slices.Max(img); high-low != 183 {
			t.Errorf("%s: from %d to %d", name, low, high)
		}
		p, err := picture.Decode(files[name])
		if err != nil {
			t.Fatal(err)
		}
		canvas, err := picture.Render(p, decoded.Side, picture.Crop, color.White)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(picture.Planes(canvas, decoded.Channels), img) {
			t.Errorf("%s: alone it is another image", name)
		}
	}
}
