package engine

import (
	"slices"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/spec"
)

// The choices of how convolutions are computed.
const (
	AutoConvolution   = "auto"   // by Winograd's algorithm where that takes less time
	DirectConvolution = "direct" // by the products of the definition everywhere, see Options.Direct
)

// Convolutions lists the choices of how convolutions are computed, the default first.
func Convolutions() []string { return []string{AutoConvolution, DirectConvolution} }

// ParseConvolution returns what [Options].Direct is for one of [Convolutions]. An empty choice is
// auto. It is an error of the input if the choice is none of them.
func ParseConvolution(choice string) (direct bool, err error) {
	if choice != "" && !slices.Contains(Convolutions(), choice) {
		return false, fault.Input(spec.Unknown("convolution", choice, Convolutions()))
	}
	return choice == DirectConvolution, nil
}
