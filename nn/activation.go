package nn

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/sym"
)

// ReLU returns max(x, 0); derivative 0 at 0.
func ReLU(x *sym.Expr) *sym.Expr { return sym.ReLU(x) }

// GELU returns x·Φ(x) with the normal distribution function Φ(x) = ½(1+erf(x/√2)), exactly (Hendrycks and
// Gimpel 2016).
func GELU(x *sym.Expr) *sym.Expr {
	phi := sym.AddScalar(sym.Scale(sym.Erf(sym.Scale(x, 1/math.Sqrt2)), 0.5), 0.5)
	return sym.Mul(x, phi)
}

// Activation is an element-wise nonlinearity by name; the zero value is relu.
type Activation string

// leakySlope is the slope of leaky-relu below 0 (Maas et al. 2013 use 0.01; 0.2 is usual in GANs, which call
// sym.LeakyReLU themselves).
const leakySlope = 0.01

// activations is the table of nonlinearities.
var activations = []struct {
	name  Activation
	apply func(*sym.Expr) *sym.Expr
}{
	{"relu", sym.ReLU},
	{"leaky-relu", func(x *sym.Expr) *sym.Expr { return sym.LeakyReLU(x, leakySlope) }},
	{"softplus", sym.Softplus},
	{"tanh", sym.Tanh},
	{"gelu", GELU},
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
	return fmt.Errorf("unknown activation %q, expected one of %s", string(a), strings.Join(Activations(), ", "))
}

// Apply applies the nonlinearity, relu if it is unknown or empty.
func (a Activation) Apply(x *sym.Expr) *sym.Expr {
	for _, f := range activations {
		if f.name == a {
			return f.apply(x)
		}
	}
	return sym.ReLU(x)
}
