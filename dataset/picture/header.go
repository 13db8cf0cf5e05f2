package picture

import (
	"github.com/gradreg/gradreg/internal/fault"
)

// Bounds of the pictures that are decoded, for a small file can announce a huge one.
const (
	// MaxPixels is 256 megapixels: the cameras of phones make 200, and the longest sides of WebP
	// are 16,383.
	MaxPixels = 256 << 20
	// MaxSide is JPEG's longest side: scaling takes memory in proportion to the height times the
	// width of the result.
	MaxSide = 1<<16 - 1
	// MaxMemory bounds the bytes that decoding and scaling may take: progressive JPEG takes up to
	// 24 a pixel, others up to 16.
	MaxMemory = 2 << 30
	// MaxFile bounds a picture's file: a 12-bit photo of 200 megapixels takes less, and so does 96
	// megapixels not compressed.
	MaxFile = 288 << 20

	// freePixels is what a file of any size may announce. Beyond it every pixelsPerByte need a
	// byte: JPEG has at most 512 a byte, a bit for each block, and grey PNG of one value 1032, the
	// most that deflate can do.
	freePixels    = 64 << 20
	pixelsPerByte = 1024
	// maxScans bounds a progressive JPEG, each of whose scans can cost a walk over the whole
	// picture in a few bytes. Encoders write about ten, and a thousand is what two scans for each
	// of the 64 coefficients, 3 channels and some bits can need. Of more than freePixels there may
	// be the fewer, so that the bound of time is the same.
	maxScans = 1000
)

// Header is what a file says of its picture, as it is stored: before it is turned.
type Header struct {
	Format        string // jpeg, png, gif, bmp or webp
	Width, Height int

	scans   int   // of a JPEG
	decoded int64 // bytes that decoding allocates at most
	ycbcr   bool  // decoded as one
}

// Memory returns how many bytes Decode and RenderTo a square of that side allocate at most, besides
// the file.
func (h Header) Memory(side int) int64 {
	pixels := int64(h.Width) * int64(h.Height)
	bytes := h.decoded
	if h.ycbcr && pixels <= flatPixels {
		bytes += 4 * pixels
	}
	// The filter keeps four float64 for each row of the picture and column of the result, and a few
	// weights a row of the result.
	long := int64(max(h.Width, h.Height))
	return bytes + int64(side)*(32*long+8*int64(side)) + 64*(long+int64(side)) + overhead
}

// overhead is what decoders take whatever the size of the picture: tables and buffers.
const overhead = 256 << 10

// DecodeHeader reads what a file says of its picture and checks that it is within the bounds.
func DecodeHeader(data []byte) (Header, error) {
	s, err := open(data)
	return s.Header, err
}

// open examines a file and checks the bounds.
func open(data []byte) (source, error) {
	if len(data) > MaxFile {
		return source{}, fault.Inputf("a file of %d bytes, expected at most %d", len(data), MaxFile)
	}
	s, err := safely(func() (source, error) { return examine(data) })
	if err == nil {
		err = s.check(len(data))
	}
	if err != nil {
		return source{}, refusal(err)
	}
	return s, nil
}

// check refuses what is beyond the bounds.
func (h Header) check(size int) error {
	if h.Width < 1 || h.Height < 1 || h.Width > MaxSide || h.Height > MaxSide || h.Width > MaxPixels/h.Height {
		return fault.Inputf(
			"a picture of %dx%d pixels, expected at most %d and %d a side", h.Width, h.Height,
			MaxPixels, MaxSide,
		)
	}
	pixels := h.Width * h.Height
	if pixels > freePixels && pixels/pixelsPerByte > size {
		return fault.Inputf(
			"a picture of %dx%d pixels in a file of %d bytes, expected at least %d", h.Width,
			h.Height, size, pixels/pixelsPerByte,
		)
	}
	if h.decoded > MaxMemory {
		return fault.Inputf(
			"a picture of %dx%d pixels that takes %d bytes to decode, expected at most %d", h.Width,
			h.Height, h.decoded, int64(MaxMemory),
		)
	}
	if limit := min(maxScans, maxScans*freePixels/pixels); h.scans > limit {
		return fault.Inputf("a JPEG of %d scans, expected at most %d", h.scans, limit)
	}
	return nil
}
