package regtest

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// gradient compares ∂R/∂w with central differences for every parameter of every network.
func gradient(reg gradreg.Regularizer) error {
	for _, n := range networksFor(reg) {
		p := newProblem(n, 1, reg)
		r := p.value(reg)
		params := p.Params.Trainable()
		grads, err := p.eval(append(sym.Gradient(r, nn.Exprs(params)...), r)...)
		if err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
		if err := p.freeze(r); err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
		size := math.Abs(grads[len(params)].Data[0])
		for i, param := range params {
			if err := p.checkSlope(r, size, param, grads[i].Data); err != nil {
				return fmt.Errorf("%s: %s: %w", n.name, param.Name, err)
			}
		}
	}
	return nil
}

// freeze gives every StopGradient its present value, which it then keeps while parameters move.
func (p *problem) freeze(r *sym.Expr) error {
	var stops []*sym.Expr
	for _, e := range sym.Topological(r) {
		if e.Op() == sym.OpStopGradient {
			stops = append(stops, e)
		}
	}
	held, err := p.eval(stops...)
	if err != nil {
		return err
	}
	for i, e := range stops {
		p.values[e] = held[i]
	}
	return nil
}

// Rounding errors of R, of some 1e-15 of its size, are divided by the smallest h.
const (
	relative = 1e-5
	absolute = 1e-7
)

// checkSlope compares the gradient along a random direction with a difference quotient of r, which
// is of the given size. The direction is standard normal, so that the gradient's norm is the
// slope's standard deviation. A step that crosses a kink of the network spoils the quotient, so
// smaller ones are tried before a difference counts.
func (p *problem) checkSlope(r *sym.Expr, size float64, param *nn.Param, grad []float64) error {
	random := rand.New(rand.NewPCG(3, uint64(len(grad))))
	direction := make([]float64, len(grad))
	slope, norm := 0.0, 0.0
	for i, g := range grad {
		direction[i] = random.NormFloat64()
		slope += g * direction[i]
		norm += g * g
	}
	norm = math.Sqrt(norm)
	if param.Decay && !(norm > 0) {
		return fmt.Errorf("the gradient of the penalty is zero: it does not reach this weight")
	}
	var quotient float64
	for _, h := range []float64{1e-5, 1e-6, 1e-7} {
		var ends [2]float64
		for i, sign := range []float64{1, -1} {
			var err error
			if ends[i], err = p.moved(r, param.Expr, direction, sign*h); err != nil {
				return err
			}
		}
		quotient = (ends[0] - ends[1]) / (2 * h)
		if math.Abs(quotient-slope) <= relative*norm+absolute*size {
			return nil
		}
	}
	return fmt.Errorf("the gradient is %v along a direction, the difference quotient %v", slope, quotient)
}

// moved returns r with a leaf moved by h times a direction.
func (p *problem) moved(r, leaf *sym.Expr, direction []float64, h float64) (float64, error) {
	w := sym.NewTensor(leaf.Shape()...)
	for i := range w.Data {
		w.Data[i] = p.values[leaf].Data[i] + h*direction[i]
	}
	elsewhere := problem{p.Problem, maps.Clone(p.values)}
	elsewhere.values[leaf] = w
	out, err := elsewhere.eval(r)
	if err != nil {
		return 0, err
	}
	return out[0].Data[0], nil
}
