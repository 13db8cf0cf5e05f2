package gradreg

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// InputNoise trains on x + σ·n, n ~ N(0, I) afresh for every image, λ being σ in units of the
// normalized input. It changes the problem and has no penalty: other regularizers then see the
// noisy network. (Sietsma and Dow 1991; Bishop 1995: for the squared loss that is, to order σ², a
// penalty σ²·‖J‖².)
type InputNoise struct {
	Weight float64 // σ
}

// Transform adds the noise before the network, in training.
func (n InputNoise) Transform(forward Forward) Forward {
	return func(c *nn.Context, x *sym.Expr) *sym.Expr {
		if x.Err() != nil || !c.Training {
			return forward(c, x)
		}
		return forward(c, sym.Add(x, sym.Scale(c.Graph().Normal(c.NextStream(), x.Shape()...), n.Weight)))
	}
}

// Penalty returns 0.
func (n InputNoise) Penalty(p *Problem) *sym.Expr { return p.Graph.Const(0) }

// Lambda returns σ.
func (n InputNoise) Lambda() float64 { return n.Weight }

// WithLambda returns the same noise with another σ.
func (n InputNoise) WithLambda(lambda float64) Regularizer { n.Weight = lambda; return n }

// Name returns "input-noise".
func (n InputNoise) Name() string { return "input-noise" }

// Validate returns what is wrong with the options.
func (n InputNoise) Validate() error { return check(n.Weight, nil) }

// String returns the text form.
func (n InputNoise) String() string { return format(n.Name(), n.Weight, n.fields()) }

func (n *InputNoise) fields() []field { return nil }

// Dropout sets numbers to 0 with probability λ, in 0..1, and divides the others by 1 − λ
// (Srivastava et al. 2014). It changes the problem and has no penalty. A rate of 0 changes nothing,
// as λ = 0 of every regularizer: layers keep the model's rate. A network without dropout is another
// model, such as lenet:dropout=0.
type Dropout struct {
	Weight float64 // the rate
	// At is "layers", also if empty: the rate of the model's own dropout layers, in the place of
	// the model's, which is [ErrNoDropout] for a model without any; or "input": the pixels.
	At string
}

// ErrNoDropout is the error of a dropout rate for a model without dropout layers.
var ErrNoDropout = errors.New("the model has no dropout layer; expected one, or at=input")

// Transform sets the rate.
func (d Dropout) Transform(forward Forward) Forward {
	return func(c *nn.Context, x *sym.Expr) *sym.Expr {
		if d.At == "input" {
			return forward(c, nn.Dropout{Rate: d.Weight}.Apply(c, x))
		}
		before := len(c.Layers)
		rate := c.DropoutRate
		c.DropoutRate = d.Weight
		y := forward(c, x)
		c.DropoutRate = rate
		isDropout := func(l nn.Layer) bool { return l.Kind == "dropout" }
		if c.Training && y.Err() == nil && !slices.ContainsFunc(c.Layers[before:], isDropout) {
			return refuse(y, d, "%w", ErrNoDropout)
		}
		return y
	}
}

// Penalty returns 0.
func (d Dropout) Penalty(p *Problem) *sym.Expr { return p.Graph.Const(0) }

// Lambda returns the rate.
func (d Dropout) Lambda() float64 { return d.Weight }

// WithLambda returns the same dropout with another rate.
func (d Dropout) WithLambda(lambda float64) Regularizer { d.Weight = lambda; return d }

// Name returns "dropout".
func (d Dropout) Name() string { return "dropout" }

// Validate returns what is wrong with the options.
func (d Dropout) Validate() error {
	if err := oneOf("at", d.At, "layers", "input"); err != nil {
		return err
	}
	if !(d.Weight < 1) {
		return fmt.Errorf("λ is %v, expected a rate below 1", d.Weight)
	}
	return check(d.Weight, nil)
}

// String returns the text form.
func (d Dropout) String() string { return format(d.Name(), d.Weight, d.fields()) }

func (d *Dropout) fields() []field { return []field{{"at", &d.At}} }
