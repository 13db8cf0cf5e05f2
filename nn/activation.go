package nn

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/sym"
)

// ReLU returns max(x, 0); derivative 0 at 0.
func ReLU(x *sym.Expr) *sym.Expr { return sym.ReLU(x) }

// ReLU6 returns min(max(x, 0), 6) (Howard et al. 2017, arXiv 1704.04861); derivative 0 at 0 and at
// 6.
func ReLU6(x *sym.Expr) *sym.Expr {
	if x.Err() != nil {
		return x
	}
	six := x.Graph().Const(6, x.Shape()...)
	return sym.Select(sym.GreaterEqual(x, six), six, sym.ReLU(x))
}

// GELU returns x·Φ(x) with the normal distribution function Φ(x) = ½(1+erf(x/√2)), exactly
// (Hendrycks and Gimpel 2016).
func GELU(x *sym.Expr) *sym.Expr {
	phi := sym.AddScalar(sym.Scale(sym.Erf(sym.Scale(x, 1/math.Sqrt2)), 0.5), 0.5)
	return sym.Mul(x, phi)
}

// Activation is an element-wise nonlinearity by name; the zero value is relu.
//
//	name        f(x)                         source
//	relu        max(x, 0); f'(0) = 0         Nair and Hinton 2010
//	relu6       min(max(x, 0), 6)            Howard et al. 2017
//	leaky-relu  x for x > 0, 0.01·x below    Maas et al. 2013, equation 3
//	            leaky-relu:0.2 has the slope 0.2 below, see [LeakyReLU]
//	softplus    log(1 + eˣ)                  Dugas et al. 2001
//	tanh        (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)        LeCun et al. 1998
//	gelu        x·½(1 + erf(x/√2))           Hendrycks and Gimpel 2016, without an approximation
//
// relu, relu6 and leaky-relu are piecewise linear: their second derivative is 0, so that the curvature
// which an input gradient penalty sees comes from the loss alone. The others have one.
type Activation string

// leakySlope is the slope of leaky-relu below 0, as in Maas et al. 2013.
const leakySlope = 0.01

// LeakyReLU returns the activation that is x for x > 0 and slope·x below, 0 ≤ slope ≤ 1; 0.2 is
// usual in generative networks. Its derivative at 0 is the slope.
func LeakyReLU(slope float64) Activation {
	return Activation("leaky-relu:" + spec.Format(slope))
}

// slope returns the slope of an activation that [LeakyReLU] makes. ok is false of another one.
func (a Activation) slope() (slope float64, ok bool) {
	text, ok := strings.CutPrefix(string(a), "leaky-relu:")
	if !ok {
		return 0, false
	}
	slope, err := spec.Number(text)
	return slope, err == nil && slope >= 0 && slope <= 1
}

// activations is the table of nonlinearities.
var activations = []struct {
	name  Activation
	apply func(*sym.Expr) *sym.Expr
	// monotone functions commute with the maximum of a window.
	monotone bool
}{
	{"relu", sym.ReLU, true},
	{"relu6", ReLU6, true},
	{"leaky-relu", func(x *sym.Expr) *sym.Expr { return sym.LeakyReLU(x, leakySlope) }, true},
	{"softplus", sym.Softplus, true},
	{"tanh", sym.Tanh, true},
	{"gelu", GELU, false},
}

// Activations lists the known names.
func Activations() []string {
	var names []string
	for _, a := range activations {
		names = append(names, string(a.name))
	}
	return names
}

// Validate returns an error for an unknown name.
func (a Activation) Validate() error {
	if a == "" || slices.Contains(Activations(), string(a)) {
		return nil
	}
	if text, leaky := strings.CutPrefix(string(a), "leaky-relu:"); leaky {
		if _, ok := a.slope(); ok {
			return nil
		}
		return fmt.Errorf("activation leaky-relu: slope is %q, expected 0 to 1", text)
	}
	return fmt.Errorf("unknown activation %q, expected one of %s", string(a), strings.Join(Activations(), ", "))
}

// Apply applies the nonlinearity, relu if it is unknown or empty.
func (a Activation) Apply(x *sym.Expr) *sym.Expr {
	for _, f := range activations {
		if f.name == a {
			return f.apply(x)
		}
	}
	if slope, ok := a.slope(); ok {
		return sym.LeakyReLU(x, slope)
	}
	return sym.ReLU(x)
}

// Monotone reports whether x ≤ y implies f(x) ≤ f(y), so that max-pooling before or after the
// nonlinearity is the same. All are but gelu, which falls from 0 to −0.17 at x = −0.75 and rises
// from there.
func (a Activation) Monotone() bool {
	for _, f := range activations {
		if f.name == a {
			return f.monotone
		}
	}
	return true
}

// MaxPooled returns the nonlinearity of x followed by max-pooling with n × n windows, [MaxPool].
// Monotone nonlinearities are applied after the pooling, at an n²-th of the work: value and
// derivatives are the same, for where f makes different elements of a window equal, as ReLU does
// below 0 and ReLU6 above 6, its derivative is 0.
func (a Activation) MaxPooled(c *Context, x *sym.Expr, n int) *sym.Expr {
	if a.Monotone() {
		return a.Apply(MaxPool(c, x, n))
	}
	return MaxPool(c, a.Apply(x), n)
}
