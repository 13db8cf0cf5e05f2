package gan

import (
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/model/generative"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// NumericsVersion is raised when the numbers of a run change. Version 2 came with convolutions of
// stride two, and their transposes, by Winograd's algorithm; pairs without such layers keep version
// 1, see [Numbers].
const NumericsVersion = 2

// directNumerics is the version of pairs that Winograd's algorithm does not concern.
const directNumerics = 1

// Numbers returns the version of the numbers that a pair, a text form, trains to here by convolutions
// of a kind, whatever its data: only the channels of its convolutions matter. What is no pair has
// those of every version.
func Numbers(network string, convolution engine.Convolution) int {
	if convolution == engine.DirectConvolution {
		return directNumerics
	}
	const batch, noise = 1, 1
	for _, shape := range [][]int{{2}, {1, 28, 28}, {1, 64, 64}} {
		pair, err := generative.Parse(network, shape)
		if err != nil {
			continue
		}
		g := sym.NewGraph()
		x := g.Input("x", sym.Float, append([]int{batch}, shape...)...)
		score := pair.Score(nn.NewContext(nn.NewParams(g).Scope("critic"), true, 0), x)
		z := g.Input("z", sym.Float, batch, noise)
		made := pair.Generate(nn.NewContext(nn.NewParams(g).Scope("generator"), true, 0), z)
		if score.Err() == nil && made.Err() == nil && engine.Transforms(score, made) {
			return NumericsVersion
		}
	}
	return directNumerics
}
