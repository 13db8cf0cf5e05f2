package sym_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/sym"
)

// noise returns an input of normal numbers.
func noise(r *rand.Rand, g *sym.Graph, values map[*sym.Expr]*sym.Tensor, name string, shape ...int) *sym.Expr {
	data := make([]float64, sym.Shape(shape).Size())
	for i := range data {
		data[i] = r.NormFloat64()
	}
	return given(g, values, name, shape, data...)
}

// TestFunctions compares element-wise functions with printed tables: Abramowitz and Stegun, tables 4.2, 4.14 and
// 7.1, and series for small arguments.
func TestFunctions(t *testing.T) {
	for _, c := range []struct {
		f           func(*sym.Expr) *sym.Expr
		x, want, by float64
	}{
		{sym.Erf, 0.5, 0.5204998778, 1e-10}, {sym.Erf, 1, 0.8427007929, 1e-10}, {sym.Erf, 2, 0.9953222650, 1e-10}, {sym.Erf, -1, -0.8427007929, 1e-10},
		{sym.Exp, 1, 2.718281828459045, 1e-15}, {sym.Exp, -2, 0.1353352832, 1e-10}, {sym.Exp, math.Inf(-1), 0, 0},
		{sym.Log, 10, 2.302585092994046, 1e-15}, {sym.Log, 0, math.Inf(-1), 0}, {sym.Log, -1, math.NaN(), 0},
		{sym.Log1p, 1e-10, 1e-10 - 5e-21, 1e-25}, {sym.Log1p, -1, math.Inf(-1), 0},
		{sym.Sqrt, 2, 1.4142135623730951, 1e-15}, {sym.Sqrt, -1, math.NaN(), 0},
		{sym.Tanh, 1, 0.7615941560, 1e-10}, {sym.Tanh, -1000, -1, 0}, {sym.Tanh, 1e-9, 1e-9, 1e-24},
		{sym.Sigmoid, 0, 0.5, 0}, {sym.Sigmoid, 2, 0.8807970780, 1e-10}, {sym.Sigmoid, -1000, 0, 0},
		{sym.Softplus, 0, math.Ln2, 1e-15}, {sym.Softplus, 2, 2.1269280110, 1e-10}, {sym.Softplus, -800, 0, 0}, {sym.Softplus, 800, 800, 0},
		{sym.Sin, math.Pi / 6, 0.5, 1e-15}, {sym.Cos, math.Pi / 3, 0.5, 1e-15},
		{sym.Abs, -3, 3, 0}, {sym.Sign, -3, -1, 0}, {sym.Sign, 0, 0, 0}, {sym.Sign, 7, 1, 0}, {sym.Neg, 3, -3, 0}, {sym.Square, -3, 9, 0},
		{func(x *sym.Expr) *sym.Expr { return sym.Pow(x, 1.5) }, 4, 8, 1e-14},
		{func(x *sym.Expr) *sym.Expr { return sym.Pow(x, -2) }, -2, 0.25, 0},
		{func(x *sym.Expr) *sym.Expr { return sym.AddScalar(x, 3) }, 4, 7, 0},
		{func(x *sym.Expr) *sym.Expr { return sym.Scale(x, 3) }, 4, 12, 0},
		{func(x *sym.Expr) *sym.Expr { return sym.LeakyReLU(x, 0.25) }, -4, -1, 0},
		{sym.ReLU, -4, 0, 0}, {sym.ReLU, 4, 4, 0}, {sym.ReLU, math.NaN(), 0, 0},
	} {
		g, values := sym.NewGraph(), map[*sym.Expr]*sym.Tensor{}
		y := c.f(given(g, values, "x", []int{1}, c.x))
		if got := eval(t, values, y)[0].Data; !near(got, []float64{c.want}, c.by) {
			t.Errorf("%s of %v is %v, want %v", y.Op(), c.x, got[0], c.want)
		}
	}
}

// TestPowAtZero checks the derivatives of a polynomial where p·xᵖ⁻¹ is 0·∞.
func TestPowAtZero(t *testing.T) {
	g, values := sym.NewGraph(), map[*sym.Expr]*sym.Tensor{}
	x := given(g, values, "x", []int{2}, 0, 3)
	y := sym.Pow(x, 2)
	for order, want := range [][]float64{{0, 9}, {0, 6}, {2, 2}, {0, 0}, {0, 0}} {
		if got := eval(t, values, y)[0].Data; !near(got, want, 0) {
			t.Errorf("derivative %d of x² is %v, want %v", order, got, want)
		}
		y = sym.Gradient(sym.Sum(y), x)[0]
	}
}

