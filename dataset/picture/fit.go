package picture

import (
	"fmt"

	"golang.org/x/image/draw"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/spec"
)

// Fit is how a picture of any aspect ratio becomes a square: a text form. The zero value is Crop.
//
//	crop                                 the largest square in the middle
//	crop:share=0.875,filter=bilinear     as networks trained on ImageNet take pictures
//	pad, stretch
//
// With a share, also of 1, or a filter, crop does what the loaders of torchvision and timm do: the
// shorter extent becomes ⌊side/share⌋ pixels, the longer one in proportion, rounded down, and the
// square of that side in the middle is the image. The filter is bicubic (a = −½), the default, or
// bilinear, and is widened by the factor when it shrinks. share is in (0, 1], 1 where only a filter
// is given. Of a picture whose longer extent is more than 4 times the shorter one the middle is
// taken first.
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

// CropShare returns the text form of a crop with a share and a filter, bicubic or bilinear.
func CropShare(share float64, filter string) (Fit, error) {
	return ParseFit(fmt.Sprintf("crop:share=%s,filter=%s", spec.Format(share), filter))
}

// fitting is a Fit that was parsed.
type fitting struct {
	kind   Fit
	share  float64 // of the shorter extent that a crop keeps; 0 for the plain crop
	filter string
}

// The filters.
const (
	bicubic  = "bicubic"
	bilinear = "bilinear"
)

// parseFit reads a text form; its errors are the input's fault.
func parseFit(text string) (fitting, error) {
	f := fitting{Crop, 0, bicubic}
	if text == "" {
		return f, nil
	}
	s, err := spec.Parse(text)
	if err != nil {
		return f, fault.Inputf("fit: %w", err)
	}
	fields := map[string]any{}
	switch f.kind = Fit(s.Name); {
	case f.kind != Crop && f.kind != Pad && f.kind != Stretch:
		return f, fault.Input(spec.Unknown("fit", s.Name, Fits()))
	case f.kind == Crop:
		fields = map[string]any{"share": &f.share, "filter": &f.filter}
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
	return Fit(s.String())
}

// resizes reports whether the whole picture is scaled before a part of it is taken.
func (f fitting) resizes() bool { return f.share > 0 }

// kernel returns the filter.
func (f fitting) kernel() *draw.Kernel {
	if f.filter == bilinear {
		return draw.BiLinear
	}
	return draw.CatmullRom
}
