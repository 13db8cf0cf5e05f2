package picture

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"image"
	"image/png"
	"io"
)

// pngStart is the length of what comes before the first chunk.
const pngStart = 8

// maxText bounds a PNG's compressed text, as Pillow does.
const maxText = 1 << 20

// pngChunk is a chunk of a PNG file.
type pngChunk struct {
	kind  string
	data  []byte
	whole []byte // with its length, kind and checksum
}

// nextChunk returns the first chunk of the bytes; false if there is no whole one.
func nextChunk(b []byte) (pngChunk, bool) {
	if len(b) < 12 || int64(len(b)) < 12+int64(binary.BigEndian.Uint32(b)) {
		return pngChunk{}, false
	}
	n := int(binary.BigEndian.Uint32(b))
	return pngChunk{kind: string(b[4:8]), data: b[8 : 8+n], whole: b[:12+n]}, true
}

// decoded reports whether the decoder needs chunks of the kind: it knows no others, but fails for
// their checksums.
func (c pngChunk) decoded() bool {
	return c.kind[0]&0x20 == 0 || c.kind == "tRNS"
}

// examinePNG reads what a PNG file says. Of an APNG it is the default image.
func examinePNG(data []byte) (source, error) {
	if c, ok := nextChunk(data[pngStart:]); ok && c.kind == "CgBI" {
		return source{}, fmt.Errorf("png: as Xcode packs them into apps: %w", errUnsupported)
	}
	config, err := png.DecodeConfig(&pngReader{rest: data})
	if err != nil {
		return source{}, err
	}
	s := source{Header: Header{Format: "png", Width: config.Width, Height: config.Height}}
	transparent := false
	var head, profile []byte
	for rest := data[pngStart:]; ; {
		c, ok := nextChunk(rest)
		if !ok {
			break
		}
		switch c.kind {
		case "IHDR":
			if head == nil {
				head = c.data
			}
		case "tRNS":
			transparent = true
		case "eXIf":
			s.exif = c.data
		case "tEXt", "zTXt", "iTXt":
			switch name, text := pngText(c); name {
			case "Raw profile type exif":
				profile = rawProfile(text)
			case "XML:com.adobe.xmp":
				s.xmp = text
			}
		}
		rest = rest[len(c.whole):]
	}
	if s.exif == nil {
		s.exif = profile
	}
	s.Header.decoded = pngMemory(head, s.Header, transparent)
	s.decode = func() (image.Image, error) { return png.Decode(&pngReader{rest: data}) }
	return s, nil
}

// pngMemory returns the bytes that package image/png allocates: the image, in an interlaced file
// once more for its parts, and two rows.
func pngMemory(head []byte, h Header, transparent bool) int64 {
	depth, kind, interlaced := head[8], head[9], head[12] != 0
	pixel := 4
	switch {
	case depth == 16 && kind == 0 && !transparent:
		pixel = 2
	case depth == 16:
		pixel = 8
	case kind == 3, kind == 0 && !transparent:
		pixel = 1
	}
	if interlaced {
		pixel *= 2
	}
	return int64(pixel)*int64(h.Width)*int64(h.Height) + 32*int64(h.Width)
}

// pngReader reads the chunks of a file that the decoder needs, so that no damage of others costs
// the picture.
type pngReader struct {
	run, rest []byte
	started   bool
}

// Read reads on.
func (r *pngReader) Read(p []byte) (int, error) {
	for len(r.run) == 0 {
		if len(r.rest) == 0 {
			return 0, io.EOF
		}
		n := len(r.rest) // what is no whole chunk is the decoder's to judge
		if !r.started {
			r.started = true
			n = min(n, pngStart)
		} else if c, ok := nextChunk(r.rest); ok {
			n = len(c.whole)
			if !c.decoded() {
				r.rest = r.rest[n:]
				continue
			}
		}
		r.run, r.rest = r.rest[:n], r.rest[n:]
	}
	n := copy(p, r.run)
	r.run = r.run[n:]
	return n, nil
}

// pngText returns the keyword and the text of a chunk, which is empty if it is damaged or too long.
func pngText(c pngChunk) (name string, text []byte) {
	keyword, rest, ok := bytes.Cut(c.data, []byte{0})
	if !ok {
		return "", nil
	}
	name = string(keyword)
	compressed := c.kind == "zTXt"
	switch {
	case compressed && len(rest) > 0:
		rest = rest[1:] // the method, of which there is one
	case c.kind == "iTXt" && len(rest) > 2:
		compressed = rest[0] == 1
		_, rest, _ = bytes.Cut(rest[2:], []byte{0}) // language
		_, rest, _ = bytes.Cut(rest, []byte{0})     // the keyword in that
	}
	if !compressed || name != "Raw profile type exif" && name != "XML:com.adobe.xmp" {
		return name, rest
	}
	z, err := zlib.NewReader(bytes.NewReader(rest))
	if err != nil {
		return name, nil
	}
	text, err = io.ReadAll(io.LimitReader(z, maxText+1))
	if err != nil || len(text) > maxText {
		return name, nil
	}
	return name, text
}

// rawProfile reads a profile as ImageMagick writes it into a text: an empty line, its name, its
// length, and lines of hexadecimal digits. It was the way to put EXIF data into PNG before there
// was a chunk for it.
func rawProfile(text []byte) []byte {
	for range 3 {
		_, rest, ok := bytes.Cut(text, []byte("\n"))
		if !ok {
			return nil
		}
		text = rest
	}
	digits := make([]byte, 0, len(text))
	for _, c := range text {
		if c > ' ' {
			digits = append(digits, c)
		}
	}
	n, _ := hex.Decode(digits, digits)
	return digits[:n]
}
