package gradreg_test

import (
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// precisionCase is a step whose logits are large: those of one dense layer with whole numbers for images, weights and
// biases, so that float32 has the logits exactly and what is compared is the loss, the penalty and their derivatives.
type precisionCase struct {
	name string
	reg  gradreg.Regularizer
	// logits of the bias, the same for all samples; weights are multiples of scale.
	bias  []float64
	scale float64
	bound float64
}

// precisionCases returns cases that a softmax by differences of large numbers gets wrong.
func precisionCases() []precisionCase {
	return []precisionCase{
		{"logits of 1000", gradreg.DataGrad{Weight: 1}, []float64{1000, 999, 998, 1000, 996}, 1. / 8, 2e-6},
		{"logits of -5000", gradreg.DataGrad{Weight: 1}, []float64{-5000, -5001, -5002, -5000, -5004}, 1. / 8, 2e-6},
		{"two equal logits", gradreg.JacReg{Weight: 1}, []float64{1000, 1000, 0, 0, 0}, 1. / 8, 2e-6},
		{"three near logits", gradreg.JacReg{Weight: 1}, []float64{1000, 999, 997, 0, 0}, 1. / 8, 2e-6},
		{"sure Jacobian", gradreg.JacReg{Weight: 1}, []float64{1000, 988, 984, 0, 0}, 1. / 8, 2e-6},
		{"sure predictions", gradreg.VirtualAdversarial{Weight: 1}, []float64{1000, 990, 988, 0, 0}, 1. / 8, 2e-4},
		{"surer predictions", gradreg.VirtualAdversarial{Weight: 1}, []float64{1000, 980, 970, 0, 0}, 1. / 8, 2e-4},
		{"sure predictions, ξ", gradreg.VirtualAdversarial{Weight: 1, Xi: 0.25}, []float64{1000, 980, 970, 0, 0}, 1. / 8, 2e-4},
		{"mean logit of 476", gradreg.SoftmaxGrad{Weight: 1}, []float64{476, 475, 474, 476, 470}, 1, 2e-6},
		{"mean logit of 4800", gradreg.SoftmaxGrad{Weight: 1}, []float64{4800, 4799, 4797, 4800, 4790}, 1, 2e-6},
		{"mean logit of 4800, held", gradreg.SoftmaxGrad{Weight: 1, Held: true}, []float64{4800, 4799, 4797, 4800, 4790}, 1, 2e-6},
		{"confidence", gradreg.ConfidencePenalty{Weight: 1}, []float64{4800, 4799, 4797, 4800, 4790}, 1, 2e-6},
		{"sure confidence", gradreg.ConfidencePenalty{Weight: 1}, []float64{4800, 4788, 4785, 0, 0}, 1. / 8, 2e-6},
		{"smoothing", gradreg.LabelSmoothing{Weight: 0.1}, []float64{4800, 4799, 4797, 4800, 4790}, 1, 2e-6},
		{"steep loss", gradreg.DataGrad{Weight: 1e5}, []float64{0, 20, 0, 0, 2}, 1, 2e-6},
		{"steeper loss", gradreg.DataGrad{Weight: 1e5}, []float64{0, 60, 0, 0, 2}, 1, 2e-6},
	}
}

// step returns the training step of a case.
func (c precisionCase) step() *step {
	const batch, pixels = 4, 8
	n := network{"dense", len(c.bias), func(ctx *nn.Context, x *sym.Expr) *sym.Expr {
		return nn.Dense{Out: len(c.bias)}.Apply(ctx, x)
	}}
	s := newStep(n, []int{batch, pixels}, []gradreg.Regularizer{c.reg})
	s.giveNumbers()
	whole := func(e *sym.Expr, n, scale float64) {
		for i, v := range numbers(e.String(), e.Shape().Size()) {
			s.values[e].Data[i] = scale * float64(int(n*v))
		}
	}
	whole(s.problem.Input, 4, 1)
	for _, p := range s.problem.Params.Trainable() {
		if len(p.Expr.Shape()) == 2 {
			whole(p.Expr, 4, c.scale)
		} else {
			copy(s.values[p.Expr].Data, c.bias)
		}
	}
	for _, e := range sym.Topological(s.total) {
		if e.Op() == sym.OpNormal {
			s.values[e] = &sym.Tensor{Shape: e.Shape(), Data: numbers("noise", e.Shape().Size())}
		}
	}
	return s
}

// TestPrecision compares loss, penalty and gradients of large logits and sure predictions with float64.
func TestPrecision(t *testing.T) {
	for _, c := range precisionCases() {
		t.Run(c.name, func(t *testing.T) {
			s := c.step()
			want, err := sym.Eval(sym.Env{Values: s.values}, s.outputs()...)
			if err != nil {
				t.Fatal(err)
			}
			names := s.names("", []gradreg.Regularizer{c.reg})
			for _, level := range engine.Levels() {
				for i, v := range s.run(t, level) {
					d := distance(v, want[i].Data)
					t.Logf("%v %s %.2g of %v", level, names[i], d, want[i].Data[:min(5, len(v))])
					if !(d <= c.bound) {
						t.Errorf("level %v: %s differs by %.2g of its largest element", level, names[i], d)
					}
				}
			}
		})
	}
}
