package train

import "github.com/gradreg/gradreg/sym"

// mixed are the inputs of a step whose images are mixed in pairs.
type mixed struct {
	other *sym.Expr // classes of the other images [B]
	share *sym.Expr // of the first ones
}

func newMixed(g *sym.Graph, batch int) *mixed {
	return &mixed{other: g.Input("y/other", sym.Int, batch), share: g.Input("mix/share", sym.Float)}
}

// targets returns share·first + (1−share)·one-hot(other): [B, K].
func (m *mixed) targets(first *sym.Expr, classes int) *sym.Expr {
	share := sym.BroadcastTo(m.share, first.Shape()...)
	other := sym.OneHot(m.other, classes)
	return sym.Add(other, sym.Mul(share, sym.Sub(first, other)))
}

// mix tells the program how the images in it were mixed.
func (e *engine) mix(share float64, labels []int32) {
	if e.mixed == nil {
		return
	}
	e.program.Float(e.mixed.share)[0] = float32(share)
	other := e.program.Int(e.mixed.other)
	for i, y := range labels {
		other[len(labels)-1-i] = y
	}
}
