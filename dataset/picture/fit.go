package picture

import (
	"fmt"
	"image"

	"golang.org/x/image/draw"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/spec"
)

// Fit is how a picture of any aspect ratio becomes a square: a text form. The zero value is Crop.
//
//	crop                                 the largest square in the middle
//	crop:share=0.875,filter=bilinear     as networks trained on ImageNet take pictures
//	pad, stretch
//	crop:share=0.875,chroma=interpolated the same with colours between those that are stored
//
// With a share, also of 1, or a filter, crop does what the loaders of torchvision and timm do: the
// shorter extent becomes ⌊side/share⌋ pixels, the longer one in proportion, rounded down, and the
// square of that side in the middle is the image. The filter is bicubic (a = −½), the default, or
// bilinear, and is widened by the factor when it shrinks. share is in (0, 1], 1 where only a filter
// is given. Of a picture whose longer extent is more than 4 times the shorter one the middle is
// taken first.
//
// JPEG and lossy WebP store colours for every second column, or row, or both. chroma says which colour
// a pixel between them gets, with each way to fit: nearest, the default, or interpolated, as Pillow
// and with it those loaders do (of pictures with alpha and of CMYK it remains the nearest one).
type Fit string

// The ways to fit.
const (
	Crop    Fit = "crop"    // the largest square in the middle
	Pad     Fit = "pad"     // the whole picture, with grey at both sides of the shorter extent
	Stretch Fit = "stretch" // the whole picture, with its aspect ratio lost
)

// Fits lists the ways to fit.
func Fits() []string { return []string{string(Crop), string(Pad), string(Stretch)} }

// ParseFit reads the text form of a way to fit and returns it in full; empty is Crop.
func ParseFit(text string) (Fit, error) {
	f, err := parseFit(text)
	if err != nil {
		return "", err
	}
	return f.form(), nil
}

// CropShare returns the text form of what the loaders of torchvision and timm do: a crop with a
// share and a filter, bicubic or bilinear, of pictures with interpolated colours.
func CropShare(share float64, filter string) (Fit, error) {
	return ParseFit(fmt.Sprintf("crop:share=%s,filter=%s,chroma=%s", spec.Format(share), filter, interpolated))
}

// Pads reports whether there is grey beside a picture that is no square.
func (f Fit) Pads() bool {
	parsed, err := parseFit(string(f))
	return err == nil && parsed.kind == Pad
}

// fitting is a Fit that was parsed.
type fitting struct {
	kind   Fit
	share  float64 // of the shorter extent that a crop keeps; 0 for the plain crop
	filter string
	chroma string
}

// The filters.
const (
	bicubic  = "bicubic"
	bilinear = "bilinear"
)

// parseFit reads a text form; its errors are the input's fault.
func parseFit(text string) (fitting, error) {
	f := fitting{Crop, 0, bicubic, nearest}
	if text == "" {
		return f, nil
	}
	s, err := spec.Parse(text)
	if err != nil {
		return f, fault.Inputf("fit: %w", err)
	}
	fields := map[string]any{"chroma": &f.chroma}
	switch f.kind = Fit(s.Name); {
	case f.kind != Crop && f.kind != Pad && f.kind != Stretch:
		return f, fault.Input(spec.Unknown("fit", s.Name, Fits()))
	case f.kind == Crop:
		fields["share"], fields["filter"] = &f.share, &f.filter
	}
	switch err := s.Fields(fields); {
	case err != nil:
		return f, fault.Inputf("fit %q: %w", text, err)
	case s.Value != "":
		return f, fault.Inputf("fit %q: found %q, expected key=value", text, s.Value)
	case s.Has("share") && !(f.share > 0 && f.share <= 1):
		return f, fault.Inputf("fit %q: share is %v, expected more than 0 and at most 1", text, f.share)
	case f.filter != bicubic && f.filter != bilinear:
		return f, fault.Inputf("fit %q: %w", text, spec.Unknown("filter", f.filter, []string{bicubic, bilinear}))
	case f.chroma != nearest && f.chroma != interpolated:
		return f, fault.Inputf("fit %q: %w", text, spec.Unknown("chroma", f.chroma, []string{nearest, interpolated}))
	}
	if f.share == 0 && s.Has("filter") {
		f.share = 1
	}
	return f, nil
}

// form returns the text form in full.
func (f fitting) form() Fit {
	s := spec.Spec{Name: string(f.kind)}
	if f.share > 0 {
		s.Pairs = append(s.Pairs, spec.Pair{Key: "share", Value: spec.Format(f.share)})
	}
	if f.filter != bicubic {
		s.Pairs = append(s.Pairs, spec.Pair{Key: "filter", Value: f.filter})
	}
	if f.chroma != nearest {
		s.Pairs = append(s.Pairs, spec.Pair{Key: "chroma", Value: f.chroma})
	}
	return Fit(s.String())
}

// resizes reports whether the whole picture is scaled before a part of it is taken.
func (f fitting) resizes() bool { return f.share > 0 }

// flat returns the part r of a picture for drawing.
func (f fitting) flat(img image.Image, r image.Rectangle) image.Image {
	return flat(img, r, f.chroma == interpolated)
}

// kernel returns the filter.
func (f fitting) kernel() *draw.Kernel {
	if f.filter == bilinear {
		return draw.BiLinear
	}
	return draw.CatmullRom
}