// TestMatMulForms compares the four forms of a batched product with the definition on explicitly transposed data.
func TestMatMulForms(t *testing.T) {
	const batch, m, n, k = 2, 3, 4, 5
	r := rand.New(rand.NewPCG(1, 1))
	for form := range 4 {
		transA, transB := form&1 != 0, form&2 != 0
		g, values := sym.NewGraph(), map[*sym.Expr]*sym.Tensor{}
		a, b := noise(r, g, values, "a", batch, m, k), noise(r, g, values, "b", batch, k, n)
		want := make([]float64, batch*m*n)
		for i := range want {
			for p := range k {
				want[i] += values[a].Data[i/n*k+p] * values[b].Data[(i/(m*n)*k+p)*n+i%n]
			}
		}
		left, right := a, b
		if transA {
			left = sym.Transpose(a, 0, 2, 1)
		}
		if transB {
			right = sym.Transpose(b, 0, 2, 1)
		}
		if got := eval(t, values, sym.MatMulT(left, right, transA, transB))[0]; !near(got.Data, want, 1e-14) {
			t.Errorf("product with transposed %v, %v is %v, want %v", transA, transB, got.Data, want)
		}
	}
}

// TestConvDefinition compares a convolution with several channels and its gradients with the matrices that it is:
// y = M(w)·x = N(x)·w. M and N come from a padded copy of the image and a filter with zeros between its elements.
func TestConvDefinition(t *testing.T) {
	const B, C, O, H, W, KH, KW = 2, 3, 2, 5, 6, 3, 2
	r := rand.New(rand.NewPCG(2, 2))
	for _, spec := range []sym.ConvSpec{
		{}, {Stride: [2]int{2, 1}, PadBefore: [2]int{1, 0}, PadAfter: [2]int{2, 1}},
		{Stride: [2]int{1, 3}, Dilation: [2]int{2, 3}, PadBefore: [2]int{0, 2}, PadAfter: [2]int{1, 1}},
	} {
		g, values := sym.NewGraph(), map[*sym.Expr]*sym.Tensor{}
		x, w := noise(r, g, values, "x", B, C, H, W), noise(r, g, values, "w", O, C, KH, KW)
		y := sym.Conv(x, w, spec)
		c := noise(r, g, values, "c", y.Shape()...)
		got := eval(t, values, append(sym.VJP(y, c, x, w), y)...)

		want := [3][]float64{make([]float64, len(got[0].Data)), make([]float64, len(got[1].Data)), make([]float64, len(got[2].Data))}
		stride, dilation := [2]int{max(spec.Stride[0], 1), max(spec.Stride[1], 1)}, [2]int{max(spec.Dilation[0], 1), max(spec.Dilation[1], 1)}
		// source and tap are the offsets plus 1 that stand at a place of the padded image and the spread filter.
		PH, PW := H+spec.PadBefore[0]+spec.PadAfter[0], W+spec.PadBefore[1]+spec.PadAfter[1]
		SH, SW := (KH-1)*dilation[0]+1, (KW-1)*dilation[1]+1
		source, tap := make([]int, B*C*PH*PW), make([]int, O*C*SH*SW)
		for i := range B * C * H * W {
			source[(i/(H*W)*PH+i/W%H+spec.PadBefore[0])*PW+i%W+spec.PadBefore[1]] = i + 1
		}
		for i := range O * C * KH * KW {
			tap[(i/(KH*KW)*SH+i/KW%KH*dilation[0])*SW+i%KW*dilation[1]] = i + 1
		}
		out := 0
		for b := range B {
			for o := range O {
				for top := 0; top+SH <= PH; top += stride[0] {
					for left := 0; left+SW <= PW; left += stride[1] {
						for k := range C * SH * SW {
							from, with := source[((b*C+k/(SH*SW))*PH+top+k/SW%SH)*PW+left+k%SW], tap[o*C*SH*SW+k]
							if from == 0 || with == 0 {
								continue
							}
							xv, wv, cv := values[x].Data[from-1], values[w].Data[with-1], values[c].Data[out]
							want[0][from-1] += cv * wv
							want[1][with-1] += cv * xv
							want[2][out] += xv * wv
						}
						out++
					}
				}
			}
		}
		for i, what := range []string{"input gradient", "weight gradient", "convolution"} {
			if !near(got[i].Data, want[i], 1e-13) {
				t.Errorf("%+v: %s is %v, want %v", spec, what, got[i].Data, want[i])
			}
		}
	}
}

