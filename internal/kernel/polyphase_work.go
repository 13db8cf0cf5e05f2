package kernel

import "fmt"

// Grid names how the tiles of the inputs' phases, or of maps as large as the outputs, lie.
func (g *Polyphase) Grid(inputs bool) string {
	m := &g.outputs
	if inputs {
		m = &g.inputs
	}
	return fmt.Sprintf("%dx%d", m.grid.H, m.grid.W)
}

// What transforms of a group's tiles take for a channel of a phase or of an output, and what a
// filter takes, in multiply-adds of a direct convolution: as measured with AVX-512.
const (
	phaseWork       = 7000
	phaseFilterWork = 3000 // transforming a filter, and reading it, for one pass of several
	phaseFinishWork = 2000
)

// Work returns how many multiply-adds of a direct convolution take as long as this one.
func (g *Polyphase) Work() int {
	return g.Products() + g.groups*(phaseWork*phases*g.C+transformWork*g.K) + phaseFilterWork*g.C*g.K
}

// WeightWork is Work of the gradient of the filters.
func (g *Polyphase) WeightWork() int {
	k := roundLanes(g.K)
	return g.Products()/g.K*k + g.groups*(phaseWork*phases*g.C+transformWork*k) + phaseFinishWork*g.C*k
}
