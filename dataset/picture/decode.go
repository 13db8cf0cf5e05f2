package picture

import (
	"bytes"
	"fmt"
	"image"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/webp"

	"github.com/gradreg/gradreg/internal/fault"
)

// Bounds of the pictures that are decoded, for a small file can announce a huge one.
const (
	// MaxPixels is 64 megapixels, more than what cameras make that are not made for posters.
	MaxPixels = 64 << 20
	// MaxSide is JPEG's longest side: scaling takes memory in proportion to the height times the width of the result.
	MaxSide = 1<<16 - 1
	// maxScans bounds a progressive JPEG, each of whose scans can cost a walk over the whole picture in a few bytes. Encoders
	// write about ten, and a thousand is what two scans for each of the 64 coefficients, 3 channels and some bits can need.
	maxScans = 1000
)

// Header is what a file says of its picture, as it is stored: before it is turned.
type Header struct {
	Format        string // jpeg, png, gif, bmp or webp
	Width, Height int
}

// DecodeHeader reads what a file says of its picture and checks that it is within the bounds.
func DecodeHeader(data []byte) (Header, error) {
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return Header{}, fault.Inputf("not a JPEG, PNG, GIF, BMP or WebP picture: %w", err)
	}
	w, h := config.Width, config.Height
	if w < 1 || h < 1 || w > MaxSide || h > MaxSide || w > MaxPixels/h {
		return Header{}, fault.Inputf("a picture of %dx%d pixels, expected at most %d and %d a side", w, h, MaxPixels, MaxSide)
	}
	if format == "jpeg" {
		// The bytes FF DA stand for nothing else between the scans, where FF is always followed by 0.
		if n := bytes.Count(data, []byte{0xff, 0xda}); n > maxScans {
			return Header{}, fault.Inputf("a JPEG of %d scans, expected at most %d", n, maxScans)
		}
	}
	return Header{Format: format, Width: w, Height: h}, nil
}

// Picture is a decoded picture.
type Picture struct {
	// Image is as it is stored.
	Image image.Image
	// Orientation says how to turn it.
	Orientation Orientation
}

// Size returns width and height as they are seen.
func (p Picture) Size() (width, height int) {
	size := p.Image.Bounds().Size()
	if p.Orientation.Transposes() {
		return size.Y, size.X
	}
	return size.X, size.Y
}

// Decode reads a picture. What is no picture, damaged or beyond the bounds is the input's fault; damage of the EXIF
// data is none, and leaves the picture as it is stored.
func Decode(data []byte) (Picture, error) {
	header, err := DecodeHeader(data)
	if err != nil {
		return Picture{}, err
	}
	decoded, err := decode(data)
	if err != nil {
		return Picture{}, fault.Inputf("damaged picture: %w", err)
	}
	if decoded.Bounds().Empty() {
		return Picture{}, fault.Inputf("damaged picture: its first frame is empty")
	}
	if header.Format == "webp" {
		fullRange(decoded)
	}
	return Picture{decoded, orientation(data, header.Format)}, nil
}

// decode is image.Decode that makes an error of a decoder's panic: one file that a decoder has not been tested with
// must not end the reading of thousands.
func decode(data []byte) (img image.Image, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("its decoder failed: %v", r)
		}
	}()
	img, _, err = image.Decode(bytes.NewReader(data))
	return img, err
}
