package dataset

import (
	"bytes"
	"image"
	"image/color"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"

	"golang.org/x/image/draw"

	"github.com/gradreg/gradreg/internal/fault"
)

// Bounds of the pictures that are decoded, for a small file can announce a huge one: 64 megapixels, and JPEG's
// longest side, because scaling takes memory in proportion to the height times the width of the result.
const (
	maxPixels = 64 << 20
	maxSide   = 1<<16 - 1
)

// DecodePicture reads a PNG, JPEG or the first frame of a GIF as bytes [C, H, W] of the given shape, scaled to it
// in both directions with a Catmull-Rom filter; for one channel, luma (0.299 R + 0.587 G + 0.114 B). invert
// exchanges black and white, as a dark digit on paper needs it for a model of MNIST, whose digits are white on
// black. Transparency becomes 0 in the result: black, or with invert white paper. A turn that EXIF asks for is
// not made. What is no picture, damaged or too large is the input's fault.
func DecodePicture(data []byte, shape Shape, invert bool) ([]byte, error) {
	if shape.C != 1 && shape.C != 3 {
		return nil, fault.Inputf("images of %d channels, expected 1 or 3 to make them from pictures", shape.C)
	}
	picture, err := decodeBounded(data)
	if err != nil {
		return nil, err
	}
	canvas := image.NewRGBA(image.Rect(0, 0, shape.W, shape.H))
	paper := image.Black
	if invert {
		paper = image.White
	}
	draw.Draw(canvas, canvas.Bounds(), paper, image.Point{}, draw.Src)
	if picture.Bounds().Size() == canvas.Bounds().Size() {
		// Nothing to scale: bytes stay as they are.
		draw.Draw(canvas, canvas.Bounds(), picture, picture.Bounds().Min, draw.Over)
	} else {
		draw.CatmullRom.Scale(canvas, canvas.Bounds(), picture, picture.Bounds(), draw.Over, nil)
	}
	out := planes(canvas, shape)
	if invert {
		for i := range out {
			out[i] = 255 - out[i]
		}
	}
	return out, nil
}

// decodeBounded decodes a picture whose header announces no more than the bounds.
func decodeBounded(data []byte) (image.Image, error) {
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fault.Inputf("not a PNG, JPEG or GIF picture: %w", err)
	}
	w, h := config.Width, config.Height
	if w < 1 || h < 1 || w > maxSide || h > maxSide || w > maxPixels/h {
		return nil, fault.Inputf("a picture of %dx%d pixels, expected at most %d and %d a side", w, h, maxPixels, maxSide)
	}
	picture, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fault.Inputf("damaged picture: %w", err)
	}
	return picture, nil
}

// planes returns the opaque pixels of a canvas as [C, H, W].
func planes(canvas *image.RGBA, shape Shape) []byte {
	out := make([]byte, shape.Size())
	area := shape.H * shape.W
	for i := range area {
		c := canvas.RGBAAt(i%shape.W, i/shape.W)
		if shape.C == 1 {
			out[i] = color.GrayModel.Convert(c).(color.Gray).Y
		} else {
			out[i], out[area+i], out[2*area+i] = c.R, c.G, c.B
		}
	}
	return out
}
