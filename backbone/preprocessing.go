package backbone

import (
	"fmt"
	"slices"
	"strings"
)

// Preprocessing is how images become the input of a network, as they did in its training: the
// shorter side is resized to ⌊Size/Crop⌋ pixels, the Size × Size pixels in the middle are cut out,
// and each channel becomes (v − Mean)/Std, v from 0 to 1, in the order red, green, blue.
type Preprocessing struct {
	Mean [3]float64 `json:"mean"`
	Std  [3]float64 `json:"std"`
	Size int        `json:"size"`
	// Crop is the share of the shorter side that is left, in (0, 1].
	Crop float64 `json:"crop"`
	// Interpolation is that of the resizing: bilinear or bicubic, with the filter widened when
	// images get smaller, as Pillow and torchvision do.
	Interpolation string `json:"interpolation"`
	// Source says where this is known from, for people.
	Source string `json:"source"`
}

// interpolations are those that are known.
var interpolations = []string{"bilinear", "bicubic"}

// Validate returns an error that names what is missing or impossible.
func (p Preprocessing) Validate() error {
	for i, name := range []string{"red", "green", "blue"} {
		if !(p.Std[i] > 0 && p.Std[i] < 1e6) {
			return fmt.Errorf("std of %s is %v, expected a positive number", name, p.Std[i])
		}
		if !(p.Mean[i] > -1e6 && p.Mean[i] < 1e6) {
			return fmt.Errorf("mean of %s is %v, expected a number", name, p.Mean[i])
		}
	}
	if p.Size < 1 || p.Size > maxSize {
		return fmt.Errorf("size is %d, expected 1 to %d pixels", p.Size, maxSize)
	}
	if !(p.Crop > 0 && p.Crop <= 1) {
		return fmt.Errorf("crop is %v, expected a share above 0 up to 1", p.Crop)
	}
	if !slices.Contains(interpolations, p.Interpolation) {
		return fmt.Errorf("interpolation is %.40q, expected %s", p.Interpolation,
			strings.Join(interpolations, " or "))
	}
	return nil
}

// maxSize bounds the side of the images that a network takes, in pixels.
const maxSize = 4096

// Preprocessing returns how images for the weights are prepared: what the table of known files says,
// which knows the file by its digest, else what the config.json beside it says, else nil. Then
// somebody has to say it.
func (f *File) Preprocessing() *Preprocessing {
	if k := f.Known(); k != nil && k.Preprocessing != nil {
		p := *k.Preprocessing
		p.Source = "the known file " + k.Name
		return &p
	}
	if f.Config != nil && f.Config.Preprocessing != nil {
		return f.Config.Preprocessing
	}
	return nil
}
