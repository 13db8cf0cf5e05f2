package picture_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/dataset/picture"
)

// order is a byte order that writes, too.
type order interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// tag is an entry of a directory of EXIF data.
type tag struct {
	id, kind uint16
	count    uint32
	value    []byte
}

// exifOf returns EXIF data of one directory after another, as for a picture and its thumbnail.
func exifOf(o order, directories ...[]tag) []byte {
	b := []byte("II")
	if o.Uint16([]byte{0, 1}) == 1 {
		b = []byte("MM")
	}
	b = o.AppendUint32(o.AppendUint16(b, 42), 8)
	for i, tags := range directories {
		b = o.AppendUint16(b, uint16(len(tags)))
		outside := len(b) + 12*len(tags) + 4
		var values []byte
		for _, t := range tags {
			b = o.AppendUint32(o.AppendUint16(o.AppendUint16(b, t.id), t.kind), t.count)
			if len(t.value) <= 4 {
				b = append(append(b, t.value...), make([]byte, 4-len(t.value))...)
			} else {
				b = o.AppendUint32(b, uint32(outside+len(values)))
				values = append(values, t.value...)
			}
		}
		next := uint32(0)
		if i+1 < len(directories) {
			next = uint32(outside + len(values))
		}
		b = append(o.AppendUint32(b, next), values...)
	}
	return b
}

// numbers returns a number as each type that EXIF data have for it.
func numbers(o order, n int) map[string]tag {
	const id = 0x0112
	short, long := o.AppendUint16(nil, uint16(n)), o.AppendUint32(nil, uint32(n))
	return map[string]tag{
		"BYTE": {id, 1, 1, []byte{byte(n)}}, "SHORT": {id, 3, 1, short}, "LONG": {id, 4, 1, long},
		"RATIONAL": {id, 5, 1, o.AppendUint32(o.AppendUint32(nil, uint32(2*n)), 2)},
		"SBYTE":    {id, 6, 1, []byte{byte(n)}}, "SSHORT": {id, 8, 1, short}, "SLONG": {id, 9, 1, long},
		"SRATIONAL": {id, 10, 1, o.AppendUint32(o.AppendUint32(nil, uint32(-n)), math.MaxUint32)}, // −n / −1
		"FLOAT":     {id, 11, 1, o.AppendUint32(nil, math.Float32bits(float32(n)))},
		"DOUBLE":    {id, 12, 1, o.AppendUint64(nil, math.Float64bits(float64(n)))},
		"IFD":       {id, 13, 1, long}, "LONG8": {id, 16, 1, o.AppendUint64(nil, uint64(n))},
		"two SHORT": {id, 3, 2, append(bytes.Clone(short), short...)}, "three SHORT": {id, 3, 3, o.AppendUint32(bytes.Clone(short), 0)},
		"two LONG": {id, 4, 2, append(bytes.Clone(long), 0, 0, 0, 1)}, "five BYTE": {id, 1, 5, []byte{byte(n), 1, 1, 1, 1}},
	}
}

// plain returns a picture of 3 x 2 pixels in a format.
func plain(t testing.TB, format string) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch img := image.NewGray(image.Rect(0, 0, 3, 2)); format {
	case "jpeg":
		err = jpeg.Encode(&b, img, nil)
	case "png":
		err = png.Encode(&b, img)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// segments returns a JPEG with segments of a kind after its beginning.
func segments(t testing.TB, marker byte, bodies ...[]byte) []byte {
	data := plain(t, "jpeg")
	out := bytes.Clone(data[:2])
	for _, body := range bodies {
		out = append(binary.BigEndian.AppendUint16(append(out, 0xff, marker), uint16(2+len(body))), body...)
	}
	return append(out, data[2:]...)
}

// chunked returns a PNG with a chunk after its header.
func chunked(t testing.TB, kind string, body []byte) []byte {
	data := plain(t, "png")
	return append(append(bytes.Clone(data[:33]), chunk(kind, body)...), data[33:]...)
}

// chunk returns a chunk of a PNG.
func chunk(kind string, body []byte) []byte {
	b := append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), kind...)
	b = append(b, body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// webpWith returns lossy.webp, 24 x 16 pixels, as an extended file with a chunk after the picture,
// which flags announce.
func webpWith(t testing.TB, flags byte, kind string, body []byte) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "lossy.webp"))
	if err != nil {
		t.Fatal(err)
	}
	chunks := append(riffChunk("VP8X", []byte{flags, 0, 0, 0, 23, 0, 0, 15, 0, 0}), data[12:]...)
	return riffFile(append(chunks, riffChunk(kind, body)...))
}

// riffChunk returns a chunk of a WebP file.
func riffChunk(kind string, body []byte) []byte {
	b := append(binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body))), body...)
	return append(b, make([]byte, len(body)&1)...)
}

// riffFile returns a WebP file of chunks.
func riffFile(chunks []byte) []byte {
	return append(append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(4+len(chunks))), "WEBP"...), chunks...)
}

