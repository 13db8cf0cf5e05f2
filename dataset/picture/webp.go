package picture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"io"

	"golang.org/x/image/webp"
)

// webpStart is the length of what comes before the first chunk of a WebP file.
const webpStart = 12

// What golang.org/x/image/vp8l takes for a group of codes, and how many there can be.
const (
	groupBytes = 2800
	maxGroups  = 1 << 16
)

// webpChunks holds what is used of the chunks of a WebP file (RFC 9649).
type webpChunks struct {
	extended      bool // the first chunk is VP8X, which says the size of the canvas
	animated      bool
	width, height int
	exif, xmp     []byte
	frame         webpFrame // the first, or the picture
	found         bool
}

// webpFrame is a picture on its canvas.
type webpFrame struct {
	x, y, width, height int
	kind                string // VP8 (lossy) or VP8L
	pixels, alpha       []byte
}

// examineWebP reads what a WebP file says. Of an animation it is the first frame.
func examineWebP(data []byte) (source, error) {
	c, err := readWebP(data)
	if err != nil {
		return source{}, err
	}
	s := source{Header: Header{Format: "webp"}, exif: c.exif, xmp: c.xmp}
	file := func() io.Reader { return bytes.NewReader(data) }
	if c.extended {
		s.Width, s.Height = c.width, c.height
		if c.found {
			file = c.frame.still
		}
	} else {
		config, err := webp.DecodeConfig(file())
		if err != nil {
			return source{}, err
		}
		s.Width, s.Height = config.Width, config.Height
	}
	s.ycbcr = c.frame.kind == "VP8 " && c.frame.alpha == nil
	s.decoded = c.memory(s.Width, s.Height)
	s.decode = func() (image.Image, error) {
		if !c.found {
			return nil, fmt.Errorf("webp: no frame: %w", io.ErrUnexpectedEOF)
		}
		img, err := webp.Decode(file())
		if err != nil {
			return nil, err
		}
		fullRange(img)
		if !c.animated {
			return img, nil
		}
		return onCanvas(img, image.Pt(c.frame.x, c.frame.y), s.Width, s.Height), nil
	}
	return s, nil
}

// memory returns the bytes that decoding allocates at most.
func (c webpChunks) memory(width, height int) int64 {
	blocks := 256 * int64((width+15)/16) * int64((height+15)/16)
	pixel, lossless := int64(2), c.frame.alpha != nil
	if c.frame.kind != "VP8 " {
		pixel, lossless = 0, true
	}
	if c.frame.alpha != nil {
		pixel++
	}
	if lossless { // the pixels, and what they were before a transform
		pixel += 12
	}
	if c.animated && (c.frame.width != width || c.frame.height != height) {
		pixel += 4
	}
	bytes := pixel * blocks
	if lossless { // groups of five codes, of which every 4 × 4 pixels can have their own
		bytes += groupBytes * min(maxGroups, blocks/16)
	}
	return bytes
}

// readWebP walks over the chunks. What is cut off ends it.
func readWebP(data []byte) (webpChunks, error) {
	var c webpChunks
	var alpha []byte
	var flags byte
	for rest, first := data[webpStart:], true; ; first = false {
		kind, body, after, ok := nextRIFF(rest)
		if !ok {
			return c, nil
		}
		switch kind {
		case "VP8X":
			if first && len(body) >= 10 {
				c.extended, flags = true, body[0]
				c.animated = flags&2 != 0
				c.width, c.height = 1+uint24(body[4:]), 1+uint24(body[7:])
			}
		case "ANMF":
			if c.animated && !c.found {
				frame, err := c.readFrame(body)
				if err != nil {
					return c, err
				}
				c.frame, c.found = frame, true
			}
		case "ALPH":
			alpha = body
		case "VP8 ", "VP8L":
			if !c.found {
				c.frame, c.found, c.animated = newFrame(kind, body, alpha, c.width, c.height), true, false
			}
		case "EXIF": // which counts, as for libwebp, if the first chunk says that it is there
			if flags&8 != 0 {
				c.exif = body
			}
		case "XMP ":
			if flags&4 != 0 {
				c.xmp = body
			}
		}
		rest = after
	}
}

// newFrame returns a frame at the canvas's corner.
func newFrame(kind string, pixels, alpha []byte, width, height int) webpFrame {
	f := webpFrame{width: width, height: height, kind: kind, pixels: pixels}
	if kind == "VP8 " { // lossless pixels have their own
		f.alpha = alpha
	}
	return f
}

// readFrame reads a chunk ANMF: where a frame is on the canvas, and its own chunks.
func (c webpChunks) readFrame(body []byte) (webpFrame, error) {
	if len(body) < 16 {
		return webpFrame{}, fmt.Errorf("webp: a frame of %d bytes: %w", len(body), io.ErrUnexpectedEOF)
	}
	x, y := 2*uint24(body), 2*uint24(body[3:])
	width, height := 1+uint24(body[6:]), 1+uint24(body[9:])
	if x+width > c.width || y+height > c.height {
		return webpFrame{}, fmt.Errorf(
			"webp: a frame of %dx%d at %d, %d on a canvas of %dx%d", width, height, x, y, c.width,
			c.height,
		)
	}
	var alpha []byte
	for rest := body[16:]; ; {
		kind, data, after, ok := nextRIFF(rest)
		if !ok {
			return webpFrame{}, fmt.Errorf("webp: a frame without pixels: %w", io.ErrUnexpectedEOF)
		}
		switch kind {
		case "ALPH":
			alpha = data
		case "VP8 ", "VP8L":
			f := newFrame(kind, data, alpha, width, height)
			f.x, f.y = x, y
			return f, nil
		}
		rest = after
	}
}

// nextRIFF returns the first chunk of the bytes and what comes after it; false if there is no whole
// one.
func nextRIFF(b []byte) (kind string, body, after []byte, ok bool) {
	if len(b) < 8 || int64(len(b)) < 8+int64(binary.LittleEndian.Uint32(b[4:])) {
		return "", nil, nil, false
	}
	n := 8 + int(binary.LittleEndian.Uint32(b[4:]))
	return string(b[:4]), b[8:n:n], b[min(n+n&1, len(b)):], true
}

// uint24 reads a number of three bytes.
func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// still returns the frame as a file of its own. It says how large the pixels have to be, which the
// decoder checks.
func (f webpFrame) still() io.Reader {
	flags := byte(0)
	if f.alpha != nil {
		flags = 1 << 4
	}
	canvas := []byte{flags, 0, 0, 0}
	for _, n := range []int{f.width - 1, f.height - 1} {
		canvas = append(canvas, byte(n), byte(n>>8), byte(n>>16))
	}
	size := len("WEBP")
	var parts []io.Reader
	add := func(kind string, body []byte) {
		parts = append(
			parts,
			bytes.NewReader(binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body)))),
			bytes.NewReader(body),
		)
		parts = append(parts, bytes.NewReader(make([]byte, len(body)&1)))
		size += 8 + len(body) + len(body)&1
	}
	add("VP8X", canvas)
	if f.alpha != nil {
		add("ALPH", f.alpha)
	}
	add(f.kind, f.pixels)
	start := append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(size)), "WEBP"...)
	return io.MultiReader(append([]io.Reader{bytes.NewReader(start)}, parts...)...)
}
