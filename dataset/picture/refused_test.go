package picture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/dataset/picture"
	"github.com/gradreg/gradreg/internal/fault"
)

// fixture reads a file of testdata.
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// header returns the beginning of a PNG that announces a size.
func header(w, h uint32) []byte {
	body := make([]byte, 13)
	binary.BigEndian.PutUint32(body, w)
	binary.BigEndian.PutUint32(body[4:], h)
	body[8], body[9] = 8, 2
	return append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", body)...)
}

// jpegOf returns a small JPEG.
func jpegOf(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// scans returns a JPEG of one scan with n more before the end of the image.
func scans(t testing.TB, n int) []byte {
	data := plain(t, "jpeg")
	return append(append(data[:len(data)-2:len(data)-2], bytes.Repeat([]byte{0xff, 0xda, 0, 2}, n)...), 0xff, 0xd9)
}

// frameOf returns a JPEG whose frame begins with a marker.
func frameOf(t testing.TB, marker byte) []byte {
	return bytes.Replace(plain(t, "jpeg"), []byte{0xff, 0xc0}, []byte{0xff, marker}, 1)
}

// TestRefused checks what is refused, each as the input's fault.
func TestRefused(t *testing.T) {
	whole := fixture(t, "source.png")
	photo, still := fixture(t, "baseline.jpg"), fixture(t, "lossy.webp")
	twelve := plain(t, "jpeg")
	twelve[bytes.Index(twelve, []byte{0xff, 0xc0})+4] = 12
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":          {nil, "the file is empty"},
		"text":           {[]byte("hello"), "not a JPEG, PNG, GIF, BMP or WebP picture"},
		"bomb":           {header(50000, 50000), "a picture of 50000x50000 pixels, expected at most"},
		"narrow":         {header(1, 1<<20), "a picture of 1x1048576"},
		"empty canvas":   {header(16000, 16000), "a picture of 16000x16000 pixels in a file of 33 bytes, expected at least 250000"},
		"headless":       {header(4, 4), "damaged picture: the file ends before its picture does"},
		"truncated PNG":  {whole[:len(whole)/2], "damaged picture: png: invalid format: not enough pixel data"},
		"truncated JPEG": {photo[:len(photo)*3/4], "damaged picture: the file ends before its picture does"},
		"truncated WebP": {still[:len(still)/2], "damaged picture: the file ends before its picture does"},
		"from an app":    {append(append(bytes.Clone(whole[:8]), chunk("CgBI", make([]byte, 4))...), whole[8:]...), "not supported, save it in a common one: png: as Xcode"},
		"signature":      {[]byte("\x89PNG\r\n\x1a\n"), "damaged picture: the file ends before its picture does"},
		"scans":          {scans(t, 1000), "a JPEG of 1001 scans"},
		"arithmetic":     {frameOf(t, 0xc9), "of a kind that is not supported, save it in a common one: unsupported JPEG feature"},
		"lossless":       {frameOf(t, 0xc3), "of a kind that is not supported"},
		"twelve bits":    {twelve, "of a kind that is not supported, save it in a common one: unsupported JPEG feature: precision"},
		"long file":      {make([]byte, picture.MaxFile+1), "a file of 301989889 bytes, expected at most 301989888"},
	} {
		_, err := picture.Decode(c.data)
		if err == nil || !fault.IsInput(err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, expected %q", name, err, c.want)
		}
		if name == "truncated JPEG" && !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: does not wrap its cause", name)
		}
	}
	// What comes after the end of the image costs nothing, be it random bytes or the video of a
	// moving photo.
	if _, err := picture.Decode(append(plain(t, "jpeg"), bytes.Repeat([]byte{0xff, 0xda}, 5000)...)); err != nil {
		t.Errorf("a video after a JPEG: %v", err)
	}
	// Thumbnails are scanned by nobody.
	thumbnails := segments(t, 0xe1, bytes.Repeat([]byte{0xff, 0xda}, 5000))
	if _, err := picture.Decode(thumbnails); err != nil {
		t.Errorf("a JPEG in a segment of a JPEG: %v", err)
	}
}

