package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"io"
)

// xmpMark stands before the packet in JPEG.
const xmpMark = "http://ns.adobe.com/xap/1.0/\x00"

// jpegFacts is what the segments of a JPEG file say.
type jpegFacts struct {
	progressive bool
	sampling    [][2]int // horizontal and vertical factor of each component; empty if no frame was found
	rgb         bool     // the components are called so
	adobe       bool     // there is Adobe's segment, which says what the components are
	scans       int
	exif, xmp   []byte
}

// examineJPEG reads what a JPEG file says.
func examineJPEG(data []byte) (source, error) {
	config, err := jpeg.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return source{}, err
	}
	f := readJPEG(data)
	s := source{
		Header: Header{Format: "jpeg", Width: config.Width, Height: config.Height, scans: f.scans},
		exif:   f.exif, xmp: f.xmp,
	}
	s.decoded, s.ycbcr = f.memory(config.Width, config.Height), len(f.sampling) == 3
	s.decode = func() (image.Image, error) { return jpeg.Decode(f.reader(data)) }
	return s, nil
}

// reader returns the file for the decoder. Without Adobe's segment it takes no four components.
// Others (libjpeg, and so browsers and Pillow) take them for CMYK as Adobe stores it, inverted,
// which is what a segment that says 0 stands for.
func (f jpegFacts) reader(data []byte) io.Reader {
	if len(f.sampling) != 4 || f.adobe {
		return bytes.NewReader(data)
	}
	begin := "\xff\xd8\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
	return io.MultiReader(bytes.NewReader([]byte(begin)), bytes.NewReader(data[2:]))
}

// memory returns the bytes that package image/jpeg allocates: a byte for each sample in whole
// blocks, in a progressive file four more for its coefficient, and four a pixel for what is not
// YCbCr in the end.
func (f jpegFacts) memory(width, height int) int64 {
	sampling := f.sampling
	switch len(sampling) {
	case 0: // cut off
		sampling, f.progressive, f.rgb = [][2]int{{1, 1}, {1, 1}, {1, 1}, {1, 1}}, true, true
	case 1: // its factors mean nothing
		sampling = [][2]int{{1, 1}}
	}
	h, v := 1, 1
	for _, s := range sampling {
		h, v = max(h, s[0]), max(v, s[1])
	}
	units := int64((width+8*h-1)/(8*h)) * int64((height+8*v-1)/(8*v))
	blocks := int64(0)
	for _, s := range sampling {
		blocks += units * int64(s[0]*s[1])
	}
	bytes := 64 * blocks
	if f.progressive {
		bytes += 4 * 64 * blocks
	}
	if len(sampling) == 4 || len(sampling) == 3 && (f.rgb || f.adobe) {
		bytes += 4 * int64(width) * int64(height)
	}
	return bytes
}

// readJPEG walks over the segments, as the decoder does, to the end of the image: what follows is
// another one, or a video.
func readJPEG(data []byte) jpegFacts {
	var f jpegFacts
	for rest := data[2:]; ; {
		i := bytes.IndexByte(rest, 0xff)
		if i < 0 {
			return f
		}
		for rest = rest[i:]; len(rest) > 0 && rest[0] == 0xff; { // a marker may be filled up
			rest = rest[1:]
		}
		if len(rest) == 0 || rest[0] == 0xd9 {
			return f
		}
		marker := rest[0]
		rest = rest[1:]
		if marker == 0 || 0xd0 <= marker && marker <= 0xd7 { // in the data of a scan
			continue
		}
		if len(rest) < 2 || int(binary.BigEndian.Uint16(rest)) < 2 || int(binary.BigEndian.Uint16(rest)) > len(rest) {
			return f
		}
		n := binary.BigEndian.Uint16(rest)
		f.segment(marker, rest[2:n])
		rest = rest[n:]
	}
}

// segment reads one.
func (f *jpegFacts) segment(marker byte, data []byte) {
	switch {
	case marker == 0xda:
		f.scans++
	case 0xc0 <= marker && marker <= 0xc2 && f.sampling == nil && len(data) >= 6 && len(data) == 6+3*int(data[5]):
		f.progressive = marker == 0xc2
		names := ""
		for c := data[6:]; len(c) > 0; c = c[3:] {
			f.sampling = append(f.sampling, [2]int{int(c[1] >> 4), int(c[1] & 15)})
			names += string(rune(c[0]))
		}
		f.rgb = names == "RGB"
	case marker == 0xee && len(data) >= 12 && bytes.HasPrefix(data, []byte("Adobe")):
		f.adobe = true
	case marker == 0xe1 && f.scans == 0 && bytes.HasPrefix(data, []byte(exifMark)):
		// What takes more than a segment goes on in the next. A second structure stands where
		// nothing points to.
		f.exif = append(f.exif, data[len(exifMark):]...)
	case marker == 0xe1 && f.scans == 0 && f.xmp == nil && bytes.HasPrefix(data, []byte(xmpMark)):
		f.xmp = data[len(xmpMark):]
	}
}
