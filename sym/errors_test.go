package sym

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
)

// TestRefusals checks for every operation that wrong arguments make an error that names the operation, the
// shapes and the line of the call, that it sticks to what is built on it, and comes out of derivatives and Eval.
func TestRefusals(t *testing.T) {
	g := NewGraph()
	x, i, scalar := g.Input("x", Float, 2, 3), g.Input("i", Int, 2), g.Input("s", Float)
	y, b := g.Input("y", Float, 4), Greater(x, like(x, 0))
	image, filter, small := g.Input("image", Float, 1, 2, 4, 4), g.Input("filter", Float, 3, 2, 3, 3), g.Input("small", Float, 1, 3, 2, 2)
	thin := g.Input("thin", Float, 3, 1, 3, 3)
	pool := func(window, stride, pad int) PoolSpec {
		return PoolSpec{Window: [2]int{2, window}, Stride: [2]int{0, stride}, PadAfter: [2]int{0, pad}}
	}
	refused := map[Op]bool{OpStopGradient: true} // which takes anything
	for _, c := range []struct {
		op     Op
		shapes string
		build  func() *Expr
	}{
		{OpInput, "", func() *Expr { return g.Input("x", Float, 3, 2) }},
		{OpInput, "", func() *Expr { return g.Input("x", Int, 2, 3) }},
		{OpInput, "", func() *Expr { return g.Input("new", Float, 2, -1) }},
		{OpConst, "", func() *Expr { return g.Const(1, 0) }},
		{OpConst, "", func() *Expr { return g.Const(1, 1<<32, 1<<32) }},
		{OpUniform, "", func() *Expr { return g.Uniform(1, 0) }},
		{OpNormal, "", func() *Expr { return g.Normal(1, 3, 0) }},
		{OpBernoulli, "", func() *Expr { return g.Bernoulli(-0.1, 1, 3) }},
		{OpNeg, "[2]", func() *Expr { return Neg(i) }},
		{OpAbs, "[2]", func() *Expr { return Abs(i) }},
		{OpSign, "[2]", func() *Expr { return Sign(i) }},
		{OpExp, "[2]", func() *Expr { return Exp(i) }},
		{OpLog, "[2]", func() *Expr { return Log(i) }},
		{OpLog1p, "[2]", func() *Expr { return Log1p(i) }},
		{OpSqrt, "[2]", func() *Expr { return Sqrt(i) }},
		{OpPow, "[2]", func() *Expr { return Pow(i, 2) }},
		{OpTanh, "[2]", func() *Expr { return Tanh(i) }},
		{OpSigmoid, "[2]", func() *Expr { return Sigmoid(i) }},
		{OpSoftplus, "[2]", func() *Expr { return Softplus(i) }},
		{OpErf, "[2]", func() *Expr { return Erf(i) }},
		{OpSin, "[2]", func() *Expr { return Sin(i) }},
		{OpCos, "[2, 3]", func() *Expr { return Cos(b) }},
		{OpAdd, "[2, 3], [4]", func() *Expr { return Add(x, y) }},
		{OpSub, "[2, 3], [4]", func() *Expr { return Sub(x, y) }},
		{OpMul, "[2], [2]", func() *Expr { return Mul(i, i) }},
		{OpDiv, "[4], [2, 3]", func() *Expr { return Div(y, x) }},
		{OpGreater, "[2, 3], [2, 3]", func() *Expr { return Greater(x, b) }},
		{OpGreater, "[4], [2, 3]", func() *Expr { return Less(x, y) }},
		{OpGreaterEqual, "[2], [2]", func() *Expr { return GreaterEqual(i, SliceAxis(y, 0, 1, 3)) }},
		{OpGreaterEqual, "[2, 3], [4]", func() *Expr { return Maximum(x, y) }},
		{OpEqual, "[2, 3], [2, 3]", func() *Expr { return Equal(b, b) }},
		{OpAnd, "[2, 3], [2, 3]", func() *Expr { return And(b, x) }},
		{OpOr, "[2, 3], [2, 3]", func() *Expr { return Or(x, b) }},
		{OpNot, "[2]", func() *Expr { return Not(i) }},
		{OpSelect, "[2, 3], [2, 3], [2, 3]", func() *Expr { return Select(x, x, x) }},
		{OpSelect, "[2, 3], [4]", func() *Expr { return Select(b, x, y) }},
		{OpToFloat, "[2, 3]", func() *Expr { return ToFloat(x) }},
		{OpSum, "[2, 3]", func() *Expr { return Sum(x, 1, 0) }},
		{OpSum, "[2]", func() *Expr { return Sum(i) }},
		{OpSum, "[]", func() *Expr { return Sum(scalar, 0) }},
		{OpSum, "[2, 3]", func() *Expr { return Mean(x, -1) }},
		{OpBroadcast, "[4]", func() *Expr { return Broadcast(y, []int{0}, 5, 2) }},
		{OpBroadcast, "[4]", func() *Expr { return Broadcast(y, []int{0, 1}, 4, 4) }},
		{OpBroadcast, "[4]", func() *Expr { return Broadcast(y, []int{2}, 4, 4) }},
		{OpBroadcast, "[4]", func() *Expr { return Broadcast(g.Const(1, 4), []int{0}, 5) }},
		{OpBroadcast, "[2, 3]", func() *Expr { return BroadcastTo(x, 3) }},
		{OpReshape, "[2, 3]", func() *Expr { return Reshape(x, 7) }},
		{OpReshape, "[2, 3]", func() *Expr { return Reshape(x, -2, -3) }},
		{OpTranspose, "[2, 3]", func() *Expr { return Transpose(x, 1, 1) }},
		{OpTranspose, "[2, 3]", func() *Expr { return Transpose(x, 0) }},
		{OpSlice, "[2, 3]", func() *Expr { return Slice(x, []int{0}, []int{1}, []int{1}) }},
		{OpSlice, "[4]", func() *Expr { return Slice(y, []int{0}, []int{4}, []int{0}) }},
		{OpSlice, "[4]", func() *Expr { return SliceAxis(y, 0, 2, 2) }},
		{OpSlice, "[4]", func() *Expr { return SliceAxis(y, 1, 0, 1) }},
		{OpPad, "[4]", func() *Expr { return Pad(y, []int{-1}, []int{0}, []int{0}) }},
		{OpPad, "[4]", func() *Expr { return Pad(y, nil, nil, nil) }},
		{OpPad, "[2]", func() *Expr { return Pad(i, []int{1}, []int{1}, []int{0}) }},
		{OpConcat, "[2, 3], [4]", func() *Expr { return Concat(0, x, y) }},
		{OpConcat, "[2, 3], [2, 3]", func() *Expr { return Concat(0, x, b) }},
		{OpConcat, "[4], [4]", func() *Expr { return Concat(1, y, y) }},
		{OpConcat, "[4]", func() *Expr { return Concat(3, y) }},
		{OpConcat, "[1, 2, 4, 4], [3, 2, 3, 3]", func() *Expr { return Concat(1, image, filter) }},
		{OpOneHot, "[4]", func() *Expr { return OneHot(y, 3) }},
		{OpOneHot, "[2]", func() *Expr { return OneHot(i, 0) }},
		{OpArgMax, "[4]", func() *Expr { return ArgMax(y, 1) }},
		{OpArgMax, "[2]", func() *Expr { return ArgMax(i, 0) }},
		{OpArgMax, "[4]", func() *Expr { return Max(y, -1) }},
		{OpArgMax, "[]", func() *Expr { return LogSumExp(scalar) }},
		{OpArgMax, "[]", func() *Expr { return LogSoftmax(scalar) }},
		{OpArgMax, "[]", func() *Expr { return CrossEntropy(scalar, scalar) }},
		{OpGather, "[2, 3], [2]", func() *Expr { return Gather(x, i, 1) }},
		{OpGather, "[4], [4]", func() *Expr { return Gather(y, y, 0) }},
		{OpGather, "[2, 3], [1, 3]", func() *Expr { return Gather(x, ArgMax(x, 0), 1) }},
		{OpScatter, "[4], [2]", func() *Expr { return Scatter(y, i, 0, 5) }},
		{OpScatter, "[2, 3], [2, 1]", func() *Expr { return Scatter(x, ArgMax(x, 1), 0, 2) }},
		{OpMatMul, "[2, 3], [2, 3]", func() *Expr { return MatMulT(x, x, true, true) }},
		{OpMatMul, "[4], [4]", func() *Expr { return MatMul(y, y) }},
		{OpMatMul, "[1, 2, 4, 4], [3, 2, 3, 3]", func() *Expr { return MatMul(image, filter) }},
		{OpConv, "[1, 2, 4, 4], [2, 3]", func() *Expr { return Conv(image, x, ConvSpec{}) }},
		{OpConv, "[1, 2, 4, 4], [3, 2, 3, 3]", func() *Expr { return Conv(image, filter, ConvSpec{Dilation: [2]int{2, 1}}) }},
		{OpConv, "[1, 2, 4, 4], [3, 2, 3, 3]", func() *Expr { return Conv(image, filter, ConvSpec{Stride: [2]int{-1, 1}}) }},
		{OpConv, "[1, 2, 4, 4], [3, 2, 3, 3]", func() *Expr { return Conv(image, filter, ConvSpec{PadAfter: [2]int{0, -1}}) }},
		{OpConv, "[1, 3, 2, 2], [3, 2, 3, 3]", func() *Expr { return Conv(small, filter, ConvSpec{}) }},
		{OpConvInputGradient, "[1, 3, 2, 2], [3, 2, 3, 3]", func() *Expr { return ConvInputGradient(small, filter, ConvSpec{}, 5, 4) }},
		{OpConvInputGradient, "[1, 2, 4, 4], [3, 2, 3, 3]", func() *Expr { return ConvInputGradient(image, filter, ConvSpec{}, 6, 6) }},
		{OpConvInputGradient, "[4], [3, 2, 3, 3]", func() *Expr { return ConvInputGradient(y, filter, ConvSpec{}, 6, 6) }},
		{OpConvWeightGradient, "[1, 2, 4, 4], [1, 3, 2, 2]", func() *Expr { return ConvWeightGradient(image, small, ConvSpec{}, 2, 3) }},
		{OpConvWeightGradient, "[1, 2, 4, 4], [2, 3]", func() *Expr { return ConvWeightGradient(image, x, ConvSpec{}, 3, 3) }},
		{OpConvWeightGradient, "[1, 2, 4, 4], [1, 3, 2, 2]", func() *Expr { return ConvWeightGradient(image, small, ConvSpec{PadAfter: [2]int{0, -4}}, 3, -1) }},
		{OpDepthwiseConv, "[1, 2, 4, 4], [3, 2, 3, 3]", func() *Expr { return DepthwiseConv(image, filter, ConvSpec{}) }},
		{OpDepthwiseConv, "[1, 2, 4, 4], [3, 1, 3, 3]", func() *Expr { return DepthwiseConv(image, thin, ConvSpec{}) }},
		{OpDepthwiseConv, "[1, 3, 2, 2], [3, 1, 3, 3]", func() *Expr { return DepthwiseConv(small, thin, ConvSpec{}) }},
		{OpDepthwiseConv, "[1, 3, 2, 2], [3, 1, 3, 3]", func() *Expr { return DepthwiseConv(small, thin, ConvSpec{PadAfter: [2]int{-1}}) }},
		{OpDepthwiseConv, "[1, 3, 2, 2], [2, 3]", func() *Expr { return DepthwiseConv(small, x, ConvSpec{}) }},
		{OpDepthwiseConvInputGradient, "[1, 3, 2, 2], [3, 1, 3, 3]", func() *Expr { return DepthwiseConvInputGradient(small, thin, ConvSpec{}, 5, 4) }},
		{OpDepthwiseConvInputGradient, "[1, 2, 4, 4], [3, 1, 3, 3]", func() *Expr { return DepthwiseConvInputGradient(image, thin, ConvSpec{}, 6, 6) }},
		{OpDepthwiseConvInputGradient, "[4], [3, 1, 3, 3]", func() *Expr { return DepthwiseConvInputGradient(y, thin, ConvSpec{}, 6, 6) }},
		{OpDepthwiseConvWeightGradient, "[1, 3, 2, 2], [1, 2, 4, 4]", func() *Expr { return DepthwiseConvWeightGradient(small, image, ConvSpec{}, 1, 1) }},
		{OpDepthwiseConvWeightGradient, "[1, 3, 2, 2], [1, 3, 2, 2]", func() *Expr { return DepthwiseConvWeightGradient(small, small, ConvSpec{}, 2, 1) }},
		{OpDepthwiseConvWeightGradient, "[1, 3, 2, 2], [2, 3]", func() *Expr { return DepthwiseConvWeightGradient(small, x, ConvSpec{}, 1, 1) }},
		{OpSumPool, "[1, 2, 4, 4]", func() *Expr { return SumPool(image, pool(5, 0, 0)) }},
		{OpSumPool, "[1, 2, 4, 4]", func() *Expr { return AvgPool(image, pool(0, 0, 0)) }},
		{OpSumPool, "[1, 2, 4, 4]", func() *Expr { return SumPool(image, pool(2, -1, 0)) }},
		{OpSumPool, "[1, 2, 4, 4]", func() *Expr { return SumPool(image, pool(2, 0, 2)) }},
		{OpSumPool, "[2]", func() *Expr { return SumPool(i, pool(2, 0, 0)) }},
		{OpSumPoolTranspose, "[1, 3, 2, 2]", func() *Expr { return SumPoolTranspose(small, pool(2, 0, 0), 4, 6) }},
		{OpSumPoolTranspose, "[4]", func() *Expr { return SumPoolTranspose(y, pool(2, 0, 0), 4, 4) }},
		{OpMaxPoolIndex, "[2, 3]", func() *Expr { return MaxPoolIndex(x, pool(2, 0, 0)) }},
		{OpMaxPoolIndex, "[2]", func() *Expr { return MaxPoolIndex(i, pool(2, 0, 0)) }},
		{OpMaxPoolIndex, "[1, 2, 4, 4]", func() *Expr { return MaxPool(image, pool(2, 0, 3)) }},
	} {
		refused[c.op] = true
		e := c.build()
		var err *Error
		if !errors.As(e.err, &err) {
			t.Errorf("%s(%s): the error is %v", c.op, c.shapes, e.err)
			continue
		}
		if message := err.Error(); err.Op != c.op || !strings.Contains(message, fmt.Sprintf(": %s(%s): ", c.op, c.shapes)) || strings.Contains(message, "\n") {
			t.Errorf("%s(%s): %s", c.op, c.shapes, message)
		}
		if call := callAt(t, err.Caller); !strings.HasPrefix(call, "{Op") || !strings.Contains(call, "func() *Expr") {
			t.Errorf("%s(%s): the caller is %s, where stands %q", c.op, c.shapes, err.Caller, call)
		}
		sticks(t, e, x)
	}
	for op := range opCount {
		if !refused[op] {
			t.Errorf("no wrong use of %s is tried", op)
		}
	}
}

