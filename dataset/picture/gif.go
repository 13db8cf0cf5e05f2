package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/gif"
	"io"
)

// gifScreen is the length of what a GIF file begins with, the last 7 bytes of which are the logical
// screen's.
const gifScreen = 13

// examineGIF reads what a GIF file says.
func examineGIF(data []byte) (source, error) {
	screen, data := enlarge(data)
	file := func() io.Reader { return io.MultiReader(bytes.NewReader(screen), bytes.NewReader(data)) }
	config, err := gif.DecodeConfig(file())
	if err != nil {
		return source{}, err
	}
	s := source{Header: Header{Format: "gif", Width: config.Width, Height: config.Height}}
	s.decoded = 6 * int64(config.Width) * int64(config.Height) // the frame, twice if it is interlaced, and its canvas
	s.decode = func() (image.Image, error) {
		first, err := gif.Decode(file())
		if err != nil {
			return nil, err
		}
		return onCanvas(first, first.Bounds().Min, config.Width, config.Height), nil
	}
	return s, nil
}

// enlarge divides a GIF file into its logical screen and the rest. A screen that is smaller than
// the first frame, which the decoder refuses, is made to hold it, as browsers do.
func enlarge(data []byte) (screen, rest []byte) {
	if len(data) < gifScreen {
		return data, nil
	}
	screen, rest = bytes.Clone(data[:gifScreen]), data[gifScreen:]
	frame := firstFrame(screen, rest)
	if len(frame) < 8 {
		return screen, rest
	}
	for i := range 2 {
		begin, extent := binary.LittleEndian.Uint16(frame[2*i:]), binary.LittleEndian.Uint16(frame[4+2*i:])
		end, size := int(begin)+int(extent), screen[6+2*i:]
		if end > int(binary.LittleEndian.Uint16(size)) && end <= MaxSide {
			binary.LittleEndian.PutUint16(size, uint16(end))
		}
	}
	return screen, rest
}

// firstFrame returns what follows the first image separator; nil if it is not found.
func firstFrame(screen, rest []byte) []byte {
	if fields := screen[10]; fields&0x80 != 0 { // a table of colours
		n := 3 << (1 + fields&7)
		if len(rest) < n {
			return nil
		}
		rest = rest[n:]
	}
	for len(rest) > 2 && rest[0] == 0x21 { // an extension: its label and blocks, of which the last is empty
		rest = rest[2:]
		for len(rest) > 0 && rest[0] != 0 {
			rest = rest[min(1+int(rest[0]), len(rest)):]
		}
		if len(rest) > 0 {
			rest = rest[1:]
		}
	}
	if len(rest) == 0 || rest[0] != 0x2c {
		return nil
	}
	return rest[1:]
}