// TestPooling compares pools of negative numbers, padded, with windows cut out by hand: padding adds nothing to a
// sum, counts in a mean and is never the largest.
func TestPooling(t *testing.T) {
	g, values := sym.NewGraph(), map[*sym.Expr]*sym.Tensor{}
	x := given(g, values, "x", []int{1, 2, 2, 3}, -1, -2, -3, -4, -5, -6, -7, -7, -9, -7, -7, -9)
	spec := sym.PoolSpec{Window: [2]int{2, 2}, Stride: [2]int{1, 2}, PadBefore: [2]int{1, 0}, PadAfter: [2]int{0, 1}}
	// Rows −1 and 0, then 0 and 1; columns 0 and 1, then 2 and 3.
	got := eval(t, values, sym.SumPool(x, spec), sym.AvgPool(x, spec), sym.MaxPool(x, spec), sym.MaxPoolIndex(x, spec))
	for i, want := range [][]float64{
		{-3, -3, -12, -9, -14, -9, -28, -18},
		{-0.75, -0.75, -3, -2.25, -3.5, -2.25, -7, -4.5},
		{-1, -3, -1, -3, -7, -9, -7, -9},
		{0, 2, 0, 2, 0, 2, 0, 2},
	} {
		if !got[i].Shape.Equal(sym.Shape{1, 2, 2, 2}) || !near(got[i].Data, want, 1e-15) {
			t.Errorf("pool %d is %v of shape %v, want %v", i, got[i].Data, got[i].Shape, want)
		}
	}
}

// TestSamePadding checks ⌈n/stride⌉ outputs and TensorFlow's rule that the odd row comes after.
func TestSamePadding(t *testing.T) {
	for _, c := range [][6]int{ // n, kernel, stride, dilation, before, after
		{28, 5, 1, 1, 2, 2}, {28, 4, 1, 1, 1, 2}, {28, 3, 2, 1, 0, 1}, {7, 3, 2, 1, 1, 1}, {9, 3, 1, 2, 2, 2}, {10, 1, 3, 1, 0, 0}, {5, 2, 5, 1, 0, 0},
	} {
		before, after := sym.SamePadding(c[0], c[1], c[2], c[3])
		if before != c[4] || after != c[5] {
			t.Errorf("SamePadding(%v) = %d, %d", c[:4], before, after)
		}
		g := sym.NewGraph()
		spec := sym.ConvSpec{Stride: [2]int{c[2], 1}, Dilation: [2]int{c[3], 1}, PadBefore: [2]int{before, 0}, PadAfter: [2]int{after, 0}}
		y := sym.Conv(g.Input("x", sym.Float, 1, 1, c[0], 1), g.Input("w", sym.Float, 1, 1, c[1], 1), spec)
		if want := (c[0] + c[2] - 1) / c[2]; y.Err() != nil || y.Shape()[2] != want {
			t.Errorf("SamePadding(%v) gives %v, want %d rows", c[:4], y, want)
		}
	}
}

// TestIndices checks what indices select: classes outside the range, first maxima, repeated targets.
func TestIndices(t *testing.T) {
	g, values := sym.NewGraph(), map[*sym.Expr]*sym.Tensor{}
	class := g.Input("class", sym.Int, 4)
	values[class] = &sym.Tensor{Shape: sym.Shape{4}, Data: []float64{2, -1, 3, 0}}
	x := given(g, values, "x", []int{2, 3}, 5, 7, 7, -1, -1, -2)
	pick := g.Input("pick", sym.Int, 2, 2)
	values[pick] = &sym.Tensor{Shape: sym.Shape{2, 2}, Data: []float64{2, 2, 0, 1}}
	picked := sym.Gather(x, pick, 1)
	got := eval(t, values, sym.OneHot(class, 3), sym.ToFloat(sym.ArgMax(x, 1)), sym.ToFloat(sym.ArgMax(x, 0)), sym.Max(x, 1), picked, sym.Scatter(picked, pick, 1, 4))
	for i, want := range [][]float64{
		{0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0}, {1, 0}, {0, 0, 0}, {7, -1}, {7, 7, -1, -1}, {0, 0, 14, 0, -1, -1, 0, 0},
	} {
		if !near(got[i].Data, want, 0) {
			t.Errorf("value %d is %v, want %v", i, got[i].Data, want)
		}
	}
	values[pick].Data[3] = 3
	if _, err := sym.Eval(sym.Env{Values: values}, picked); err == nil || !strings.Contains(err.Error(), "index 3 is outside axis 1 of [2, 3]") {
		t.Errorf("an index of 3 into 3 elements: %v", err)
	}
}