// callAt returns the line of this file that an error names.
func callAt(t *testing.T, caller string) string {
	t.Helper()
	_, file, _, _ := runtime.Caller(0)
	var line int
	if _, err := fmt.Sscanf(strings.TrimPrefix(caller, file+":"), "%d", &line); err != nil {
		t.Errorf("the caller is %s, want a line of %s", caller, file)
		return ""
	}
	source, err := os.Open("errors_test.go")
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	lines := bufio.NewScanner(source)
	for n := 1; lines.Scan(); n++ {
		if n == line {
			return strings.TrimSpace(lines.Text())
		}
	}
	return ""
}

// sticks checks that whatever is built with e carries its error.
func sticks(t *testing.T, e, x *Expr) {
	t.Helper()
	later := Sum(Mul(ReLU(e), x))
	built := append(VJP(e, x, x), Gradient(later, x)...)
	built = append(built, VJP(x, e, x)...)
	built = append(built, later, e.With(x), JVP(e, []*Expr{x}, []*Expr{x}), JVP(x, []*Expr{x}, []*Expr{e}), Scale(e, 2), Mean(e), Reshape(e, 2),
		Broadcast(e, nil, 2), BroadcastTo(e, 2), Transpose(e), SliceAxis(e, 0, 0, 1), Concat(0, e), Concat(0, x, e), Softmax(e), LogSumExp(e), CrossEntropy(e, x),
		CrossEntropy(x, e), Max(e, 0), MaxPool(e, PoolSpec{}), AvgPool(e, PoolSpec{}), Select(e, x, x), Select(x, e, x), Maximum(x, e), Minimum(e, x), LeakyReLU(e, 1))
	built = append(built, Replace([]*Expr{e, Exp(x)}, map[*Expr]*Expr{x: e})...)
	for i, b := range built {
		if !errors.Is(b.err, e.err) {
			t.Errorf("what is built %d-th on an error carries %v, want %v", i, b.err, e.err)
		}
	}
	if _, err := Eval(Env{}, later); !errors.Is(err, e.err) {
		t.Errorf("Eval returns %v, want %v", err, e.err)
	}
	if text := Format(later); !strings.Contains(text, e.err.Error()) || !strings.Contains(later.String(), e.err.Error()) {
		t.Errorf("the texts %q and %q lack the error %v", text, later, e.err)
	}
}

