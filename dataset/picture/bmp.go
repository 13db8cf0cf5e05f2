package picture

import (
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"io"
	"math/bits"
)

// Ways that pixels are stored in a BMP file.
const (
	bmpPlain      = 0
	bmpRuns8      = 1
	bmpRuns4      = 2
	bmpMasks      = 3
	bmpAlphaMasks = 6
)

// bmpFile is what the header of a BMP file says.
type bmpFile struct {
	width, height int
	topDown       bool
	bits          int // of a pixel
	storage       uint32
	masks         [4]uint32 // of red, green, blue and alpha, for 16 and 32 bits
	palette       color.Palette
	pixels        []byte // from where they begin
}

// bmpFileHeader is the length of what comes before the header that says its own length.
const bmpFileHeader = 14

// isBMP reports whether what begins with BM goes on with a header of one of the lengths that there
// are: OS/2's of version 1 and 2 (short and long), and Windows's of version 3 (with masks for
// colours, and alpha), 4 and 5.
func isBMP(data []byte) bool {
	if len(data) < bmpFileHeader+12 {
		return false
	}
	switch n := binary.LittleEndian.Uint32(data[bmpFileHeader:]); n {
	case 12, 16, 40, 52, 56, 64, 108, 124:
		return len(data) >= bmpFileHeader+int(n)
	}
	return false
}

// examineBMP reads what a BMP file says.
func examineBMP(data []byte) (source, error) {
	f, err := readBMP(data)
	if err != nil {
		return source{}, err
	}
	s := source{Header: Header{Format: "bmp", Width: f.width, Height: f.height}, decode: f.decode}
	s.decoded = int64(f.width) * int64(f.height)
	if f.bits > 8 {
		s.decoded *= 4
	}
	return s, nil
}

// readBMP reads the header and the palette.
func readBMP(data []byte) (bmpFile, error) {
	short := func(at int) int { return int(binary.LittleEndian.Uint16(data[at:])) }
	long := func(at int) uint32 { return binary.LittleEndian.Uint32(data[at:]) }
	length := int(long(bmpFileHeader))
	end := bmpFileHeader + length
	f := bmpFile{}
	colours, entry := 0, 4 // of the palette, and the bytes of one
	if length == 12 {
		f.width, f.height, f.bits, entry = short(18), short(20), short(24), 3
	} else {
		f.width, f.height, f.bits = int(int32(long(18))), int(int32(long(22))), short(28)
	}
	if f.height < 0 {
		f.height, f.topDown = -f.height, true
	}
	if length >= 40 {
		f.storage, colours = long(30), int(long(46))
	}
	end, err := f.layout(data, length, end)
	if err != nil {
		return f, err
	}
	begin := int(long(10))
	if f.bits <= 8 {
		if colours <= 0 || colours > 1<<f.bits {
			colours = 1 << f.bits
		}
		if begin >= end { // some palettes are shorter than they are said to be
			colours = min(colours, (begin-end)/entry)
		}
		if len(data)-end < colours*entry {
			return f, fmt.Errorf("bmp: %d colours: %w", colours, io.ErrUnexpectedEOF)
		}
		f.palette = readPalette(data[end:], colours, entry, 1<<f.bits)
		end += colours * entry
	}
	if begin < end {
		begin = end
	}
	if begin > len(data) {
		return f, fmt.Errorf("bmp: pixels from byte %d on: %w", begin, io.ErrUnexpectedEOF)
	}
	f.pixels = data[begin:]
	return f, nil
}

// layout says how a pixel is stored, and where the palette begins, which is where the header ends,
// or the masks after it.
func (f *bmpFile) layout(data []byte, length, end int) (int, error) {
	switch {
	case f.storage == bmpPlain && (f.bits == 1 || f.bits == 2 || f.bits == 4 || f.bits == 8 || f.bits == 24):
	case f.storage == bmpRuns8 && f.bits == 8, f.storage == bmpRuns4 && f.bits == 4:
		if f.topDown {
			return end, fmt.Errorf("bmp: runs from the top down: %w", errUnsupported)
		}
	case f.storage == bmpPlain && f.bits == 16:
		f.masks = [4]uint32{0x1f << 10, 0x1f << 5, 0x1f, 0}
	case f.storage == bmpPlain && f.bits == 32:
		f.masks = [4]uint32{0xff << 16, 0xff << 8, 0xff, 0}
		if length > 40 { // older headers know no alpha, and the byte may hold anything
			f.masks[3] = 0xff << 24
		}
	case (f.storage == bmpMasks && length != 64 || f.storage == bmpAlphaMasks) && (f.bits == 16 || f.bits == 32):
		// The newer headers have them in the place where the oldest is followed by them.
		n := 3
		if length >= 56 || f.storage == bmpAlphaMasks {
			n = 4
		}
		if len(data) < 54+4*n {
			return end, fmt.Errorf("bmp: masks: %w", io.ErrUnexpectedEOF)
		}
		for i := range n {
			f.masks[i] = binary.LittleEndian.Uint32(data[54+4*i:])
			if m := f.masks[i] >> bits.TrailingZeros32(f.masks[i]); m&(m+1) != 0 {
				return end, fmt.Errorf("bmp: the mask %08x: %w", f.masks[i], errUnsupported)
			}
		}
		end = max(end, 54+4*n)
	default:
		return end, fmt.Errorf("bmp: %d bits a pixel, compression %d: %w", f.bits, f.storage, errUnsupported)
	}
	return end, nil
}