// TestLayout compares the movements of numbered elements with what they do on paper.
func TestLayout(t *testing.T) {
	g, values := sym.NewGraph(), map[*sym.Expr]*sym.Tensor{}
	x := given(g, values, "x", []int{2, 3}, 1, 2, 3, 4, 5, 6)
	v := given(g, values, "v", []int{2}, 10, 20)
	for _, c := range []struct {
		e     *sym.Expr
		shape string
		want  []float64
	}{
		{sym.Transpose(x, 1, 0), "[3, 2]", []float64{1, 4, 2, 5, 3, 6}},
		{sym.Reshape(x, 3, 2), "[3, 2]", []float64{1, 2, 3, 4, 5, 6}},
		{sym.Slice(x, []int{0, 0}, []int{2, 3}, []int{1, 2}), "[2, 2]", []float64{1, 3, 4, 6}},
		{sym.SliceAxis(x, 1, 1, 3), "[2, 2]", []float64{2, 3, 5, 6}},
		{sym.Pad(v, []int{1}, []int{2}, []int{3}), "[8]", []float64{0, 10, 0, 0, 0, 20, 0, 0}},
		{sym.Concat(1, x, sym.Reshape(v, 2, 1)), "[2, 4]", []float64{1, 2, 3, 10, 4, 5, 6, 20}},
		{sym.Concat(0, v, v, v), "[6]", []float64{10, 20, 10, 20, 10, 20}},
		{sym.Concat(0, v), "[2]", []float64{10, 20}},
		{sym.Sum(x), "[]", []float64{21}},
		{sym.Sum(x, 0), "[3]", []float64{5, 7, 9}},
		{sym.Mean(x, 1), "[2]", []float64{2, 5}},
		{sym.Mean(x), "[]", []float64{3.5}},
		{sym.Broadcast(v, []int{0}, 2, 3), "[2, 3]", []float64{10, 10, 10, 20, 20, 20}},
		{sym.Add(x, sym.Reshape(v, 2, 1)), "[2, 3]", []float64{11, 12, 13, 24, 25, 26}},
		{sym.Sub(g.Const(1), v), "[2]", []float64{-9, -19}},
		{sym.Select(sym.Greater(x, g.Const(2)), x, sym.Reshape(v, 2, 1)), "[2, 3]", []float64{10, 10, 3, 4, 5, 6}},
	} {
		got := eval(t, values, c.e)[0]
		if got.Shape.String() != c.shape || !near(got.Data, c.want, 0) {
			t.Errorf("%v is %v of shape %v, want %v", c.e, got.Data, got.Shape, c.want)
		}
	}
}

// TestNothingMoved checks that a movement of nothing is the expression itself, also of a scalar.
func TestNothingMoved(t *testing.T) {
	g := sym.NewGraph()
	none, all := []int{0, 0}, []int{2, 3}
	x, s := g.Input("x", sym.Float, all...), g.Input("s", sym.Float)
	for i, e := range []*sym.Expr{
		sym.Reshape(x, 2, 3), sym.Transpose(x, 0, 1), sym.Slice(x, none, all, []int{1, 1}), sym.Pad(x, none, none, none), sym.Concat(1, x),
		sym.Broadcast(x, []int{0, 1}, 2, 3), sym.BroadcastTo(x, 2, 3),
	} {
		if e != x {
			t.Errorf("movement %d of %v is %v", i, x, e)
		}
	}
	for i, e := range []*sym.Expr{
		sym.Reshape(s), sym.Transpose(s), sym.Slice(s, nil, nil, nil), sym.Pad(s, nil, nil, nil), sym.Sum(s), sym.Broadcast(s, nil), sym.BroadcastTo(s),
	} {
		if e != s {
			t.Errorf("movement %d of %v is %v", i, s, e)
		}
	}
}

