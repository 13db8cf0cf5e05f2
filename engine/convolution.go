package engine

import (
	"slices"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/spec"
)

// Convolution is how convolutions are computed, as its text form: one of [Convolutions], or empty for
// auto. [Native] refuses others, so what only passes it on need not look at it.
type Convolution string

// The choices of how convolutions are computed.
const (
	// AutoConvolution is Winograd's algorithm where that takes less time.
	AutoConvolution Convolution = "auto"
	// DirectConvolution is the products of the definition everywhere, also where Winograd's algorithm
	// takes less time. Other bits come of it: see [Transforms].
	DirectConvolution Convolution = "direct"
)

// Convolutions lists the choices of how convolutions are computed, the default first.
func Convolutions() []string { return []string{string(AutoConvolution), string(DirectConvolution)} }

// Resolve returns the choice as it is recorded, with auto as the empty text. It is an error of the
// input if the choice is none of Convolutions.
func (c Convolution) Resolve() (Convolution, error) {
	switch {
	case c == "" || c == AutoConvolution:
		return "", nil
	case !slices.Contains(Convolutions(), string(c)):
		return "", fault.Input(spec.Unknown("convolution", string(c), Convolutions()))
	}
	return c, nil
}
