package picture_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/gradreg/gradreg/dataset/picture"
	"github.com/gradreg/gradreg/internal/fault"
)

// long reports whether tests may take minutes.
func long() bool { return os.Getenv("GRADREG_TEST_LONG") != "" }

// pngHeader returns the beginning of a PNG of a kind.
func pngHeader(w, h uint32, depth, kind, interlace byte) []byte {
	body := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	return append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(body, depth, kind, 0, 0, interlace))...)
}

// bombs are small files that announce much, or that take much to read.
func bombs(t *testing.T) map[string][]byte {
	zeros := zip(t, make([]byte, 32<<20))
	out := map[string][]byte{}
	for _, kind := range []byte{0, 2, 3, 4, 6} {
		depths := []byte{8, 16}
		if kind == 3 { // a palette
			depths = []byte{1, 8}
		}
		for _, depth := range depths {
			for _, size := range [][2]uint32{{1 << 30, 1 << 30}, {65535, 4000}, {8191, 8191}} {
				name := fmt.Sprintf("png %d, %d bits, %d x %d", kind, depth, size[0], size[1])
				out[name] = bytes.Join([][]byte{pngHeader(size[0], size[1], depth, kind, 0), chunk("PLTE", make([]byte, 6)), chunk("IDAT", zeros)}, nil)
			}
		}
	}
	out["png interlaced"] = append(pngHeader(8000, 8000, 16, 6, 1), chunk("IDAT", zeros)...)
	out["png narrow"] = append(pngHeader(1, 65535, 16, 6, 1), chunk("IDAT", zeros)...)
	liar := append(pngHeader(8000, 8000, 16, 6, 0), chunk("IDAT", zeros)...)
	out["png after another header"] = bytes.Join([][]byte{liar[:8], chunk("junk", []byte("\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00")), liar[8:]}, nil)
	out["png text"] = chunked(t, "zTXt", append([]byte("Raw profile type exif\x00\x00"), zeros...))
	out["png packet"] = chunked(t, "iTXt", append([]byte("XML:com.adobe.xmp\x00\x01\x00\x00\x00"), zeros...))
	out["png chunks"] = append(append(pngHeader(3, 2, 8, 0, 0), bytes.Repeat(chunk("junk", nil), 1<<20)...), plain(t, "png")[33:]...)
	out["png profile"] = chunked(t, "tEXt", append([]byte("Raw profile type exif\x00\n\n\n"), bytes.Repeat([]byte("4d "), 1<<20)...))

	sof := func(marker byte, w, h int, components ...byte) []byte {
		b := []byte{0xff, 0xd8, 0xff, marker, 0, byte(8 + 3*len(components)), 8, byte(h >> 8), byte(h), byte(w >> 8), byte(w), byte(len(components))}
		for i, s := range components {
			b = append(b, byte(i+1), s, 0)
		}
		return append(b, 0xff, 0xda, 0, 2)
	}
	for _, marker := range []byte{0xc0, 0xc2} {
		out[fmt.Sprintf("jpeg %x of one component", marker)] = sof(marker, 65535, 65535, 0x11)
		out[fmt.Sprintf("jpeg %x of four", marker)] = sof(marker, 8191, 8191, 0x11, 0x11, 0x11, 0x11)
		out[fmt.Sprintf("jpeg %x of odd factors", marker)] = sof(marker, 8191, 8191, 0x42, 0x11, 0x11)
	}
	out["jpeg progressive"] = flatJPEG(t, 8000, 8000, "\x11\x11\x11", true)
	out["jpeg scans"] = scans(t, 5000)
	many := flatJPEG(t, 2000, 2000, "\x11", true)
	at := bytes.Index(many, []byte{0xff, 0xda})
	scan := many[at : len(many)-2]
	out["jpeg whole scans"] = append(append(bytes.Clone(many[:len(many)-2]), bytes.Repeat(scan, 60)...), 0xff, 0xd9)
	out["jpeg segments"] = segments(t, 0xe1, bytes.Split(bytes.Repeat([]byte("Exif\x00\x00II*\x00|"), 50000), []byte("|"))...)
	exif := exifOf(binary.LittleEndian, []tag{{0x0112, 5, 1 << 31, []byte{255, 255, 255, 255}}})
	exif[8], exif[9] = 255, 255 // entries
	out["jpeg directory"] = segments(t, 0xe1, append([]byte("Exif\x00\x00"), exif...))
	out["jpeg packet"] = segments(t, 0xe1, append([]byte("http://ns.adobe.com/xap/1.0/\x00"), bytes.Repeat([]byte("tiff:Orientation  "), 3000)...))

	screen := func(w, h int, rest string) []byte {
		return append([]byte{'G', 'I', 'F', '8', '9', 'a', byte(w), byte(w >> 8), byte(h), byte(h >> 8), 0x80, 0, 0, 0, 0, 0, 255, 255, 255}, rest...)
	}
	out["gif screen"] = screen(65535, 65535, "")
	out["gif small frame"] = screen(65535, 1000, ",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00;")
	out["gif large frame"] = screen(1, 1, ",\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02\x44\x01\x00;")
	out["gif empty frame"] = screen(8000, 8000, ",\x00\x00\x00\x00\xff\x1f\xff\x1f\x40\x02\x02\x44\x01\x00;")
	out["gif extensions"] = screen(3, 3, strings.Repeat("!\xfe\x01x\x00", 1<<20))

	for _, size := range [][2]int{{1 << 30, 1 << 30}, {65535, 65535}, {8191, 8191}} {
		out[fmt.Sprintf("bmp %d", size[0])] = bmpOf(size[0], size[1], 32, 0, 0, make([]byte, 64))
		out[fmt.Sprintf("bmp runs %d", size[0])] = bmpOf(size[0], size[1], 8, 1, 0, bytes.Repeat([]byte{0, 2, 255, 255}, 1<<16))
	}
	out["webp lossless"] = webpOfOneColour(16383, 16383)
	out["webp lossless 64"] = webpOfOneColour(8191, 8191)
	out["webp canvas"] = animation(1<<24, 1<<24, [4]int{0, 0, 1 << 24, 1 << 24}, webpOfOneColour(16383, 16383)[12:])
	out["webp canvas 64"] = animation(8191, 8191, [4]int{0, 0, 8189, 8191}, webpOfOneColour(8189, 8191)[12:])
	out["webp frames"] = riffFile(append(riffChunk("VP8X", []byte{2, 0, 0, 0, 23, 0, 0, 15, 0, 0}), bytes.Repeat(riffChunk("ANIM", nil), 1<<20)...))
	lossy := bytes.Clone(fixture(t, "lossy.webp"))
	copy(lossy[26:], []byte{0xff, 0x3f, 0xff, 0x3f}) // 16383 x 16383
	out["webp lossy"] = lossy
	cut := bytes.Clone(fixture(t, "lossy.webp"))
	copy(cut[4:], []byte{0xf6, 0xff, 0xff, 0x7f}) // two gigabytes in a file and its chunk
	copy(cut[16:], []byte{0xea, 0xff, 0xff, 0x7f})
	out["webp cut off"] = cut
	return out
}