// TestSoftmaxDefinition compares softmax, log-softmax and cross-entropy at moderate logits with their definitions,
// which do not overflow there.
func TestSoftmaxDefinition(t *testing.T) {
	const rows, classes = 3, 4
	r := rand.New(rand.NewPCG(3, 3))
	g, values := sym.NewGraph(), map[*sym.Expr]*sym.Tensor{}
	x, target := noise(r, g, values, "x", rows, classes), noise(r, g, values, "target", rows, classes)
	want := [4][]float64{}
	for row := range rows {
		logits, sum, loss := values[x].Data[row*classes:][:classes], 0.0, 0.0
		for _, v := range logits {
			sum += math.Exp(v)
		}
		for k, v := range logits {
			want[0] = append(want[0], math.Exp(v)/sum)
			want[1] = append(want[1], math.Log(math.Exp(v)/sum))
			loss -= values[target].Data[row*classes+k] * math.Log(math.Exp(v)/sum)
		}
		want[2], want[3] = append(want[2], math.Log(sum)), append(want[3], loss)
	}
	for i, got := range eval(t, values, sym.Softmax(x), sym.LogSoftmax(x), sym.LogSumExp(x), sym.CrossEntropy(x, target)) {
		if !near(got.Data, want[i], 1e-14) {
			t.Errorf("value %d is %v, want %v", i, got.Data, want[i])
		}
	}
}

// TestLogSumExpInfinities checks the documented values at infinities and the derivative beside a −Inf.
func TestLogSumExpInfinities(t *testing.T) {
	inf := math.Inf(1)
	g, values := sym.NewGraph(), map[*sym.Expr]*sym.Tensor{}
	x := given(g, values, "x", []int{3, 2}, -inf, 5, -inf, -inf, inf, 0)
	y := sym.LogSumExp(x)
	got := eval(t, values, y, sym.Gradient(sym.Sum(sym.SliceAxis(y, 0, 0, 1)), x)[0])
	if want := []float64{5, math.NaN(), math.NaN()}; !near(got[0].Data, want, 0) {
		t.Errorf("log-sum-exp is %v, want %v", got[0].Data, want)
	}
	if want := []float64{0, 1}; !near(got[1].Data[:2], want, 0) {
		t.Errorf("its derivative is %v, want %v", got[1].Data[:2], want)
	}
}

// TestWholeDerivatives checks what differentiation with respect to an expression means that others are computed from:
// reverse mode gives whole derivatives, forward mode takes it as independent.
func TestWholeDerivatives(t *testing.T) {
	g, values := sym.NewGraph(), map[*sym.Expr]*sym.Tensor{}
	x := given(g, values, "x", []int{}, 3)
	h := sym.Square(x)
	y := sym.Mul(h, x) // x³
	reverse := sym.Gradient(y, h, x, g.Input("unused", sym.Float, 2))
	forward := sym.JVP(y, []*sym.Expr{h, x, x}, []*sym.Expr{g.Const(100), g.Const(1), g.Const(1)})
	for i, v := range eval(t, values, reverse[0], reverse[1], forward, reverse[2]) {
		if want := [][]float64{{3}, {27}, {318}, {0, 0}}[i]; !near(v.Data, want, 0) {
			t.Errorf("derivative %d is %v, want %v", i, v.Data, want)
		}
	}
}

// TestGivenValues checks that a given value stands for what an expression would compute, that nothing behind it is
// needed, and what Eval refuses.
func TestGivenValues(t *testing.T) {
	g := sym.NewGraph()
	x := g.Input("x", sym.Float, 2)
	h := sym.Exp(sym.Sin(x))
	y := sym.Scale(h, 2)
	values := map[*sym.Expr]*sym.Tensor{h: {Shape: sym.Shape{2}, Data: []float64{5, 7}}}
	if got := eval(t, values, y, h); !near(got[0].Data, []float64{10, 14}, 0) || !near(got[1].Data, []float64{5, 7}, 0) {
		t.Errorf("values are %v", got)
	}
	for want, c := range map[string]*sym.Tensor{
		`input "x" has no value`:                             nil,
		`value of exp float[2] has shape [3] and 3 elements`: sym.NewTensor(3),
		`value of exp float[2] has shape [2] and 1 elements`: {Shape: sym.Shape{2}, Data: []float64{1}},
	} {
		values := map[*sym.Expr]*sym.Tensor{}
		if c != nil {
			values[h] = c
		}
		if _, err := sym.Eval(sym.Env{Values: values}, y); fmt.Sprint(err) != want {
			t.Errorf("the error is %v, want %s", err, want)
		}
	}
}
