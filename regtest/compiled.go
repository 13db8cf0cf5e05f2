package regtest

import (
	"fmt"
	"math"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// compiledBound is how far an element may be from the reference: this share of its tensor's largest
// element, and a hundredth of it, some 16 units of float32's last place, of the largest element of
// all, for tensors whose terms cancel, such as the gradient of a bias before batch norm. Sums of a
// few hundred float32 products, thrice in a row, stay well within it.
const compiledBound = 1e-4

// compiled compares R and its gradients of the compiled program with those of the reference
// evaluator.
func compiled(reg gradreg.Regularizer) error {
	native, err := engine.Native(engine.Options{Threads: 1})
	if err != nil {
		return err
	}
	for _, n := range networksFor(reg) {
		p := newProblem(n, 1, reg)
		r := p.value(reg)
		outputs := append([]*sym.Expr{r}, sym.Gradient(r, nn.Exprs(p.Params.Trainable())...)...)
		want, err := p.eval(outputs...)
		if err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
		if err := p.compare(outputs, want, native); err != nil {
			return fmt.Errorf("%s: %w", n.name, err)
		}
	}
	return nil
}

// compare computes outputs on an engine.
func (p *problem) compare(outputs []*sym.Expr, want []*sym.Tensor, on engine.Engine) error {
	got, err := engine.Eval(on, sym.Env{Values: p.values, Key: key, Step: step}, outputs...)
	if err != nil {
		return err
	}
	overall := 0.0
	for _, w := range want {
		overall = max(overall, largest(w.Data))
	}
	for i, w := range want {
		bound := compiledBound * (largest(w.Data) + overall/100)
		for j, v := range got[i].Data {
			if !(math.Abs(v-w.Data[j]) <= bound) {
				return fmt.Errorf(
					"element %d of output %d (the penalty, then gradients) is %v compiled, %v by the reference",
					j, i, v, w.Data[j],
				)
			}
		}
	}
	return nil
}

// largest returns the largest magnitude.
func largest(data []float64) float64 {
	m := 0.0
	for _, v := range data {
		m = max(m, math.Abs(v))
	}
	return m
}
