package dataset

import (
	"image/color"

	"github.com/gradreg/gradreg/dataset/picture"
	"github.com/gradreg/gradreg/internal/fault"
)

// DecodePicture reads a picture, in any format of package picture, as bytes [C, H, W] of the given
// shape, upright and scaled to it in both directions with a Catmull-Rom filter; for one channel,
// luma (0.299 R + 0.587 G + 0.114 B). invert exchanges black and white, as a dark digit on paper
// needs it for a model of MNIST, whose digits are white on black. Transparency becomes 0 in the
// result: black, or with invert white paper. What is no picture, damaged or too large is the
// input's fault.
func DecodePicture(data []byte, shape Shape, invert bool) ([]byte, error) {
	if shape.C != 1 && shape.C != 3 {
		return nil, fault.Inputf("images of %d channels, expected 1 or 3 to make them from pictures", shape.C)
	}
	p, err := picture.Decode(data)
	if err != nil {
		return nil, err
	}
	return ScalePicture(p, shape, invert)
}

// ScalePicture is DecodePicture of a picture that is decoded.
func ScalePicture(p picture.Picture, shape Shape, invert bool) ([]byte, error) {
	if shape.C != 1 && shape.C != 3 {
		return nil, fault.Inputf("images of %d channels, expected 1 or 3 to make them from pictures", shape.C)
	}
	paper := color.Black
	if invert {
		paper = color.White
	}
	canvas, err := picture.RenderTo(p, shape.W, shape.H, picture.Stretch, paper)
	if err != nil {
		return nil, err
	}
	out := picture.Planes(canvas, shape.C)
	if invert {
		for i := range out {
			out[i] = 255 - out[i]
		}
	}
	return out, nil
}
