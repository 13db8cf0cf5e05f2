package picture_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/color/palette"
	"image/gif"
	"image/png"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/image/draw"

	"github.com/gradreg/gradreg/dataset/picture"
)

// flatJPEG returns a JPEG of one grey: with the second tables of package image/jpeg's encoder a
// block without a change is four bits 0, in a progressive file, which has one scan of the means,
// two. Sampling has a byte for each component.
func flatJPEG(t testing.TB, w, h int, sampling string, progressive bool, more ...byte) []byte {
	t.Helper()
	encoded := jpegOf(t, image.NewRGBA(image.Rect(0, 0, 8, 8)))
	tables := encoded[bytes.Index(encoded, []byte{0xff, 0xc4}):]
	tables = tables[:2+int(binary.BigEndian.Uint16(tables[2:]))]
	across, down := 1, 1
	for _, s := range []byte(sampling) {
		across, down = max(across, int(s>>4)), max(down, int(s&15))
	}
	out := append([]byte{0xff, 0xd8}, more...)
	out = append(append(out, 0xff, 0xdb, 0, 67, 0), bytes.Repeat([]byte{1}, 64)...)
	marker := byte(0xc0)
	if progressive {
		marker = 0xc2
	}
	n := len(sampling)
	out = append(out, 0xff, marker, 0, byte(8+3*n), 8, byte(h>>8), byte(h), byte(w>>8), byte(w), byte(n))
	scan := []byte{0xff, 0xda, 0, byte(6 + 2*n), byte(n)}
	blocks := 0
	for i, s := range []byte(sampling) {
		out = append(out, byte(i+1), s, 0)
		scan = append(scan, byte(i+1), 0x11)
		if n == 1 {
			blocks = (w + 7) / 8 * ((h + 7) / 8)
		} else {
			blocks += (w + 8*across - 1) / (8 * across) * ((h + 8*down - 1) / (8 * down)) * int(s>>4) * int(s&15)
		}
	}
	size := (blocks + 1) / 2
	if progressive {
		scan, size = append(scan, 0, 0, 0), (blocks+3)/4
	} else {
		scan = append(scan, 0, 63, 0)
	}
	out = append(append(append(out, tables...), scan...), make([]byte, size)...)
	return append(out, 0xff, 0xd9)
}

// adobe is Adobe's segment, which says that components are what they are called.
var adobe = []byte("\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00")

// allocated returns how many bytes f allocates in all, which is not less than what it holds at any
// time.
func allocated(f func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// interlaced returns a PNG of grey 0 in seven parts, without compression of note.
func interlaced(t testing.TB, w, h int, depth, kind byte) []byte {
	t.Helper()
	samples := map[byte]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
	var raw []byte
	for _, part := range [][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}} {
		across, down := (w-part[0]+part[2]-1)/part[2], (h-part[1]+part[3]-1)/part[3]
		raw = append(raw, make([]byte, down*(1+(across*samples*int(depth)+7)/8))...)
	}
	body := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(w)), uint32(h))
	body = append(body, depth, kind, 0, 0, 1)
	parts := [][]byte{[]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", body)}
	if kind == 3 {
		parts = append(parts, chunk("PLTE", make([]byte, 3)))
	}
	return bytes.Join(append(parts, chunk("IDAT", zip(t, raw)), chunk("IEND", nil)), nil)
}

// pngOf returns a picture as PNG.
func pngOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// webpOfOneColour returns a lossless WebP of w x h pixels, each of which takes no bits.
func webpOfOneColour(w, h int) []byte {
	bits := uint64(w-1) | uint64(h-1)<<14 // no alpha, version 0
	body := append([]byte{0x2f}, binary.LittleEndian.AppendUint64(nil, bits)[:4]...)
	// No transform, no cache of colours, one group of codes; five codes of one symbol in 8 bits: 1,
	// one symbol, 8 bits, 0.
	at, data := 0, make([]byte, 16)
	put := func(v uint64, n int) {
		for i := range n {
			data[at/8] |= byte(v >> i & 1 << (at % 8))
			at++
		}
	}
	put(0, 3)
	for range 5 {
		put(1, 1)
		put(0, 1)
		put(0, 1)
		put(0, 1)
	}
	return riffFile(riffChunk("VP8L", append(body, data...)))
}

