package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"strings"

	"github.com/gradreg/gradreg/internal/fault"
)

// formats lists the formats that are read, as people write them.
const formats = "JPEG, PNG, GIF, BMP or WebP"

// source is what a file says before its pixels are decoded.
type source struct {
	Header
	exif, xmp []byte // the TIFF structure of its EXIF data and its XMP packet; empty if there is none
	decode    func() (image.Image, error)
}

// examine finds the format by a file's first bytes and reads what it says. Only the formats of this
// package are looked for, whatever others the program links in and registers with package image.
func examine(data []byte) (source, error) {
	begins := func(magic string) bool { return bytes.HasPrefix(data, []byte(magic)) }
	switch {
	case begins("\xff\xd8"):
		return examineJPEG(data)
	case begins("\x89PNG\r\n\x1a\n"):
		return examinePNG(data)
	case begins("GIF87a"), begins("GIF89a"):
		return examineGIF(data)
	case begins("RIFF") && len(data) >= 12 && string(data[8:12]) == "WEBP":
		return examineWebP(data)
	case begins("BM") && isBMP(data):
		return examineBMP(data)
	}
	if name := foreign(data); name != "" {
		return source{}, fault.Inputf(
			"%s, which is not supported; expected a %s picture: convert it to one", name, formats,
		)
	}
	if begins("version https://git-lfs") {
		return source{}, fault.Inputf("a pointer of Git LFS in the place of a picture: git lfs pull fetches it")
	}
	if len(data) == 0 {
		return source{}, fault.Inputf("the file is empty")
	}
	return source{}, fault.Inputf("not a %s picture", formats)
}

// signature is how the files of a format that is known but not read begin, after skip bytes.
type signature struct {
	skip  int
	magic string
	name  string
}

// signatures are looked for in their order. Most raw photos are TIFF files.
var signatures = []signature{
	{8, "CR\x02", "a raw photo (CR2)"},
	{0, "II*\x00", "a TIFF picture or a raw photo"},
	{0, "MM\x00*", "a TIFF picture or a raw photo"},
	{0, "II+\x00", "a TIFF picture"},
	{0, "MM\x00+", "a TIFF picture"},
	{0, "FUJIFILMCCD-RAW", "a raw photo (RAF)"},
	{0, "IIU\x00", "a raw photo (RW2)"},
	{0, "IIRO", "a raw photo (ORF)"},
	{0, "IIRS", "a raw photo (ORF)"},
	{0, "MMOR", "a raw photo (ORF)"},
	{0, "FOVb", "a raw photo (X3F)"},
	{0, "\x00MRM", "a raw photo (MRW)"},
	{0, "\xff\x0a", "a JPEG XL picture"},
	{0, "\x00\x00\x00\x0cJXL \r\n\x87\n", "a JPEG XL picture"},
	{0, "\x00\x00\x00\x0cjP  ", "a JPEG 2000 picture"},
	{0, "\xff\x4f\xff\x51", "a JPEG 2000 picture"},
	{0, "%PDF-", "a PDF document"},
	{0, "%!PS", "a PostScript document"},
	{0, "\xc5\xd0\xd3\xc6", "a PostScript document"},
	{0, "8BPS", "a Photoshop picture"},
	{0, "gimp xcf", "a GIMP picture"},
	{0, "\x76\x2f\x31\x01", "an OpenEXR picture"},
	{0, "#?RADIANCE", "a Radiance HDR picture"},
	{0, "\x00\x00\x01\x00", "an icon (ICO)"},
	{0, "qoif", "a QOI picture"},
	{0, "DDS ", "a DDS texture"},
	{0, "\x8aMNG", "an MNG animation"},
	{0, "SIMPLE  =", "a FITS picture"},
	{128, "DICM", "a DICOM picture"},
	{0, "\x93NUMPY", "a NumPy array"},
	{0, "PK\x03\x04", "a ZIP archive"},
	{0, "\x1f\x8b", "a file compressed by gzip"},
}

// foreign names what a file is that is known but not read; empty if it is not known.
func foreign(data []byte) string {
	for _, s := range signatures {
		if len(data) > s.skip && bytes.HasPrefix(data[s.skip:], []byte(s.magic)) && (s.skip != 8 ||
			bytes.HasPrefix(data, []byte("II*\x00"))) {
			return s.name
		}
	}
	if len(data) >= 12 && string(data[4:8]) == "ftyp" {
		return foreignBrand(data)
	}
	if len(data) > 2 && data[0] == 'P' && '1' <= data[1] && data[1] <= '7' &&
		strings.IndexByte(" \t\r\n", data[2]) >= 0 {
		return "a PNM picture"
	}
	return foreignText(data)
}

// foreignBrand names an ISO base media file by its brands (ISO/IEC 14496-12, section 4.3): the
// major one, a version, and the others that it is compatible with.
func foreignBrand(data []byte) string {
	end := min(uint32(len(data)), max(binary.BigEndian.Uint32(data), 12), 256)
	for at := uint32(8); at+4 <= end; at += 4 {
		switch string(data[at : at+4]) {
		case "avif", "avis":
			return "an AVIF picture"
		case "heic", "heix", "heim", "heis", "hevc", "hevx":
			return "a HEIC picture"
		case "crx ":
			return "a raw photo (CR3)"
		}
	}
	switch string(data[8:12]) {
	case "mif1", "msf1":
		return "a HEIF picture"
	}
	return "a video"
}

// foreignText names a document of markup.
func foreignText(data []byte) string {
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(data[:min(len(data), 1024)], []byte("\ufeff")), " \t\r\n"))
	switch {
	case bytes.HasPrefix(text, []byte("<!doctype html")), bytes.HasPrefix(text, []byte("<html")):
		return "a web page"
	case bytes.HasPrefix(text, []byte("<")) && bytes.Contains(text, []byte("<svg")):
		return "an SVG drawing"
	}
	return ""
}
