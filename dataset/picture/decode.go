package picture

import (
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"

	"github.com/gradreg/gradreg/internal/fault"
)

// errUnsupported is the cause of errors about sound pictures of a kind that is not decoded.
var errUnsupported = errors.New("not supported")

// Picture is a decoded picture.
type Picture struct {
	// Image is as it is stored.
	Image image.Image
	// Orientation says how to turn it.
	Orientation Orientation
}

// Size returns width and height as they are seen; 0 and 0 without an image.
func (p Picture) Size() (width, height int) {
	if p.Image == nil {
		return 0, 0
	}
	size := p.Image.Bounds().Size()
	if p.Orientation.Transposes() {
		return size.Y, size.X
	}
	return size.X, size.Y
}

// Decode reads a picture. What is no picture, not supported, damaged or beyond the bounds is the
// input's fault; damage of the EXIF data is none, and leaves the picture as it is stored.
func Decode(data []byte) (Picture, error) {
	s, err := open(data)
	if err != nil {
		return Picture{}, err
	}
	decoded, err := safely(s.decode)
	if err != nil {
		return Picture{}, refusal(err)
	}
	if decoded.Bounds().Empty() {
		return Picture{}, fault.Inputf("damaged picture: its first frame is empty")
	}
	widen(decoded)
	return Picture{decoded, orientation(s.exif, s.xmp)}, nil
}

// safely makes an error of a decoder's panic: one file that a decoder has not been tested with must
// not end the reading of thousands.
func safely[T any](decode func() (T, error)) (result T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("its decoder failed: %v", r)
		}
	}()
	return decode()
}

// refusal says of a decoder's error whether the picture is damaged or of a kind that is not
// supported.
func refusal(err error) error {
	_, isJPEG := errors.AsType[jpeg.UnsupportedError](err)
	_, isPNG := errors.AsType[png.UnsupportedError](err)
	switch {
	case fault.IsInput(err):
		return err
	case isJPEG || isPNG || errors.Is(err, errUnsupported):
		return fault.Inputf("a picture of a kind that is not supported, save it in a common one: %w", err)
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF):
		return fault.Inputf("damaged picture: the file ends before its picture does: %w", err)
	}
	return fault.Inputf("damaged picture: %w", err)
}
