package gradreg

import (
	"fmt"
	"math"

	"github.com/gradreg/gradreg/sym"
)

// FiniteDifference penalizes the squared difference quotient of the loss along its own gradient:
//
//	R = mean_b ((L_b(x_b + h·d_b) − L_b(x_b))/h)²,  d_b = g_b/‖g_b‖, g_b = ∂L_b/∂x_b
//
// d is held constant, so that nothing is differentiated twice: the derivative of ‖g‖ along g/‖g‖ is
// all there is. For h → 0 the value tends to DataGrad's. The derivative with respect to the weights
// does so for smooth networks only: where a ReLU or the place of a maximum changes between x and
// x + h·d, that of the loss jumps by an amount that does not shrink with h, and the quotient
// divides it by h. (Finlay and Oberman 2021, arXiv 1905.11468, section 3; RATIONALE.md has
// measurements.)
//
// Where a layer couples samples, as batch norm does, g_b is the gradient of the summed loss Σ_b L_b
// with respect to x_b, and all samples that count move at once: the moved batch is normalized by
// its own mean and variance. The rise of L_b then has the others' moves in it, and for h → 0 R is
// not DataGrad's. Running statistics stay those of the batch itself.
type FiniteDifference struct {
	Weight float64 // λ
	Step   float64 // h: 0.01 if 0
	Options
}

// Penalty builds R.
func (f FiniteDifference) Penalty(p *Problem) *sym.Expr { return f.everywhere(p, f, f.penalty) }

func (f FiniteDifference) penalty(p *Problem) *sym.Expr {
	at, h := f.site(p), defaulted(f.Step, 0.01)
	direction := sym.StopGradient(sym.Normalize(at.lossSlope()))
	ahead := at.outputsAt(sym.Add(at.part(at.input), sym.Scale(direction, h)))
	targets := at.part(at.targets)
	rise := sym.Sub(at.losses(ahead, targets), at.losses(at.part(at.outputs), targets))
	quotient := sym.Scale(rise, 1/h)
	if f.squared() {
		return f.stated(at, sym.Scale(sym.Sum(sym.Square(quotient)), 1/float64(at.count)))
	}
	return f.shaped(at, sym.Abs(quotient))
}

// outputsAt returns the logits of other images in the place of those that count, in the same
// forward pass: [count, K].
func (at site) outputsAt(xs *sym.Expr) *sym.Expr {
	if xs.Err() != nil || at.outputs.Err() != nil {
		return xs
	}
	if at.count < at.batch {
		if y, ok := sym.FirstRows(at.count).Apply(at.outputs, at.input, xs); ok {
			return y
		}
		xs = sym.Concat(0, xs, sym.SliceAxis(at.input, 0, at.count, at.batch))
	}
	return at.part(sym.Replace([]*sym.Expr{at.outputs}, map[*sym.Expr]*sym.Expr{at.input: xs})[0])
}

// Lambda returns λ.
func (f FiniteDifference) Lambda() float64 { return f.Weight }

// WithLambda returns the same penalty with another λ.
func (f FiniteDifference) WithLambda(lambda float64) Regularizer { f.Weight = lambda; return f }

// Name returns "finite-difference".
func (f FiniteDifference) Name() string { return "finite-difference" }

// Validate returns what is wrong with the options.
func (f FiniteDifference) Validate() error {
	if err := positive("h", f.Step); err != nil {
		return err
	}
	if err := f.validate(AsRoss, AsSum); err != nil {
		return err
	}
	if f.LambdaAs == AsRoss {
		return check(f.Weight, rossForm("", f.Slope))
	}
	return check(f.Weight, nil)
}

// positive returns an error unless v is finite and above 0, or 0, which stands for the default.
func positive(key string, v float64) error {
	if !(v >= 0) || math.IsInf(v, 0) {
		return fmt.Errorf("%s is %v, expected a finite number above 0", key, v)
	}
	return nil
}

// String returns the text form.
func (f FiniteDifference) String() string { return format(f.Name(), f.Weight, f.fields()) }

func (f *FiniteDifference) fields() []field {
	return append([]field{{"h", &f.Step}}, f.Options.fields()...)
}