// memoryCases are pictures of 0.4 megapixels of every kind that a decoder treats in another way.
func memoryCases(t testing.TB) map[string][]byte {
	const w, h = 700, 600
	rect := image.Rect(0, 0, w, h)
	alpha := image.NewNRGBA(rect)
	var moving bytes.Buffer
	part := image.NewPaletted(image.Rect(20, 30, w, h), palette.WebSafe)
	if err := gif.EncodeAll(&moving, &gif.GIF{Image: []*image.Paletted{part}, Delay: []int{0}, Config: image.Config{Width: w, Height: h}}); err != nil {
		t.Fatal(err)
	}
	whole := riffChunk("VP8X", []byte{2, 0, 0, 0, (w - 1) & 255, (w - 1) >> 8, 0, (h - 1) & 255, (h - 1) >> 8, 0})
	frame := append([]byte{1, 0, 0, 1, 0, 0, (w - 11) & 255, (w - 11) >> 8, 0, (h - 11) & 255, (h - 11) >> 8, 0, 0, 0, 0, 0}, webpOfOneColour(w-10, h-10)[12:]...)
	cases := map[string][]byte{
		"png grey": pngOf(t, image.NewGray(rect)), "png colour": pngOf(t, image.NewRGBA(rect)), "png alpha": pngOf(t, alpha),
		"png palette": pngOf(t, image.NewPaletted(rect, palette.Plan9)), "png 16 grey": pngOf(t, image.NewGray16(rect)),
		"png 16 colour": pngOf(t, image.NewRGBA64(rect)), "png 16 alpha": pngOf(t, image.NewNRGBA64(rect)),
		"gif": moving.Bytes(), "webp": webpOfOneColour(w, h), "webp frame": riffFile(append(whole, riffChunk("ANMF", frame)...)),
		"bmp 24": bmpOf(w, h, 24, 0, 0, make([]byte, (3*w+3)/4*4*h)), "bmp 32": bmpOf(w, h, 32, 0, 0, make([]byte, 4*w*h)),
		"bmp 8": bmpOf(w, h, 8, 0, 0, make([]byte, (w+3)/4*4*h)), "bmp runs": bmpOf(w, h, 8, 1, 0, []byte{0, 1}),
	}
	for _, kind := range []byte{0, 2, 4, 6} {
		for _, depth := range []byte{8, 16} {
			cases[fmt.Sprintf("png interlaced %d, %d bits", kind, depth)] = interlaced(t, w, h, depth, kind)
		}
	}
	for name, sampling := range map[string]string{"grey": "\x11", "4:4:4": "\x11\x11\x11", "4:2:0": "\x22\x11\x11", "4:1:0": "\x42\x11\x11", "CMYK": "\x11\x11\x11\x11", "CMYK 2": "\x22\x11\x11\x22"} {
		cases["jpeg "+name] = flatJPEG(t, w, h, sampling, false)
		cases["jpeg progressive "+name] = flatJPEG(t, w, h, sampling, true)
		cases["jpeg of Adobe "+name] = flatJPEG(t, w, h, sampling, false, adobe...)
	}
	return cases
}

// TestMemory checks that decoding and rendering never allocate more than the header says, and that
// it does not say much more, for that would keep other pictures waiting.
func TestMemory(t *testing.T) {
	for name, data := range memoryCases(t) {
		sides := []int{32}
		if strings.HasPrefix(name, "jpeg grey") || name == "jpeg 4:2:0" {
			sides = append(sides, 224)
		}
		for _, side := range sides {
			h, err := picture.DecodeHeader(data)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			took := allocated(func() {
				p, err := picture.Decode(data)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				render(t, p, side, picture.Pad)
			})
			if said := h.Memory(side); took > said || !strings.HasPrefix(name, "webp") && said > 2*took+1<<20 {
				t.Errorf("%s at %d: %d bytes, %d said, %.2f and %.2f a pixel", name, side, took, said, float64(took)/700/600, float64(said)/700/600)
			}
		}
	}
}

