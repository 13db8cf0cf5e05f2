package picture_test

import (
	"bytes"
	"encoding/binary"
	"image/color"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/dataset/picture"
	"github.com/gradreg/gradreg/internal/fault"
)

// bmpOf returns a BMP file with a header of 40 bytes: masks are three or four after it, the palette
// black and white or as many as there are bits for, black first.
func bmpOf(w, h int, bits, compression uint32, gap int, pixels []byte, masks ...uint32) []byte {
	b := []byte{40, 0, 0, 0}
	for _, v := range []uint32{uint32(w), uint32(h), 1 | bits<<16, compression, 0, 0, 0, 0, 0} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	for _, m := range masks {
		b = binary.LittleEndian.AppendUint32(b, m)
	}
	if bits <= 8 {
		for i := range 1 << bits {
			v := byte(i * 255 / (1<<bits - 1))
			b = append(b, v, v, v, 0)
		}
	}
	b = append(b, make([]byte, gap)...)
	file := binary.LittleEndian.AppendUint32([]byte("BM"), uint32(14+len(b)+len(pixels)))
	file = binary.LittleEndian.AppendUint32(append(file, 0, 0, 0, 0), uint32(14+len(b)))
	return append(append(file, b...), pixels...)
}

// TestBMP checks kinds that Pillow was not asked about, of two pixels side by side.
func TestBMP(t *testing.T) {
	red, blue := color.RGBA{255, 0, 0, 255}, color.RGBA{0, 0, 255, 255}
	black, white := color.RGBA{0, 0, 0, 255}, color.RGBA{255, 255, 255, 255}
	long := func(v ...uint32) (b []byte) {
		for _, v := range v {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		return b
	}
	os2 := append([]byte("BM\x00\x00\x00\x00\x00\x00\x00\x00\x20\x00\x00\x00\x0c\x00\x00\x00\x02\x00\x01\x00\x01\x00\x01\x00"), 255, 0, 0, 0, 0, 255, 0x40, 0, 0, 0)
	v4 := bmpOf(2, 1, 32, 0, 68, long(0x00ff0000, 0x000000ff))
	v4[14] = 108
	half := bytes.Clone(v4)
	half[len(half)-1] = 128
	short := bmpOf(2, 1, 1, 0, 0, []byte{0x40, 0, 0, 0})
	short[46] = 1 // one colour, and the other is not there
	short = append(short[:58], short[62:]...)
	short[10] -= 4
	noOffset := bmpOf(2, 1, 24, 0, 0, []byte{0, 0, 255, 255, 0, 0, 0, 0})
	noOffset[10] = 0
	down := bmpOf(1, -2, 24, 0, 0, []byte{0, 0, 255, 0, 255, 0, 0, 0})
	for name, c := range map[string]struct {
		data []byte
		want [2]color.RGBA
	}{
		"plain":                  {bmpOf(2, 1, 24, 0, 0, []byte{0, 0, 255, 255, 0, 0, 0, 0}), [2]color.RGBA{red, blue}},
		"not filled up":          {bmpOf(2, 1, 24, 0, 0, []byte{0, 0, 255, 255, 0, 0}), [2]color.RGBA{red, blue}},
		"a gap":                  {bmpOf(2, 1, 24, 0, 10, []byte{0, 0, 255, 255, 0, 0, 0, 0}), [2]color.RGBA{red, blue}},
		"no offset":              {noOffset, [2]color.RGBA{red, blue}},
		"32 bits":                {bmpOf(2, 1, 32, 0, 0, long(0x00ff0000, 0x770000ff)), [2]color.RGBA{red, blue}},
		"32 bits, masks":         {bmpOf(2, 1, 32, 3, 0, long(0xff<<24, 0xff<<8), 0xff<<24, 0xff<<16, 0xff<<8), [2]color.RGBA{red, blue}},
		"32 bits of 10":          {bmpOf(2, 1, 32, 3, 0, long(0x3ff<<20, 0x3ff), 0x3ff<<20, 0x3ff<<10, 0x3ff), [2]color.RGBA{red, blue}},
		"32 bits, alpha":         {bmpOf(2, 1, 32, 6, 0, long(0xffff0000, 0x000000ff), 0xff<<16, 0xff<<8, 0xff, 0xff<<24), [2]color.RGBA{red, white}},
		"no alpha anywhere":      {v4, [2]color.RGBA{red, blue}},
		"half of alpha":          {half, [2]color.RGBA{white, {127, 127, 255, 255}}},
		"16 bits, masks":         {bmpOf(2, 1, 16, 3, 0, []byte{0, 0xf8, 0x1f, 0}, 0xf800, 0x7e0, 0x1f), [2]color.RGBA{red, blue}},
		"16 bits, empty mask":    {bmpOf(2, 1, 16, 3, 0, []byte{0, 0xf8, 0x1f, 0}, 0xf800, 0, 0x1f), [2]color.RGBA{red, blue}},
		"1 bit":                  {bmpOf(2, 1, 1, 0, 0, []byte{0x40, 0, 0, 0}), [2]color.RGBA{black, white}},
		"a short palette":        {short, [2]color.RGBA{black, black}},
		"2 bits":                 {bmpOf(2, 1, 2, 0, 0, []byte{0x30, 0, 0, 0}), [2]color.RGBA{black, white}},
		"4 bits":                 {bmpOf(2, 1, 4, 0, 0, []byte{0x0f, 0, 0, 0}), [2]color.RGBA{black, white}},
		"OS/2":                   {os2, [2]color.RGBA{blue, red}},
		"runs":                   {bmpOf(2, 1, 8, 1, 0, []byte{1, 0, 1, 255, 0, 1}), [2]color.RGBA{black, white}},
		"runs that are too long": {bmpOf(2, 1, 8, 1, 0, []byte{255, 255, 0, 0}), [2]color.RGBA{white, white}},
		"runs, one by one":       {bmpOf(2, 1, 8, 1, 0, []byte{0, 3, 0, 255, 0, 0, 0, 1}), [2]color.RGBA{black, white}},
		"runs that jump":         {bmpOf(2, 1, 4, 2, 0, []byte{0, 2, 1, 0, 1, 0xf0, 0, 1}), [2]color.RGBA{black, white}},
		"from the top":           {down, [2]color.RGBA{red, blue}},
	} {
		p, err := picture.Decode(c.data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		w, h := p.Size()
		got := renderTo(t, p, w, h, picture.Stretch)
		if second := got.RGBAAt(w-1, h-1); got.RGBAAt(0, 0) != c.want[0] || second != c.want[1] {
			t.Errorf("%s: %v and %v, expected %v", name, got.RGBAAt(0, 0), second, c.want)
		}
	}
}

// TestBMPRefused checks what is not supported and what is damaged.
func TestBMPRefused(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"JPEG inside":          {bmpOf(2, 1, 24, 4, 0, make([]byte, 8)), "not supported, save it in a common one: bmp: 24 bits a pixel, compression 4"},
		"64 bits":              {bmpOf(2, 1, 64, 0, 0, make([]byte, 16)), "not supported"},
		"a mask with holes":    {bmpOf(2, 1, 32, 3, 0, make([]byte, 8), 0xf0f, 0xf0, 0xf0f000), "bmp: the mask 00000f0f: not supported"},
		"runs downwards":       {bmpOf(2, -1, 8, 1, 0, make([]byte, 8)), "bmp: runs from the top down: not supported"},
		"truncated":            {bmpOf(200, 100, 24, 0, 0, make([]byte, 800)), "the file ends before its picture does: bmp: 800 bytes of pixels"},
		"no palette":           {bmpOf(2, 1, 8, 0, 0, nil)[:100], "damaged picture"},
		"truncated runs":       {bmpOf(2, 1, 8, 1, 0, []byte{0}), "the file ends before its picture does: bmp: runs"},
		"truncated one by one": {bmpOf(2, 1, 8, 1, 0, []byte{0, 5, 1}), "the file ends before its picture does"},
		"truncated jump":       {bmpOf(2, 1, 8, 1, 0, []byte{0, 2, 1}), "the file ends before its picture does"},
		"no width":             {bmpOf(0, 1, 24, 0, 0, nil), "a picture of 0x1 pixels"},
		"negative width":       {bmpOf(-2, 1, 24, 0, 0, nil), "a picture of -2x1 pixels"},
		"lowest height":        {bmpOf(2, -1<<31, 24, 0, 0, nil), "pixels, expected at most"},
	} {
		_, err := picture.Decode(c.data)
		if err == nil || !fault.IsInput(err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, expected %q", name, err, c.want)
		}
	}
}

// FuzzBMP checks that whatever bytes follow BM, a picture comes of the size that it says, or an
// error of the input.
func FuzzBMP(f *testing.F) {
	for _, name := range []string{"colour.bmp", "palette.bmp", "fifteen-bits.bmp", "sixteen-bits.bmp", "alpha.bmp", "runs4.bmp", "runs8.bmp"} {
		f.Add(fixture(f, name)[2:])
	}
	f.Add(bmpOf(2, 1, 32, 6, 3, make([]byte, 8), 0xff, 0xff00, 0xff0000, 0xff000000)[2:])
	f.Fuzz(func(t *testing.T, rest []byte) { fuzzed(t, append([]byte("BM"), rest...)) })
}
