package augment

import (
	"fmt"
	"math"
	"strings"

	"github.com/gradreg/gradreg/internal/spec"
)

// Pipeline says what may happen to an image. Its zero value changes nothing. The order is that of
// the fields.
type Pipeline struct {
	Flip bool // left and right exchanged, in half of the cases
	// ResizedCrop cuts out a rectangle of an area between this share of the image's and all of it, and
	// of sides in a ratio between 3:4 and 4:3 to the image's, and stretches it to the image's size,
	// bilinear (Szegedy et al. 2015).
	ResizedCrop float64
	Shift       float64 // by up to this share of width and height, in whole pixels; the edge is repeated
	Crop        int     // cut out after padding with this many pixels of zeros on each side (He et al. 2016)
	Rotate      float64 // by up to so many degrees, bilinear; the edge is repeated
	Scale       float64 // by a factor in [1−s, 1+s]
	Color       float64 // brightness, contrast and saturation by factors in [1−c, 1+c]
	Cutout      int     // a square of this side becomes the mean colour (DeVries and Taylor 2017)
	Mixup       float64 // images and labels of a batch mixed in pairs, Beta(α, α) (Zhang et al. 2018)
	background  []byte  // mean colour
}

// None is the text form of the pipeline that changes nothing.
const None = "none"

// field is an operation in the text form.
type field struct {
	name        string
	target      any // *bool, *int or *float64
	least, most float64
}

func (p *Pipeline) fields() []field {
	return []field{
		{"flip", &p.Flip, 0, 0}, {"resized-crop", &p.ResizedCrop, 0, 1}, {"shift", &p.Shift, 0, 0.5}, {"crop", &p.Crop, 1, 64}, {
			"rotate", &p.Rotate, 0, 180,
		}, {"scale", &p.Scale, 0, 0.9},
		{"color", &p.Color, 0, 1}, {"cutout", &p.Cutout, 1, 1024}, {"mixup", &p.Mixup, 0, 10},
	}
}

// Parse reads the text form name[:number][,name[:number]]…, as flip,shift:0.125. Empty and none are
// the pipeline that changes nothing.
func Parse(text string) (Pipeline, error) {
	var p Pipeline
	if t := strings.TrimSpace(text); t == "" || t == None {
		return p, nil
	}
	seen := map[string]bool{}
	for _, part := range strings.Split(text, ",") {
		s, err := spec.Parse(part)
		if err != nil {
			return p, fmt.Errorf("augment %w", err)
		}
		if s.Name == None && s.Value == "" {
			return p, fmt.Errorf("augment %q: found none beside others, expected it alone", text)
		}
		if seen[s.Name] {
			return p, fmt.Errorf("augment %q: %s stands twice", text, s.Name)
		}
		seen[s.Name] = true
		if err := p.set(s); err != nil {
			return p, err
		}
	}
	return p, nil
}

// set assigns one operation.
func (p *Pipeline) set(s spec.Spec) error {
	for _, f := range p.fields() {
		if f.name != s.Name {
			continue
		}
		if b, ok := f.target.(*bool); ok {
			if *b = s.Value == ""; !*b {
				return fmt.Errorf("augment %q: found %q, but %s takes no number", s.Text, s.Value, s.Name)
			}
			return nil
		}
		v, err := spec.Number(s.Value)
		if err != nil {
			return fmt.Errorf("augment %q: %w", s.Text, err)
		}
		if !(v >= f.least && v <= f.most) || v == 0 {
			return fmt.Errorf(
				"augment %q: found %s, expected a number above 0 and from %s to %s", s.Text,
				s.Value, spec.Format(f.least), spec.Format(f.most),
			)
		}
		switch t := f.target.(type) {
		case *int:
			if v != math.Trunc(v) {
				return fmt.Errorf("augment %q: found %s, expected whole pixels", s.Text, s.Value)
			}
			*t = int(v)
		case *float64:
			*t = v
		}
		return nil
	}
	return spec.Unknown("augmentation", s.Name, append(Names(), None, "default"))
}

// Fits returns an error if an operation would leave nothing of images of h × w pixels: a cutout
// that is larger, or a crop that may lie beside them.
func (p Pipeline) Fits(h, w int) error {
	side := min(h, w)
	switch {
	case p.Cutout > side:
		return fmt.Errorf("augment cutout:%d covers images of %dx%d pixels, expected at most %d", p.Cutout, h, w, side)
	case p.Crop >= side:
		return fmt.Errorf(
			"augment crop:%d may cut beside images of %dx%d pixels, expected less than %d", p.Crop,
			h, w, side,
		)
	}
	return nil
}

// Names returns the names of the operations, in the order in which they are done.
func Names() []string {
	var names []string
	for _, f := range new(Pipeline).fields() {
		names = append(names, f.name)
	}
	return names
}

// String returns the text form.
func (p Pipeline) String() string {
	var parts []string
	for _, f := range p.fields() {
		switch t := f.target.(type) {
		case *bool:
			if *t {
				parts = append(parts, f.name)
			}
		case *int:
			if *t != 0 {
				parts = append(parts, fmt.Sprintf("%s:%d", f.name, *t))
			}
		case *float64:
			if *t != 0 {
				parts = append(parts, f.name+":"+spec.Format(*t))
			}
		}
	}
	if len(parts) == 0 {
		return None
	}
	return strings.Join(parts, ",")
}

// Images reports whether the pipeline changes single images. Mixup alone does not.
func (p Pipeline) Images() bool {
	p.Mixup, p.background = 0, nil
	return p.String() != None
}

// WithBackground returns the pipeline with the mean colour, a byte per channel, that Cutout leaves;
// 0 without.
func (p Pipeline) WithBackground(mean []byte) Pipeline {
	p.background = mean
	return p
}
