package picture

import (
	"path"
	"strings"
)

// foreignEndings says how the names of pictures end that are known but not read.
var foreignEndings = map[string]string{
	".heic": "a HEIC picture", ".heif": "a HEIF picture", ".hif": "a HEIF picture",
	".avif": "an AVIF picture", ".jxl": "a JPEG XL picture", ".tif": "a TIFF picture",
	".tiff": "a TIFF picture", ".svg": "an SVG drawing", ".pdf": "a PDF document",
	".jp2": "a JPEG 2000 picture", ".j2k": "a JPEG 2000 picture", ".psd": "a Photoshop picture",
	".exr": "an OpenEXR picture", ".hdr": "a Radiance HDR picture", ".ico": "an icon (ICO)",
	".pbm": "a PNM picture", ".pgm": "a PNM picture", ".ppm": "a PNM picture",
	".pnm": "a PNM picture", ".dcm": "a DICOM picture", ".dicom": "a DICOM picture",
	".npy": "a NumPy array", ".dng": "a raw photo", ".cr2": "a raw photo", ".cr3": "a raw photo",
	".nef": "a raw photo", ".arw": "a raw photo", ".raf": "a raw photo", ".orf": "a raw photo",
	".rw2": "a raw photo", ".pef": "a raw photo", ".srw": "a raw photo",
}

// Foreign says of a file's name that it is that of a picture in a format that is known but not
// read, which one, and what to do; empty if it is not. The file itself may be another.
func Foreign(name string) string {
	kind, ok := foreignEndings[strings.ToLower(path.Ext(name))]
	if !ok {
		return ""
	}
	return kind + ", which is not supported: convert it to JPEG or PNG"
}
