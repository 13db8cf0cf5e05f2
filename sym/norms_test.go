package sym_test

import (
	"math"
	"testing"

	"github.com/gradreg/gradreg/sym"
)

// TestNormalize checks lengths of 1 for tiny, huge and ordinary samples, in the same direction, and
// zeros with finite derivatives.
func TestNormalize(t *testing.T) {
	g := sym.NewGraph()
	x := g.Input("x", sym.Float, 4, 1, 2)
	data := []float64{3, -4, 3e-20, -4e-20, 3e18, -4e18, 0, 0}
	values := map[*sym.Expr]*sym.Tensor{x: {Shape: x.Shape(), Data: data}}
	y := sym.Normalize(x)
	slope := sym.Gradient(sym.Sum(sym.SliceAxis(y, 2, 0, 1)), x)[0]
	out, err := sym.Eval(sym.Env{Values: values}, y, slope)
	if err != nil || !y.Shape().Equal(x.Shape()) {
		t.Fatal(y, err)
	}
	for i, v := range out[0].Data {
		want := []float64{0.6, -0.8}[i%2]
		if i >= 6 {
			want = 0
		}
		if math.Abs(v-want) > 1e-9 {
			t.Errorf("element %d is %v, expected %v", i, v, want)
		}
	}
	// ∂(x/‖x‖)₁/∂x = (1 − 0.36, 0.48)/5.
	for i, want := range []float64{0.128, 0.096} {
		if got := out[1].Data[i]; math.Abs(got-want) > 1e-9 {
			t.Errorf("derivative %d is %v, expected %v", i, got, want)
		}
	}
	for i, v := range out[1].Data {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Errorf("derivative %d is %v", i, v)
		}
	}
}

// TestSpectralNorm checks power iteration on a matrix whose singular values are 5 and 2: more
// iterations come nearer from below, the new u is of length 1, and derivatives flow through the
// matrix alone.
func TestSpectralNorm(t *testing.T) {
	g := sym.NewGraph()
	w, u := g.Input("w", sym.Float, 2, 3), g.Input("u", sym.Float, 1, 2)
	// Columns (4, 3)/5·5·e₁ and (−3, 4)/5·2·e₂.
	values := map[*sym.Expr]*sym.Tensor{
		w: {Shape: w.Shape(), Data: []float64{4, -1.2, 0, 3, 1.6, 0}},
		u: {Shape: u.Shape(), Data: []float64{-0.5, 1}},
	}
	last := 0.0
	for _, n := range []int{0, 1, 2, 4, 40} {
		sigma, next := sym.SpectralNorm(w, u, n)
		out, err := sym.Eval(
			sym.Env{Values: values},
			sigma,
			next,
			sym.Gradient(sigma, w)[0],
			sym.Gradient(sigma, u)[0],
		)
		if err != nil {
			t.Fatal(err)
		}
		s, v := out[0].Data[0], out[1].Data
		if n == 1 && s != last {
			t.Errorf("0 iterations give %v, 1 gives %v", last, s)
		}
		if s < last || s > 5+1e-12 || math.Abs(math.Hypot(v[0], v[1])-1) > 1e-9 {
			t.Errorf("%d iterations: σ is %v after %v, u %v", n, s, last, v)
		}
		last = s
		for i, d := range out[3].Data {
			if d != 0 {
				t.Errorf("the derivative in u, %d, is %v", i, d)
			}
		}
		if n < 40 {
			continue
		}
		for i, want := range []float64{0.8, 0, 0, 0.6, 0, 0} { // u·vᵀ
			if got := out[2].Data[i]; math.Abs(got-want) > 1e-9 {
				t.Errorf("derivative %d is %v, expected %v", i, got, want)
			}
		}
	}
	if math.Abs(last-5) > 1e-9 {
		t.Errorf("σ is %v, expected 5", last)
	}
}
