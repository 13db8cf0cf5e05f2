package dataset_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"slices"
	"testing"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
)

// TestPictureOfItself checks that an image of the set, saved as a picture, comes back byte for byte.
func TestPictureOfItself(t *testing.T) {
	d, err := dataset.Open(t.Context(), "mnist")
	if err != nil {
		t.Fatal(err)
	}
	part, err := d.Test()
	if err != nil {
		t.Fatal(err)
	}
	picture := image.NewGray(image.Rect(0, 0, 28, 28))
	for i := range 20 {
		copy(picture.Pix, part.Image(i))
		got, err := dataset.DecodePicture(pngOf(t, picture), d.Shape, false)
		if err != nil || !slices.Equal(got, part.Image(i)) {
			t.Errorf("image %d changed, %v", i, err)
		}
	}
}

// TestTransparency checks that black ink and white ink on nothing both end as white on black.
func TestTransparency(t *testing.T) {
	for _, side := range []int{28, 56} {
		for ink, invert := range map[uint8]bool{255: false, 0: true} {
			picture := image.NewNRGBA(image.Rect(0, 0, side, side))
			for i := range side {
				for j := side / 4; j < 3*side/4; j++ {
					picture.Set(j, i, color.NRGBA{ink, ink, ink, 255})
				}
			}
			got, err := dataset.DecodePicture(pngOf(t, picture), dataset.Shape{C: 1, H: 28, W: 28}, invert)
			if err != nil || got[14*28] != 0 || got[14*28+14] != 255 {
				t.Errorf("ink %d on %d pixels: ground %d, ink %d, %v", ink, side, got[14*28], got[14*28+14], err)
			}
		}
	}
}

// TestPictureBombs checks that a header alone can not make us allocate: too many pixels, and few pixels in an
// extreme shape, of which scaling would need many gigabytes.
func TestPictureBombs(t *testing.T) {
	for _, size := range [][2]uint32{{50000, 50000}, {1, 60_000_000}, {60_000_000, 1}, {65536, 1}, {1 << 30, 1 << 30}} {
		bomb := pngOf(t, image.NewGray(image.Rect(0, 0, 1, 1)))
		header := bomb[12:29] // IHDR and its data
		binary.BigEndian.PutUint32(header[4:], size[0])
		binary.BigEndian.PutUint32(header[8:], size[1])
		binary.BigEndian.PutUint32(bomb[29:], crc32.ChecksumIEEE(header))
		if _, _, err := image.DecodeConfig(bytes.NewReader(bomb)); err != nil && size[0] < 1<<30 {
			t.Fatalf("%v: the header is not a valid one: %v", size, err)
		}
		if got, err := dataset.DecodePicture(bomb, dataset.Shape{C: 1, H: 28, W: 28}, false); !fault.IsInput(err) {
			t.Errorf("%v: %d bytes, %v", size, len(got), err)
		}
	}
}

// TestPictureChannels checks that a shape no picture can have is an error.
func TestPictureChannels(t *testing.T) {
	data := pngOf(t, image.NewGray(image.Rect(0, 0, 2, 2)))
	for _, c := range []int{0, 2, 4} {
		if _, err := dataset.DecodePicture(data, dataset.Shape{C: c, H: 2, W: 2}, false); !fault.IsInput(err) {
			t.Errorf("%d channels: %v", c, err)
		}
	}
}

func pngOf(t *testing.T, picture image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, picture); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestDecodePicture checks formats, scaling, transparency and what is no picture.
func TestDecodePicture(t *testing.T) {
	picture := image.NewNRGBA(image.Rect(0, 0, 40, 20))
	for x := range 40 {
		for y := range 20 {
			picture.Set(x, y, color.NRGBA{R: 255, A: uint8(255 * (x / 20))}) // the left half is transparent
		}
	}
	encode := map[string]func(*bytes.Buffer) error{
		"png":  func(b *bytes.Buffer) error { return png.Encode(b, picture) },
		"jpeg": func(b *bytes.Buffer) error { return jpeg.Encode(b, picture, nil) },
		"gif":  func(b *bytes.Buffer) error { return gif.Encode(b, picture, nil) },
	}
	for name, f := range encode {
		var b bytes.Buffer
		if err := f(&b); err != nil {
			t.Fatal(err)
		}
		got, err := dataset.DecodePicture(b.Bytes(), dataset.Shape{C: 3, H: 4, W: 4}, false)
		if err != nil || len(got) != 48 {
			t.Fatalf("%s: %d bytes, %v", name, len(got), err)
		}
		if red := got[3]; red < 200 {
			t.Errorf("%s: the right side has red %d", name, red)
		}
		if name == "png" && got[0] > 20 {
			t.Errorf("transparency became %d", got[0])
		}
		grey, err := dataset.DecodePicture(b.Bytes(), dataset.Shape{C: 1, H: 4, W: 4}, false)
		if err != nil {
			t.Fatal(err)
		}
		inverse, err := dataset.DecodePicture(b.Bytes(), dataset.Shape{C: 1, H: 4, W: 4}, true)
		if err != nil || inverse[3] != 255-grey[3] {
			t.Errorf("%s: %d inverted is %d", name, grey[3], inverse[3])
		}
		for _, cut := range []int{0, 1, b.Len() / 3} {
			if _, err := dataset.DecodePicture(b.Bytes()[:cut], dataset.Shape{C: 1, H: 4, W: 4}, false); !fault.IsInput(err) {
				t.Errorf("%s cut to %d bytes: %v", name, cut, err)
			}
		}
	}
}