// readPalette reads n colours, blue first; those that a pixel can name besides are black.
func readPalette(data []byte, n, entry, all int) color.Palette {
	p := make(color.Palette, all)
	for i := range p {
		c := color.RGBA{A: 255}
		if i < n {
			c.B, c.G, c.R = data[entry*i], data[entry*i+1], data[entry*i+2]
		}
		p[i] = c
	}
	return p
}

// decode reads the pixels.
func (f bmpFile) decode() (image.Image, error) {
	if f.storage == bmpRuns8 || f.storage == bmpRuns4 {
		return f.runs()
	}
	stride := (f.width*f.bits + 31) / 32 * 4
	if len(f.pixels) < stride*(f.height-1)+(f.width*f.bits+7)/8 {
		return nil, fmt.Errorf("bmp: %d bytes of pixels: %w", len(f.pixels), io.ErrUnexpectedEOF)
	}
	rect := image.Rect(0, 0, f.width, f.height)
	row := func(y int) []byte { // as stored; the last may lack what fills it up
		if !f.topDown {
			y = f.height - 1 - y
		}
		return f.pixels[stride*y:]
	}
	switch {
	case f.bits <= 8:
		out := image.NewPaletted(rect, f.palette)
		for y := range f.height {
			f.indices(out.Pix[out.Stride*y:][:f.width], row(y))
		}
		return out, nil
	case f.bits == 24:
		out := image.NewRGBA(rect)
		for y := range f.height {
			from := row(y)
			for to := out.Pix[out.Stride*y:][:4*f.width]; len(to) > 0; to, from = to[4:], from[3:] {
				to[0], to[1], to[2], to[3] = from[2], from[1], from[0], 255
			}
		}
		return out, nil
	}
	return f.masked(rect, row), nil
}

// indices unpacks a row of pixels that are numbers of colours.
func (f bmpFile) indices(to, from []byte) {
	each := 8 / f.bits
	for x := range to {
		to[x] = from[x/each] >> (8 - f.bits - x%each*f.bits) & (1<<f.bits - 1)
	}
}

// masked reads pixels whose channels are told by masks. A picture of which alpha leaves nothing is
// opaque: many programs leave the byte 0.
func (f bmpFile) masked(rect image.Rectangle, row func(int) []byte) *image.NRGBA {
	out := image.NewNRGBA(rect)
	channels := [4]bmpChannel{}
	for i, m := range f.masks {
		channels[i] = newChannel(m)
	}
	seen := f.masks[3] == 0
	for y := range f.height {
		from := row(y)
		for to := out.Pix[out.Stride*y:][:4*f.width]; len(to) > 0; to, from = to[4:], from[f.bits/8:] {
			pixel := uint32(binary.LittleEndian.Uint16(from))
			if f.bits == 32 {
				pixel |= uint32(binary.LittleEndian.Uint16(from[2:])) << 16
			}
			for i, c := range channels {
				to[i] = c.of(pixel)
			}
			seen = seen || to[3] > 0
		}
	}
	if f.masks[3] == 0 || !seen {
		for i := 3; i < len(out.Pix); i += 4 {
			out.Pix[i] = 255
		}
	}
	return out
}

// bmpChannel takes a channel out of a pixel.
type bmpChannel struct {
	mask  uint32
	shift int
	most  uint64 // its largest value; 1 for an empty mask
}

func newChannel(mask uint32) bmpChannel {
	shift := bits.TrailingZeros32(mask) % 32
	return bmpChannel{mask, shift, max(1, uint64(mask>>shift))}
}

// of returns the channel in 0 … 255, rounded.
func (c bmpChannel) of(pixel uint32) byte {
	return byte((uint64(pixel&c.mask>>c.shift)*255 + c.most/2) / c.most)
}

// runs reads compressed pixels: pairs of a number and a colour, or of 0 and what to do. Pixels that
// are passed over have the first colour.
func (f bmpFile) runs() (image.Image, error) {
	out := image.NewPaletted(image.Rect(0, 0, f.width, f.height), f.palette)
	x, y := 0, 0 // from the bottom
	put := func(v byte) {
		if x < f.width {
			out.Pix[out.Stride*(f.height-1-y)+x] = v
		}
		x++
	}
	pair := func(b byte, i int) byte { // the colour of pixel i of those in b
		if f.bits == 8 {
			return b
		}
		return b >> (4 - i%2*4) & 15
	}
	rest := f.pixels
	for y < f.height {
		if len(rest) < 2 {
			return nil, fmt.Errorf("bmp: runs: %w", io.ErrUnexpectedEOF)
		}
		n, v := int(rest[0]), rest[1]
		rest = rest[2:]
		switch {
		case n > 0:
			for i := range n {
				put(pair(v, i))
			}
		case v == 0: // the line ends
			x, y = 0, y+1
		case v == 1: // the picture ends
			return out, nil
		case v == 2: // go on elsewhere
			if len(rest) < 2 {
				return nil, fmt.Errorf("bmp: runs: %w", io.ErrUnexpectedEOF)
			}
			x, y, rest = x+int(rest[0]), y+int(rest[1]), rest[2:]
		default: // so many pixels one by one, filled up to two bytes
			size := (int(v)*f.bits + 15) / 16 * 2
			if len(rest) < size {
				return nil, fmt.Errorf("bmp: runs: %w", io.ErrUnexpectedEOF)
			}
			for i := range int(v) {
				put(pair(rest[i*f.bits/8], i))
			}
			rest = rest[size:]
		}
	}
	return out, nil
}