// TestRows checks that a huge picture's rows, laid out one by one, scale to the same bits as all at
// once.
func TestRows(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, ratio := range []image.YCbCrSubsampleRatio{
		image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420, image.YCbCrSubsampleRatio440, image.YCbCrSubsampleRatio411, image.YCbCrSubsampleRatio410,
	} {
		img := image.NewYCbCr(image.Rect(0, 0, 61, 47), ratio)
		for _, plane := range [][]byte{img.Y, img.Cb, img.Cr} {
			for i := range plane {
				plane[i] = byte(random.Uint32())
			}
		}
		for _, from := range []image.Rectangle{img.Rect, image.Rect(7, 3, 48, 44)} {
			for k := range 6 {
				side, interpolate := []int{1, 13, 80}[k%3], k >= 3
				var scaled [2]*image.RGBA
				for i, most := range []int{1 << 20, 0} {
					scaled[i] = image.NewRGBA(image.Rect(0, 0, side, side))
					part := picture.FlatUpTo(img, from, interpolate, most)
					draw.CatmullRom.Scale(scaled[i], scaled[i].Rect, part, from, draw.Over, nil)
				}
				if !bytes.Equal(scaled[0].Pix, scaled[1].Pix) {
					t.Errorf("%v of %v at %d, interpolated %v: other pixels", from, ratio, side, interpolate)
				}
			}
		}
	}
}

// TestHuge checks that photos of 108 and 200 megapixels are within the bounds and a budget of 1
// GiB, and that one of 80 is read; GRADREG_TEST_LONG=1 reads them all.
func TestHuge(t *testing.T) {
	for _, c := range []struct {
		w, h     int
		sampling string
		long     bool
	}{{10400, 7800, "\x11", false}, {12000, 9000, "\x22\x11\x11", true}, {16320, 12240, "\x22\x11\x11", true}, {12240, 16320, "\x11\x11\x11", true}} {
		data := flatJPEG(t, c.w, c.h, c.sampling, false)
		h, err := picture.DecodeHeader(data)
		if err != nil {
			t.Errorf("%d x %d: %v", c.w, c.h, err)
			continue
		}
		if said := h.Memory(224); said > 1<<30 {
			t.Errorf("%d x %d: takes %d bytes", c.w, c.h, said)
		}
		if c.long && os.Getenv("GRADREG_TEST_LONG") == "" {
			continue
		}
		var got *image.RGBA
		took := allocated(func() {
			p, err := picture.Decode(data)
			if err != nil {
				t.Fatal(err)
			}
			got = render(t, p, 224, picture.Crop)
		})
		if took > h.Memory(224) {
			t.Errorf("%d x %d: %d bytes, %d said", c.w, c.h, took, h.Memory(224))
		}
		if grey := (color.RGBA{128, 128, 128, 255}); got.RGBAAt(0, 0) != grey || got.RGBAAt(223, 223) != grey {
			t.Errorf("%d x %d: %v and %v, expected %v", c.w, c.h, got.RGBAAt(0, 0), got.RGBAAt(223, 223), grey)
		}
		t.Logf("%d x %d: %d bytes allocated", c.w, c.h, took)
	}
}

// TestTooMuchMemory checks the bound of memory, and that a large picture is not let in by a small
// file.
func TestTooMuchMemory(t *testing.T) {
	progressive := flatJPEG(t, 16320, 12240, "\x11\x11\x11", true)
	if _, err := picture.DecodeHeader(progressive); err == nil || !strings.Contains(err.Error(), "bytes to decode, expected at most 2147483648") {
		t.Errorf("3 GB: %v", err)
	}
	for name, data := range map[string][]byte{
		"webp": webpOfOneColour(16000, 16000), "jpeg": flatJPEG(t, 16000, 16000, "\x11", false)[:2000],
	} {
		if _, err := picture.DecodeHeader(data); err == nil || !strings.Contains(err.Error(), "pixels in a file of") {
			t.Errorf("%s: %v", name, err)
		}
	}
	// 1,000 scans of 64 megapixels are 250 of 256.
	many := flatJPEG(t, 16000, 16000, "\x11", false)
	many = append(many[:len(many)-2], bytes.Repeat([]byte{0xff, 0xda, 0, 2}, 300)...)
	if _, err := picture.DecodeHeader(many); err == nil || !strings.Contains(err.Error(), "a JPEG of 301 scans, expected at most 262") {
		t.Errorf("scans: %v", err)
	}
}
