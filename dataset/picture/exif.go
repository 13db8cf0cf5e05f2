package picture

import (
	"bytes"
	"encoding/binary"
	"math"
	"regexp"
)

// exifMark stands before the TIFF structure in JPEG, and by mistake in others.
const exifMark = "Exif\x00\x00"

// orientation returns what the EXIF data of a picture says, else the XMP data, 1 if neither does.
// It is what Pillow's exif_transpose goes by: the first image's directory decides if it has the
// tag, whatever the tag's value.
func orientation(exif, xmp []byte) Orientation {
	if v, ok := exifOrientation(exif); ok {
		return v
	}
	if found := xmpOrientation.FindSubmatch(xmp); found != nil {
		return oriented(float64(found[1][0] - '0'))
	}
	return 1
}

// xmpOrientation finds the property of that name in RDF's two forms, an attribute and an element.
var xmpOrientation = regexp.MustCompile(`tiff:Orientation(?:\s*=\s*["']|>)\s*([0-9])`)

// oriented returns the orientation of a value.
func oriented(v float64) Orientation {
	if v >= 1 && v <= 8 && v == math.Trunc(v) {
		return Orientation(v)
	}
	return 1
}

// exifOrientation looks for the tag in the first directory of a TIFF structure: the second is that
// of the thumbnail, others are about other things. The standard's type is one SHORT; other numbers
// are taken for what they are, and of several the first.
func exifOrientation(exif []byte) (Orientation, bool) {
	for bytes.HasPrefix(exif, []byte(exifMark)) {
		exif = exif[len(exifMark):]
	}
	if len(exif) < 8 {
		return 0, false
	}
	var order binary.ByteOrder
	switch string(exif[:2]) {
	case "II":
		order = binary.LittleEndian
	case "MM":
		order = binary.BigEndian
	default:
		return 0, false
	}
	if mark := order.Uint16(exif[2:]); mark != 42 && mark != 42<<8 {
		return 0, false
	}
	at := int64(order.Uint32(exif[4:]))
	if at+2 > int64(len(exif)) {
		return 0, false
	}
	entries := exif[at+2:]
	for range order.Uint16(exif[at:]) {
		if len(entries) < 12 {
			break
		}
		if order.Uint16(entries) == 0x0112 {
			return oriented(exifNumber(exif, entries[:12], order)), true
		}
		entries = entries[12:]
	}
	return 0, false
}

// exifNumber returns the first number of an entry; 0 if it has none, or its type is not one of
// numbers.
func exifNumber(exif, entry []byte, order binary.ByteOrder) float64 {
	kind, count := order.Uint16(entry[2:]), order.Uint32(entry[4:])
	size := map[uint16]int{
		1: 1, 3: 2, 4: 4, 5: 8, 6: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8,
	}[kind]
	if size == 0 || count == 0 {
		return 0
	}
	value := entry[8:]
	if int64(size)*int64(count) > 4 { // elsewhere
		at := int64(order.Uint32(value))
		if at+int64(size) > int64(len(exif)) {
			return 0
		}
		value = exif[at:]
	}
	switch kind {
	case 1: // BYTE
		return float64(value[0])
	case 3: // SHORT
		return float64(order.Uint16(value))
	case 4, 13: // LONG, IFD
		return float64(order.Uint32(value))
	case 5: // RATIONAL
		return float64(order.Uint32(value)) / float64(order.Uint32(value[4:]))
	case 6: // SBYTE
		return float64(int8(value[0]))
	case 8: // SSHORT
		return float64(int16(order.Uint16(value)))
	case 9: // SLONG
		return float64(int32(order.Uint32(value)))
	case 10: // SRATIONAL
		return float64(int32(order.Uint32(value))) / float64(int32(order.Uint32(value[4:])))
	case 11: // FLOAT
		return float64(math.Float32frombits(order.Uint32(value)))
	case 12: // DOUBLE
		return math.Float64frombits(order.Uint64(value))
	}
	return float64(order.Uint64(value)) // LONG8, SLONG8, IFD8
}
