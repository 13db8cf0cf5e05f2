package picture_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"testing"

	"github.com/gradreg/gradreg/dataset/picture"
)

// BenchmarkPhoto makes an image of 64 pixels of a JPEG of 430 × 320, as photo collections have them.
func BenchmarkPhoto(b *testing.B) {
	img := image.NewRGBA(image.Rect(0, 0, 430, 320))
	for i := range 430 * 320 {
		x, y := i%430, i/430
		img.Set(x, y, color.RGBA{uint8(x*y/97 + x), uint8(3*y ^ x), uint8(x + y/2), 255})
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, img, &jpeg.Options{Quality: 90}); err != nil {
		b.Fatal(err)
	}
	b.Run("Decode", func(b *testing.B) {
		b.SetBytes(int64(file.Len()))
		for b.Loop() {
			if _, err := picture.Decode(file.Bytes()); err != nil {
				b.Fatal(err)
			}
		}
	})
	p, err := picture.Decode(file.Bytes())
	if err != nil {
		b.Fatal(err)
	}
	b.Run("Render", func(b *testing.B) {
		for b.Loop() {
			if _, err := picture.Render(p, 64, picture.Crop, color.White); err != nil {
				b.Fatal(err)
			}
		}
	})
}
