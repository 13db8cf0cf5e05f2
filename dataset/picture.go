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

// maxPixels bounds the pictures that are decoded, 64 megapixels: a small file can announce a huge one.
const maxPixels = 64 << 20

// DecodePicture reads a PNG, JPEG or GIF as an image of the given shape: transparency over black, scaled to
// the shape with a Catmull-Rom filter, grey (luma) for one channel. invert exchanges black and white, as a dark
// digit on paper needs it for a model of MNIST, whose digits are white on black.
func DecodePicture(data []byte, shape Shape, invert bool) ([]byte, error) {
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, fault.Inputf("not a PNG, JPEG or GIF picture: %w", err)
	}
	if config.Width < 1 || config.Height < 1 || config.Width > maxPixels/config.Height {
		return nil, fault.Inputf("a picture of %dx%d pixels, expected at most %d", config.Width, config.Height, maxPixels)
	}
	picture, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fault.Inputf("damaged picture: %w", err)
	}
	canvas := image.NewRGBA(image.Rect(0, 0, shape.W, shape.H))
	draw.Draw(canvas, canvas.Bounds(), image.Black, image.Point{}, draw.Src)
	draw.CatmullRom.Scale(canvas, canvas.Bounds(), picture, picture.Bounds(), draw.Over, nil)
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
	if invert {
		for i := range out {
			out[i] = 255 - out[i]
		}
	}
	return out, nil
}
