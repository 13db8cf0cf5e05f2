package train

import (
	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/sym"
)

// mixed are the inputs of a step whose images are mixed in pairs.
type mixed struct {
	other *sym.Expr // classes of the other images [B]
	share *sym.Expr // of the first ones
}

func newMixed(g *sym.Graph, batch int) *mixed {
	return &mixed{other: g.Input("y/other", sym.Int, batch), share: g.Input("mix/share", sym.Float)}
}

// targets returns share·one-hot(y) + (1−share)·one-hot(other): [B, K]; one-hot(y) where nothing is mixed.
func (m *mixed) targets(y *sym.Expr, classes int) *sym.Expr {
	first := sym.OneHot(y, classes)
	if m == nil {
		return first
	}
	share := sym.BroadcastTo(m.share, first.Shape()...)
	other := sym.OneHot(m.other, classes)
	return sym.Add(other, sym.Mul(share, sym.Sub(first, other)))
}

// set tells a program how its images were mixed: image i with image B − 1 − i.
func (m *mixed) set(program *plan.Program, share float64, labels []int32) {
	if m == nil {
		return
	}
	program.Float(m.share)[0] = float32(share)
	other := program.Int(m.other)
	for i, y := range labels {
		other[len(labels)-1-i] = y
	}
}
