package nn_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// orthonormal returns two orthogonal unit vectors of n numbers.
func orthonormal(n int) (u, v []float64) {
	u, v = make([]float64, n), make([]float64, n)
	for i := range n {
		u[i], v[i] = math.Cos(float64(i)), math.Sin(float64(2*i)+0.3)
	}
	unit(u)
	along := 0.0
	for i := range u {
		along += u[i] * v[i]
	}
	for i := range v {
		v[i] -= along * u[i]
	}
	unit(v)
	return u, v
}

// unit divides x by its length.
func unit(x []float64) {
	sum := 0.0
	for _, a := range x {
		sum += a * a
	}
	for i := range x {
		x[i] /= math.Sqrt(sum)
	}
}

// TestSpectral checks on weights with known singular values 3 and 2 that every layer, with its own
// layout of the weight, ends at W/3 after enough steps, and what the first step makes of it.
func TestSpectral(t *testing.T) {
	for name, c := range map[string]struct {
		layer interface {
			Apply(*nn.Context, *sym.Expr) *sym.Expr
		}
		input []int
		// element returns the place in the weight of row i, column j of the matrix [Out, rest].
		element func(i, j int) int
		columns int
	}{
		"dense": {
			nn.Dense{Out: 5, Spectral: true}, []int{2, 7}, func(i, j int) int { return j*5 + i }, 7,
		},
		"conv": {
			nn.Conv{Out: 5, Kernel: 3, Spectral: true}, []int{2, 2, 4, 4},
			func(i, j int) int { return i*18 + j }, 18,
		},
		"deconv": {
			nn.ConvTranspose{Out: 5, Kernel: 2, Spectral: true}, []int{2, 3, 4, 4},
			func(i, j int) int { return (j/4*5+i)*4 + j%4 }, 12,
		},
	} {
		g, context := context(true)
		x := g.Input("x", sym.Float, c.input...)
		y := c.layer.Apply(context, x)
		params := context.Params.All()
		if y.Err() != nil || len(params) != 3 || len(context.Updates) != 1 {
			t.Fatalf(
				"%s: %v, %d parameters, %d updates",
				name,
				y.Err(),
				len(params),
				len(context.Updates),
			)
		}
		w, u := params[0].Expr, params[1]
		if u.Trainable || u.Decay || u.Auxiliary || u.Name != name+"1.u" ||
			!u.Expr.Shape().Equal(sym.Shape{5}) {
			t.Errorf("%s keeps %+v", name, u)
		}
		if l := context.Layers[0]; l.Parameters != w.Shape().Size()+5 ||
			!strings.HasSuffix(l.Kind, ", spectral") {
			t.Errorf("%s is noted as %+v", name, l)
		}
		values := random(context, x)
		left, left2 := orthonormal(5)
		right, right2 := orthonormal(c.columns)
		for i := range left {
			for j := range right {
				values[w].Data[c.element(i, j)] = 3*left[i]*right[j] + 2*left2[i]*right2[j]
			}
		}
		values[params[2].Expr] = sym.NewTensor(5)
		plain := sym.NewTensor(w.Shape()...)
		for i, v := range values[w].Data {
			plain.Data[i] = v / 3
		}
		first, err := sym.Eval(sym.Env{Values: values}, y)
		if err != nil {
			t.Fatal(err)
		}
		converge(t, context, values)
		out, err := sym.Eval(sym.Env{Values: values}, y)
		if err != nil {
			t.Fatal(err)
		}
		// The layer without the norm, on W/3.
		ratio := unnormalized(t, c.layer, x, values[x], plain)
		for i, v := range out[0].Data {
			if math.Abs(v-ratio.Data[i]) > 1e-9 {
				t.Fatalf("%s: element %d is %v, expected %v", name, i, v, ratio.Data[i])
			}
			// σ is between 2 and 3 at first: it never exceeds the norm.
			if r := first[0].Data[i] / v; r < 1-1e-9 || r > 1.5+1e-9 {
				t.Errorf("%s: at first element %d is %v times its last value", name, i, r)
			}
		}
	}
}