// TestMessages checks what is said was wrong, also by differentiation itself.
func TestMessages(t *testing.T) {
	g, other := NewGraph(), NewGraph()
	x, y, i := g.Input("x", Float, 3), g.Input("y", Float, 2), g.Input("i", Int, 3)
	for what, e := range map[string]*Expr{
		"Gradient takes a float scalar, found float[3]":           Gradient(Exp(x), x)[0],
		"Gradient takes a float scalar, found int[]":              Gradient(Reshape(ArgMax(x, 0)), x)[0],
		"expected a float cotangent of the expression's shape":    VJP(Exp(x), y, x)[0],
		"1 expressions with 2 tangents":                           JVP(x, []*Expr{x}, []*Expr{x, x}),
		"exp([3], [2]): expected a float tangent of":              JVP(Exp(x), []*Expr{x}, []*Expr{y}),
		"exp([3], [3]): expected a float tangent of":              JVP(Exp(x), []*Expr{x}, []*Expr{i}),
		"exp([3], [3]): expected a float cotangent of":            VJP(Exp(x), i, x)[0],
		"mul([3], [3]): arguments belong to different graphs":     Mul(x, other.Input("x", Float, 3)),
		"concat([3], [3]): arguments belong to different graphs":  Concat(0, x, other.Input("x", Float, 3)),
		"conv([3], [3]): expected floats with four axes":          Conv(x, x, ConvSpec{}),
		"w is [3, 2, 3, 3], expected [C, 1, KH, KW]: a filter of": DepthwiseConv(g.Input("a", Float, 1, 3, 4, 4), g.Input("b", Float, 3, 2, 3, 3), ConvSpec{}),
		"x has 2 channels, w has filters for 3":                   DepthwiseConv(g.Input("c", Float, 1, 2, 4, 4), g.Input("d", Float, 3, 1, 3, 3), ConvSpec{}),
		"convolution's output is [1, 2, 2, 2], found [1":          DepthwiseConvWeightGradient(g.Input("e", Float, 1, 2, 4, 4), g.Input("f", Float, 1, 2, 3, 3), ConvSpec{}, 3, 3),
		"reshape([3]): cannot hold 3 elements in [2, 2]":          Reshape(x, 2, 2),
		"input(): \"x\" exists as float[3], asked for as int[3]":  g.Input("x", Int, 3),
		"broadcast([2]): axis 0 has extent 2, axis 1 of [2, 3] h": Broadcast(y, []int{1}, 2, 3),
	} {
		if e.err == nil || !strings.Contains(e.err.Error(), what) {
			t.Errorf("the error is %v, want %q", e.err, what)
		}
	}
}