// zip returns text compressed by zlib.
func zip(t testing.TB, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// orientationOf returns the orientation of a picture that has to be read.
func orientationOf(t testing.TB, name string, data []byte) picture.Orientation {
	t.Helper()
	p, err := picture.Decode(data)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return p.Orientation
}

// TestOrientationTypes checks that the tag is read whatever type its number has. Pillow 13 agrees,
// but for BYTE, which it makes a text of.
func TestOrientationTypes(t *testing.T) {
	for _, o := range []order{binary.LittleEndian, binary.BigEndian} {
		for n := 1; n <= 8; n++ {
			for name, entry := range numbers(o, n) {
				other := tag{0x010f, 2, 6, []byte("maker\x00")}
				data := segments(t, 0xe1, append([]byte("Exif\x00\x00"), exifOf(o, []tag{other, entry})...))
				if got := orientationOf(t, name, data); int(got) != n {
					t.Errorf("%v %s: %d, expected %d", o, name, got, n)
				}
			}
		}
	}
}

// TestOrientationOfNoNumber checks what is no orientation: the picture is as it is stored.
func TestOrientationOfNoNumber(t *testing.T) {
	o := binary.LittleEndian
	for name, entry := range map[string]tag{
		"text": {0x0112, 2, 2, []byte("6\x00")}, "none": {0x0112, 3, 0, []byte{6, 0}}, "0": {0x0112, 3, 1, []byte{0, 0}}, "9": {0x0112, 3, 1, []byte{9, 0}},
		"65542": {0x0112, 4, 1, []byte{6, 0, 1, 0}}, "-250": {0x0112, 8, 1, []byte{6, 255}}, "6/0": {0x0112, 5, 1, []byte{6, 0, 0, 0, 0, 0, 0, 0}},
		"13/2": {0x0112, 5, 1, []byte{13, 0, 0, 0, 2, 0, 0, 0}}, "undefined": {0x0112, 7, 1, []byte{6}}, "unknown type": {0x0112, 99, 1, []byte{6}},
		"NaN": {0x0112, 11, 1, o.AppendUint32(nil, math.Float32bits(float32(math.NaN())))}, "huge count": {0x0112, 4, math.MaxUint32, []byte{26, 0, 0, 0}},
	} {
		data := segments(t, 0xe1, append([]byte("Exif\x00\x00"), exifOf(o, []tag{entry})...))
		if got := orientationOf(t, name, data); got != 1 {
			t.Errorf("%s: %d, expected 1", name, got)
		}
	}
}

// xmpPacket returns an XMP packet that holds a text.
func xmpPacket(property string) string {
	return `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description ` + property + `</rdf:RDF></x:xmpmeta>`
}

// TestOrientationPlaces checks the places where the tag is looked for, and those where it is about
// something else. Pillow 13 agrees, but that it refuses the PNGs with a wrong checksum and with too
// much text.
func TestOrientationPlaces(t *testing.T) {
	o := binary.BigEndian
	turned := func(n int) tag { return numbers(o, n)["SHORT"] }
	exif := exifOf(o, []tag{turned(6)})
	marked := append([]byte("Exif\x00\x00"), exif...)
	thumbnail := append([]byte("Exif\x00\x00"), exifOf(o, nil, []tag{turned(6)})...)
	inner := exifOf(o, []tag{{0x8769, 4, 1, []byte{0, 0, 0, 26}}})
	inner = append([]byte("Exif\x00\x00"), append(inner, exifOf(o, []tag{turned(6)})[8:]...)...)
	xmp := xmpPacket(`tiff:Orientation="6"/>`)
	xmpElement := xmpPacket(`><tiff:Orientation>6</tiff:Orientation></rdf:Description>`)
	adobe := func(packet string) []byte { return []byte("http://ns.adobe.com/xap/1.0/\x00" + packet) }
	profile := fmt.Sprintf("\nexif\n%8d\n%s\n", len(marked), hex.EncodeToString(marked))
	folded := fmt.Sprintf("\nexif\n%8d\n%s\n%s\n", len(marked), hex.EncodeToString(marked[:9]), hex.EncodeToString(marked[9:]))
	text := func(name, body string) []byte { return []byte(name + "\x00" + body) }
	maker := bytes.Repeat([]byte{7}, 60000) // pushes the value of the tag into the second segment
	long := exifOf(o, []tag{{0x927c, 7, uint32(len(maker)), maker}, numbers(o, 6)["RATIONAL"]})
	damaged := chunked(t, "eXIf", exif)
	damaged[len(damaged)-len(plain(t, "png"))+33-1] ^= 1 // its checksum
	for name, c := range map[string]struct {
		data []byte
		want picture.Orientation
	}{
		"jpeg":                       {segments(t, 0xe1, marked), 6},
		"jpeg, after others":         {segments(t, 0xe1, adobe("<x/>"), []byte("something"), marked), 6},
		"jpeg, over two segments":    {segments(t, 0xe1, append([]byte("Exif\x00\x00"), long[:40000]...), append([]byte("Exif\x00\x00"), long[40000:]...)), 6},
		"jpeg, two structures":       {segments(t, 0xe1, append([]byte("Exif\x00\x00"), exifOf(o, []tag{turned(3)})...), marked), 3},
		"jpeg, the thumbnail's":      {segments(t, 0xe1, thumbnail), 1},
		"jpeg, another directory's":  {segments(t, 0xe1, inner), 1},
		"jpeg, marked twice":         {segments(t, 0xe1, append([]byte("Exif\x00\x00"), marked...)), 6},
		"jpeg, in another segment":   {segments(t, 0xe2, marked), 1},
		"jpeg, XMP":                  {segments(t, 0xe1, adobe(xmp)), 6},
		"jpeg, XMP, element":         {segments(t, 0xe1, adobe(xmpElement)), 6},
		"jpeg, XMP of 9":             {segments(t, 0xe1, adobe(strings.Replace(xmp, "6", "9", 1))), 1},
		"jpeg, EXIF against XMP":     {segments(t, 0xe1, adobe(xmp), append([]byte("Exif\x00\x00"), exifOf(o, []tag{turned(1)})...)), 1},
		"jpeg, EXIF without, XMP":    {segments(t, 0xe1, append([]byte("Exif\x00\x00"), exifOf(o, nil)...), adobe(xmp)), 6},
		"png":                        {chunked(t, "eXIf", exif), 6},
		"png, marked":                {chunked(t, "eXIf", marked), 6},
		"png, damaged":               {damaged, 6},
		"png, raw profile":           {chunked(t, "tEXt", text("Raw profile type exif", profile)), 6},
		"png, compressed profile":    {chunked(t, "zTXt", append(text("Raw profile type exif", "\x00"), zip(t, []byte(folded))...)), 6},
		"png, text":                  {chunked(t, "tEXt", text("Comment", profile)), 1},
		"png, XMP":                   {chunked(t, "iTXt", text("XML:com.adobe.xmp", "\x00\x00\x00\x00"+xmp)), 6},
		"png, compressed XMP":        {chunked(t, "iTXt", append(text("XML:com.adobe.xmp", "\x01\x00en\x00Name\x00"), zip(t, []byte(xmp))...)), 6},
		"png, damaged compression":   {chunked(t, "zTXt", text("Raw profile type exif", "\x00"+profile)), 1},
		"png, too much text":         {chunked(t, "zTXt", append(text("Raw profile type exif", "\x00"), zip(t, append([]byte(profile), make([]byte, 2<<20)...))...)), 1},
		"png, profile without lines": {chunked(t, "tEXt", text("Raw profile type exif", "exif")), 1},
		"webp":                       {webpWith(t, 8, "EXIF", exif), 6},
		"webp, marked":               {webpWith(t, 8, "EXIF", marked), 6},
		"webp, XMP":                  {webpWith(t, 4, "XMP ", []byte(xmp)), 6},
		"webp, not announced":        {webpWith(t, 0, "EXIF", exif), 1},
		"webp, nonsense":             {webpWith(t, 8, "EXIF", []byte("MM\x00*\xff\xff\xff\xff")), 1},
	} {
		if got := orientationOf(t, name, c.data); got != c.want {
			t.Errorf("%s: %d, expected %d", name, got, c.want)
		}
	}
}

// FuzzOrientation checks that whatever EXIF data there are, a picture is read, and turned as one of
// eight.
func FuzzOrientation(f *testing.F) {
	for _, o := range []order{binary.LittleEndian, binary.BigEndian} {
		for _, entry := range numbers(o, 6) {
			f.Add(exifOf(o, []tag{entry}, []tag{entry}), []byte(xmpPacket(`tiff:Orientation="6"/>`)))
		}
	}
	f.Fuzz(func(t *testing.T, exif, xmp []byte) {
		if len(exif) > 60000 || len(xmp) > 60000 {
			t.Skip("longer than a segment")
		}
		inJPEG := orientationOf(t, "jpeg", segments(t, 0xe1, append([]byte("Exif\x00\x00"), exif...), append([]byte("http://ns.adobe.com/xap/1.0/\x00"), xmp...)))
		inPNG := orientationOf(t, "png", chunked(t, "eXIf", exif))
		if inJPEG < 1 || inJPEG > 8 || inPNG < 1 || inPNG > 8 {
			t.Fatalf("orientations %d and %d", inJPEG, inPNG)
		}
		if inPNG != 1 && inPNG != inJPEG {
			t.Fatalf("orientation %d in PNG, %d in JPEG", inPNG, inJPEG)
		}
		p := picture.Picture{Image: image.NewGray(image.Rect(0, 0, 2, 1)), Orientation: inJPEG}
		if _, err := picture.Render(p, 1, picture.Crop, color.White); err != nil {
			t.Fatal(err)
		}
	})
}
