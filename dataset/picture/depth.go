package picture

import (
	"encoding/binary"
	"image"
)

// widen makes a picture of 16 bits whose values need at most 14 one that fills the range, in place:
// instruments store 8, 10, 12 or 14 bits in files of 16 as they are, and the high byte alone, which
// is what becomes of a picture, would be dark or black. The depth is the smallest of these that
// holds the largest value of a pixel that is seen; a value is shifted up, with its own high bits in
// the place of the low ones, so that the largest of the depth becomes 65535, and a picture of 8
// bits in a file of 16 is the same as in a file of 8. So what is twice as bright stays so, in one
// picture and between those of one depth. Pictures with a value of 16384 or more are left as they
// are.
func widen(img image.Image) {
	var pix []byte
	channels := 4
	switch m := img.(type) {
	case *image.Gray16:
		pix, channels = m.Pix, 1
	case *image.RGBA64:
		pix = m.Pix
	case *image.NRGBA64:
		pix = m.Pix
	default:
		return
	}
	largest := largest16(pix, channels)
	for _, depth := range []int{8, 10, 12, 14} {
		if int(largest) < 1<<depth {
			raise16(pix, channels, depth)
			return
		}
	}
}

// largest16 returns the largest value of big-endian pixels, besides alpha, the last of 4 channels,
// and what it hides.
func largest16(pix []byte, channels int) (largest uint16) {
	for ; len(pix) > 0; pix = pix[2*channels:] {
		if channels == 1 {
			largest = max(largest, binary.BigEndian.Uint16(pix))
		} else if binary.BigEndian.Uint16(pix[6:]) > 0 {
			largest = max(
				largest, binary.BigEndian.Uint16(pix), binary.BigEndian.Uint16(pix[2:]),
				binary.BigEndian.Uint16(pix[4:]),
			)
		}
	}
	return largest
}

// raise16 makes values of depth bits, at least 8, such of 16 bits. Hidden values that have more
// wrap around.
func raise16(pix []byte, channels, depth int) {
	for i := 0; i < len(pix); i += 2 {
		if channels == 4 && i%8 == 6 {
			continue
		}
		v := binary.BigEndian.Uint16(pix[i:])
		binary.BigEndian.PutUint16(pix[i:], v<<(16-depth)|v>>(2*depth-16))
	}
}