// TestBombs checks that no small file takes more memory than its header, which is within the bound,
// is said to, nor long. GRADREG_TEST_LONG=1 decodes those, too, that take more than 64 MiB.
func TestBombs(t *testing.T) {
	all := bombs(t)
	if len(all) < 57 {
		t.Fatalf("%d bombs, expected 57", len(all))
	}
	for name, data := range all {
		var h picture.Header
		var err error
		file := int64(len(data))
		if took := allocated(func() { h, err = picture.DecodeHeader(data) }); took > 2*file+4<<20 {
			t.Errorf("%s: the header of %d bytes takes %d", name, file, took)
		}
		if err != nil && !fault.IsInput(err) {
			t.Errorf("%s: not the input's fault: %v", name, err)
		}
		if err != nil || h.Memory(32) > 64<<20 && !long() {
			continue
		}
		if h.Memory(32) > picture.MaxMemory+1<<30 {
			t.Errorf("%s: %d bytes", name, h.Memory(32))
		}
		begun := time.Now()
		took := allocated(func() {
			p, err := picture.Decode(data)
			if err != nil {
				if !fault.IsInput(err) {
					t.Errorf("%s: not the input's fault: %v", name, err)
				}
				return
			}
			render(t, p, 32, picture.Crop)
		})
		if limit := h.Memory(32) + 2*file + 4<<20; took > limit {
			t.Errorf("%s: takes %d bytes, expected at most %d", name, took, limit)
		}
		if d := time.Since(begun); d > 2*time.Minute {
			t.Errorf("%s: takes %v", name, d)
		}
		debug.FreeOSMemory() // one bomb at a time
	}
}

// mutated returns a picture with a few bytes changed, removed, doubled or cut off.
func mutated(random *rand.Rand, data []byte) []byte {
	out := bytes.Clone(data)
	for range 1 + random.IntN(4) {
		if len(out) < 2 {
			break
		}
		at := random.IntN(len(out))
		if random.IntN(2) == 0 { // where the headers are
			at = random.IntN(min(len(out), 64))
		}
		n := min(1+random.IntN(8), len(out)-at)
		switch random.IntN(6) {
		case 0:
			out[at] = byte(random.Uint32())
		case 1:
			out[at] ^= 1 << random.IntN(8)
		case 2:
			for i := range out[at : at+n] {
				out[at+i] = []byte{0, 0xff, 0x7f, 0x80}[random.IntN(4)]
			}
		case 3:
			out = append(out[:at:at], out[at+n:]...)
		case 4:
			out = append(out[:at+n:at+n], out[at:]...)
		case 5:
			if random.IntN(4) == 0 {
				out = out[:at]
			}
		}
	}
	return out
}

// TestMutated checks pictures that are damaged at random: each comes out, or an error of the input.
// GRADREG_TEST_LONG=1 makes 1,500 and more of them.
func TestMutated(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.*"))
	if err != nil {
		t.Fatal(err)
	}
	each, pixels := 5, 1<<20
	if long() {
		each, pixels = 50, 16<<20
	}
	random := rand.New(rand.NewPCG(1, 3))
	count := 0
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i := range each {
			bad := mutated(random, data)
			count++
			func() {
				defer func() {
					if r := recover(); r != nil {
						t.Fatalf("%s, mutation %d: %v\n%x", name, i, r, bad)
					}
				}()
				sound(t, bad, pixels)
			}()
		}
	}
	if long() && count < 1500 {
		t.Errorf("%d mutated pictures, expected 1500", count)
	}
}