// TestForeign checks that other formats are named, and none of them is decoded, whoever registers a
// decoder.
func TestForeign(t *testing.T) {
	image.RegisterFormat("tiff", "II*\x00", func(io.Reader) (image.Image, error) { return image.NewGray(image.Rect(0, 0, 9, 9)), nil },
		func(io.Reader) (image.Config, error) {
			return image.Config{ColorModel: color.GrayModel, Width: 9, Height: 9}, nil
		})
	image.RegisterFormat("any", "QQQQ", func(io.Reader) (image.Image, error) { return image.NewGray(image.Rect(0, 0, 9, 9)), nil },
		func(io.Reader) (image.Config, error) {
			return image.Config{ColorModel: color.GrayModel, Width: 9, Height: 9}, nil
		})
	box := func(brands string) string { return "\x00\x00\x00" + string(rune(8+len(brands))) + "ftyp" + brands }
	for data, want := range map[string]string{
		"QQQQ":                                         "not a JPEG, PNG, GIF, BMP or WebP picture",
		"BMW is a make of car":                         "not a JPEG, PNG, GIF, BMP or WebP picture",
		"II*\x00\x08\x00\x00\x00":                      "a TIFF picture or a raw photo, which is not supported; expected a JPEG",
		"MM\x00*\x00\x00\x00\x08":                      "a TIFF picture or a raw photo",
		"II*\x00\x10\x00\x00\x00CR\x02\x00":            "a raw photo (CR2)",
		"FUJIFILMCCD-RAW 0201":                         "a raw photo (RAF)",
		box("heic\x00\x00\x00\x00mif1"):                "a HEIC picture, which is not supported",
		box("mif1\x00\x00\x00\x00heic"):                "a HEIC picture",
		box("mif1\x00\x00\x00\x00miaf"):                "a HEIF picture",
		box("avif\x00\x00\x00\x00mif1"):                "an AVIF picture",
		box("mif1\x00\x00\x00\x00avif"):                "an AVIF picture",
		box("crx \x00\x00\x00\x00"):                    "a raw photo (CR3)",
		box("isom\x00\x00\x00\x00mp42"):                "a video",
		"\xff\x0a\x00\x00":                             "a JPEG XL picture",
		"\x00\x00\x00\x0cJXL \r\n\x87\n":               "a JPEG XL picture",
		"\x00\x00\x00\x0cjP  \r\n\x87\n":               "a JPEG 2000 picture",
		"<svg xmlns='http://www.w3.org/2000/svg'/>":    "an SVG drawing",
		"\ufeff\n<?xml version='1.0'?><!-- --><SVG />": "an SVG drawing",
		"<!DOCTYPE html><svg>":                         "a web page",
		"%PDF-1.7\n":                                   "a PDF document",
		"P6\n3 2\n255\n":                               "a PNM picture",
		strings.Repeat("\x00", 128) + "DICM":           "a DICOM picture",
		"PK\x03\x04":                                   "a ZIP archive",
		"version https://git-lfs.github.com/spec/v1\n": "git lfs pull",
	} {
		for _, decode := range []func([]byte) error{
			func(data []byte) error { _, err := picture.Decode(data); return err },
			func(data []byte) error { _, err := picture.DecodeHeader(data); return err },
		} {
			if err := decode([]byte(data)); err == nil || !fault.IsInput(err) || !strings.Contains(err.Error(), want) {
				t.Errorf("%q: %v, expected %q", data, err, want)
			}
		}
	}
}

// TestRenderRefused checks that what cannot be rendered is an error.
func TestRenderRefused(t *testing.T) {
	p := picture.Picture{Image: image.NewGray(image.Rect(0, 0, 4, 4))}
	for name, err := range map[string]error{
		"side 0":    rendered(p, 0, 0, picture.Crop),
		"side -1":   rendered(p, -1, -1, picture.Pad),
		"height 0":  rendered(p, 4, 0, picture.Stretch),
		"huge":      rendered(p, 1<<16, 1, picture.Stretch),
		"many":      rendered(p, 1<<15, 1<<15, picture.Stretch),
		"fit":       rendered(p, 4, 4, "crap"),
		"no image":  rendered(picture.Picture{}, 4, 4, picture.Crop),
		"no pixels": rendered(picture.Picture{Image: image.NewGray(image.Rect(0, 0, 0, 4))}, 4, 4, picture.Crop),
		"no paper":  func() error { _, err := picture.Render(p, 4, picture.Crop, nil); return err }(),
	} {
		if err == nil || !fault.IsInput(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := rendered(p, 4, 4, ""); err != nil {
		t.Errorf("no fit is crop: %v", err)
	}
	if w, h := (picture.Picture{}).Size(); w != 0 || h != 0 {
		t.Errorf("no image is %d x %d", w, h)
	}
}

func rendered(p picture.Picture, w, h int, fit picture.Fit) error {
	_, err := picture.RenderTo(p, w, h, fit, color.White)
	return err
}
