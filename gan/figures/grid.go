package figures

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/internal/atomicfile"
)

// Picture returns the image of a sample [C, H, W] of values in −1 … 1, with 1 or 3 channels; what
// lies outside is clamped.
func Picture(sample []float32, shape []int) (image.Image, error) {
	if len(shape) != 3 || shape[0] != 1 && shape[0] != 3 || len(sample) != shape[0]*shape[1]*shape[2] {
		return nil, fmt.Errorf(
			"figures: %d numbers of shape %v, expected an image of 1 or 3 channels", len(sample),
			shape,
		)
	}
	h, w := shape[1], shape[2]
	if shape[0] == 1 {
		m := image.NewGray(image.Rect(0, 0, w, h))
		for i, v := range sample {
			m.Pix[i] = gan.Byte(v)
		}
		return m, nil
	}
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range h * w {
		for c := range 3 {
			m.Pix[4*i+c] = gan.Byte(sample[c*h*w+i])
		}
		m.Pix[4*i+3] = 255
	}
	return m, nil
}

// Pictures returns the images of n samples.
func Pictures(samples []float32, n int, shape []int) ([]image.Image, error) {
	list := make([]image.Image, n)
	size := len(samples) / max(n, 1)
	var err error
	for i := range list {
		if list[i], err = Picture(samples[i*size:(i+1)*size], shape); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// gapColor is what stands between images: neither black nor white, which images are at their edges.
var gapColor = color.Gray{Y: 96}

// Grid draws images of one size in rows of columns, a pixel apart, row by row; a nil leaves its
// place empty. The whole is magnified by [Magnification], every pixel a square.
func Grid(pictures []image.Image, columns int) image.Image {
	side := image.Pt(1, 1)
	grey := true
	for _, m := range pictures {
		if m != nil {
			side = m.Bounds().Size()
			_, ok := m.(*image.Gray)
			grey = grey && ok
		}
	}
	columns = max(1, min(columns, len(pictures)))
	rows := (len(pictures) + columns - 1) / columns
	extent := image.Rect(0, 0, columns*(side.X+1)+1, rows*(side.Y+1)+1)
	var canvas draw.Image = image.NewRGBA(extent)
	if grey {
		canvas = image.NewGray(extent)
	}
	draw.Draw(canvas, extent, image.NewUniform(gapColor), image.Point{}, draw.Src)
	for i, m := range pictures {
		if m == nil {
			continue
		}
		at := image.Pt(1+i%columns*(side.X+1), 1+i/columns*(side.Y+1))
		draw.Draw(canvas, image.Rectangle{at, at.Add(side)}, m, m.Bounds().Min, draw.Src)
	}
	return magnified(canvas, Magnification(max(side.X, side.Y)))
}

// Magnification returns how much images of a side are magnified so that a person sees them: 3 times
// up to 32 pixels, twice up to 64.
func Magnification(side int) int {
	switch {
	case side <= 32:
		return 3
	case side <= 64:
		return 2
	}
	return 1
}

// Magnify returns a picture magnified by [Magnification].
func Magnify(m image.Image) image.Image {
	size := m.Bounds().Size()
	return magnified(m, Magnification(max(size.X, size.Y)))
}

// magnified returns a picture whose pixels are squares of k × k.
func magnified(m image.Image, k int) image.Image {
	if k == 1 {
		return m
	}
	b := m.Bounds()
	extent := image.Rect(0, 0, b.Dx()*k, b.Dy()*k)
	if from, ok := m.(*image.Gray); ok {
		to := image.NewGray(extent)
		for y := range extent.Dy() {
			row := from.Pix[(y/k)*from.Stride:]
			for x := range extent.Dx() {
				to.Pix[y*to.Stride+x] = row[x/k]
			}
		}
		return to
	}
	to := image.NewRGBA(extent)
	for y := range extent.Dy() {
		for x := range extent.Dx() {
			to.Set(x, y, m.At(b.Min.X+x/k, b.Min.Y+y/k))
		}
	}
	return to
}

// drawn draws a sheet of a run.
func drawn(c gan.Config, s gan.Sheet) (image.Image, error) {
	if len(s.Shape) == 1 {
		return besideData(c, s)
	}
	pictures, err := Pictures(s.Samples, s.Count, s.Shape)
	if err != nil {
		return nil, err
	}
	return Grid(pictures, Columns(len(pictures))), nil
}

// Columns returns how many images stand in a row of a sheet of n: about as many as rows.
func Columns(n int) int {
	columns := 1
	for columns*columns < n {
		columns++
	}
	return columns
}

func encode(m image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := png.Encode(&b, m)
	return b.Bytes(), err
}

func write(path string, data []byte) error { return atomicfile.WriteBytes(path, data) }

// WritePNG writes a picture.
func WritePNG(path string, m image.Image) error {
	data, err := encode(m)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return write(path, data)
}
