package regtest

import (
	"fmt"
	"math"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/sym"
)

// batchMean compares R of a batch with that of the batch twice, the same random numbers for both
// copies.
func batchMean(reg gradreg.Regularizer) error {
	for _, n := range networksFor(reg) {
		if n.coupled {
			continue
		}
		once, twice := newProblem(n, 1, reg), newProblem(n, 2, reg)
		a, b := once.value(reg), twice.value(reg)
		if err := twice.double(once, a, b); err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
		want, err := once.eval(a)
		if err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
		got, err := twice.eval(b)
		if err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
		if g, w := got[0].Data[0], want[0].Data[0]; !(math.Abs(g-w) <= 1e-9*math.Abs(w)) {
			return fmt.Errorf("%s: the penalty is %v, and %v of a batch that holds every sample twice", n.name, w, g)
		}
	}
	return nil
}

// double gives the random leaves of b the values of those of a, repeated along the axis that is
// twice as long.
func (p *problem) double(once *problem, a, b *sym.Expr) error {
	leaves, doubled := randomLeaves(a), randomLeaves(b)
	if len(leaves) != len(doubled) {
		return fmt.Errorf(
			"the penalty has %d random leaves, and %d of a batch twice as large", len(leaves),
			len(doubled),
		)
	}
	values, err := once.eval(leaves...)
	if err != nil {
		return err
	}
	for i, e := range doubled {
		v := values[i]
		for axis, extent := range v.Shape {
			if e.Shape()[axis] == 2*extent {
				v = repeated(v, axis, 2)
				break
			}
		}
		if !v.Shape.Equal(e.Shape()) {
			return fmt.Errorf("a random leaf is %v, and %v of a batch twice as large", leaves[i].Shape(), e.Shape())
		}
		p.values[e] = v
	}
	return nil
}

// randomLeaves returns the random numbers that e depends on, in the order of their making.
func randomLeaves(e *sym.Expr) []*sym.Expr {
	var leaves []*sym.Expr
	for _, n := range sym.Topological(e) {
		switch n.Op() {
		case sym.OpNormal, sym.OpUniform, sym.OpBernoulli:
			leaves = append(leaves, n)
		}
	}
	return leaves
}