// unnormalized applies a layer without its spectral norm, and without bias, with a weight.
func unnormalized(t *testing.T, layer any, x *sym.Expr, input, w *sym.Tensor) *sym.Tensor {
	t.Helper()
	g, c := context(true)
	in := g.Input("x", sym.Float, x.Shape()...)
	var y *sym.Expr
	switch l := layer.(type) {
	case nn.Dense:
		y = nn.Dense{Out: l.Out, NoBias: true}.Apply(c, in)
	case nn.Conv:
		y = nn.Conv{Out: l.Out, Kernel: l.Kernel, NoBias: true}.Apply(c, in)
	case nn.ConvTranspose:
		y = nn.ConvTranspose{Out: l.Out, Kernel: l.Kernel, NoBias: true}.Apply(c, in)
	}
	values := map[*sym.Expr]*sym.Tensor{in: input, c.Params.All()[0].Expr: w}
	out, err := sym.Eval(sym.Env{Values: values}, y)
	if err != nil {
		t.Fatal(err)
	}
	return out[0]
}

// TestSpectralGradient checks the derivative of w/σ against ∂σ/∂W = u·vᵀ with u and v held, in the
// first step, where they are far from the singular vectors.
func TestSpectralGradient(t *testing.T) {
	g, c := context(true)
	w := g.Input("w", sym.Float, 3, 4)
	y := nn.Spectral(c, "own", w, 0)
	cotangent := g.Input("c", sym.Float, 3, 4)
	values := random(c, w)
	values[cotangent] = random(c, cotangent)[cotangent]
	values[c.Params.All()[0].Expr] = &sym.Tensor{Shape: sym.Shape{3}, Data: []float64{1, -2, 0.5}}
	out, err := sym.Eval(sym.Env{Values: values}, sym.VJP(y, cotangent, w)[0])
	if err != nil {
		t.Fatal(err)
	}
	m, u := values[w].Data, []float64{1, -2, 0.5}
	v, next := make([]float64, 4), make([]float64, 3)
	for i := range 3 {
		for j := range 4 {
			v[j] += m[4*i+j] * u[i]
		}
	}
	unit(v)
	for i := range 3 {
		for j := range 4 {
			next[i] += m[4*i+j] * v[j]
		}
	}
	unit(next)
	sigma, inner := 0.0, 0.0
	for i := range 3 {
		for j := range 4 {
			sigma += next[i] * m[4*i+j] * v[j]
			inner += values[cotangent].Data[4*i+j] * m[4*i+j]
		}
	}
	for k, got := range out[0].Data {
		want := values[cotangent].Data[k]/sigma - inner/(sigma*sigma)*next[k/4]*v[k%4]
		if math.Abs(got-want) > 1e-9 {
			t.Errorf("element %d is %v, expected %v", k, got, want)
		}
	}
}

// TestSpectralShared checks that applications in one step share the weight, that inference gives
// the same and stores nothing, and that a weight of zeros stays one.
func TestSpectralShared(t *testing.T) {
	g, c := context(true)
	x := g.Input("x", sym.Float, 2, 3)
	layer := nn.Dense{Out: 4, Spectral: true}
	first, again := layer.Apply(c, x), layer.Apply(c.Again(), x)
	inference := nn.NewContext(c.Params, false, 0)
	if still := layer.Apply(inference, x); first != again || first != still ||
		len(inference.Updates) != 0 {
		t.Errorf(
			"%v, %v and %v, %d updates in inference",
			first,
			again,
			still,
			len(inference.Updates),
		)
	}
	wrong := nn.Spectral(c, "dense1", c.Params.All()[0].Expr, 2).Err()
	const want = "dense1: spectral norm of a weight [3, 4] by its axis 2, expected 0 to 1"
	if wrong == nil || !strings.Contains(wrong.Error(), want) {
		t.Errorf("%v, expected %s", wrong, want)
	}
	values := random(c, x)
	values[c.Params.All()[0].Expr] = sym.NewTensor(3, 4)
	values[c.Params.All()[2].Expr] = sym.NewTensor(4)
	out, err := sym.Eval(sym.Env{Values: values}, first)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range out[0].Data {
		if v != 0 {
			t.Errorf("element %d of zero weights is %v", i, v)
		}
	}
}
