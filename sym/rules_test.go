package sym

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// draw makes arguments for the checks of one operation.
type draw struct {
	*rand.Rand
	g      *Graph
	values map[*Expr]*Tensor
	wrt    []*Expr // the float inputs
}

func newDraw(seed uint64) *draw {
	return &draw{Rand: rand.New(rand.NewPCG(seed, 11)), g: NewGraph(), values: map[*Expr]*Tensor{}}
}

// shape returns up to three extents from 1 to 4.
func (d *draw) shape() []int {
	s := make([]int, d.IntN(4))
	for i := range s {
		s[i] = 1 + d.IntN(4)
	}
	return s
}

// float returns an input of numbers lo … hi.
func (d *draw) float(lo, hi float64, shape ...int) *Expr {
	e := d.g.Input(fmt.Sprintf("x%d", len(d.values)), Float, shape...)
	t := NewTensor(slices.Clone(shape)...)
	for i := range t.Data {
		t.Data[i] = lo + (hi-lo)*d.Float64()
	}
	d.values[e] = t
	d.wrt = append(d.wrt, e)
	return e
}

// apart returns an input whose elements differ from each other, from 0 and in magnitude by at least 0.01, so
// that no small step crosses a kink or changes an order.
func (d *draw) apart(shape ...int) *Expr {
	e := d.float(0, 1, shape...)
	t := d.values[e]
	for i, k := range d.Perm(len(t.Data)) {
		t.Data[i] = 0.02*float64(k+1) + 0.01*d.Float64()
		if d.IntN(2) == 0 {
			t.Data[i] = -t.Data[i]
		}
	}
	return e
}

// ints returns an input of numbers below n.
func (d *draw) ints(n int, shape ...int) *Expr {
	e := d.g.Input(fmt.Sprintf("i%d", len(d.values)), Int, shape...)
	t := NewTensor(shape...)
	for i := range t.Data {
		t.Data[i] = float64(d.IntN(n))
	}
	d.values[e] = t
	return e
}

// convolution returns a geometry with image, filter and an input of the output's shape.
func (d *draw) convolution() (x, w, y *Expr, s ConvSpec) {
	b, c, o := 1+d.IntN(2), 1+d.IntN(3), 1+d.IntN(3)
	kh, kw := 1+d.IntN(3), 1+d.IntN(3)
	for i := range 2 {
		s.Stride[i], s.Dilation[i] = 1+d.IntN(3), 1+d.IntN(2)
		s.PadBefore[i], s.PadAfter[i] = d.IntN(3), d.IntN(3)
	}
	h, v := (kh-1)*s.Dilation[0]+1+d.IntN(4), (kw-1)*s.Dilation[1]+1+d.IntN(4)
	x, w = d.float(-1, 1, b, c, h, v), d.float(-1, 1, o, c, kh, kw)
	y = d.float(-1, 1, Conv(x, w, s).shape...)
	return x, w, y, s
}

// depthwise returns a geometry with image, filters and an input of the output's shape.
func (d *draw) depthwise() (x, w, y *Expr, s ConvSpec) {
	x, w, _, s = d.convolution()
	w = d.float(-1, 1, x.shape[1], 1, w.shape[2], w.shape[3])
	return x, w, d.float(-1, 1, DepthwiseConv(x, w, s).shape...), s
}

// pooling returns a geometry and an image it fits.
func (d *draw) pooling() (x *Expr, s PoolSpec) {
	for i := range 2 {
		s.Window[i] = 1 + d.IntN(3)
		s.Stride[i] = 1 + d.IntN(3)
		s.PadBefore[i], s.PadAfter[i] = d.IntN(s.Window[i]), d.IntN(s.Window[i])
	}
	return d.apart(1+d.IntN(2), 1+d.IntN(2), s.Window[0]+d.IntN(4), s.Window[1]+d.IntN(4)), s
}

// someAxes returns a non-empty subset of the axes.
func (d *draw) someAxes(rank int) []int {
	axes := d.Perm(rank)[:1+d.IntN(rank)]
	slices.Sort(axes)
	return axes
}

// generators makes an expression of each operation whose derivative can be checked. Leaves have none.
func generators() map[Op]func(d *draw) *Expr {
	unary := func(f func(*Expr) *Expr, lo, hi float64) func(*draw) *Expr {
		return func(d *draw) *Expr { return f(d.float(lo, hi, d.shape()...)) }
	}
	atKinks := func(f func(*Expr) *Expr) func(*draw) *Expr {
		return func(d *draw) *Expr { return f(d.apart(d.shape()...)) }
	}
	binary := func(f func(a, b *Expr) *Expr) func(*draw) *Expr {
		return func(d *draw) *Expr {
			s := d.shape()
			return f(d.float(-1, 1, s...), d.float(0.5, 2, s...))
		}
	}
	compare := func(f func(a, b *Expr) *Expr) func(*draw) *Expr {
		return func(d *draw) *Expr {
			s := d.shape()
			return ToFloat(f(d.float(-1, 0, s...), d.float(0.1, 1, s...)))
		}
	}
	logic := func(f func(a, b *Expr) *Expr) func(*draw) *Expr {
		return func(d *draw) *Expr {
			s := d.shape()
			a, b := d.apart(s...), d.apart(s...)
			zero := like(a, 0)
			return ToFloat(f(Greater(a, zero), Greater(b, zero)))
		}
	}
	return map[Op]func(d *draw) *Expr{
		OpNeg: unary(Neg, -1, 1), OpAbs: atKinks(Abs), OpSign: atKinks(Sign), OpExp: unary(Exp, -2, 2),
		OpLog: unary(Log, 0.3, 3), OpLog1p: unary(Log1p, -0.6, 3), OpSqrt: unary(Sqrt, 0.3, 3),
		OpPow:  func(d *draw) *Expr { return Pow(d.float(0.3, 2, d.shape()...), 3*d.Float64()-1) },
		OpTanh: unary(Tanh, -2, 2), OpSigmoid: unary(Sigmoid, -3, 3), OpSoftplus: unary(Softplus, -3, 3),
		OpErf: unary(Erf, -2, 2), OpSin: unary(Sin, -3, 3), OpCos: unary(Cos, -3, 3),
		OpAdd: binary(Add), OpSub: binary(Sub), OpMul: binary(Mul), OpDiv: binary(Div),
		OpGreater: compare(Greater), OpGreaterEqual: compare(GreaterEqual), OpEqual: compare(Equal), OpToFloat: compare(Less),
		OpAnd: logic(And), OpOr: logic(Or), OpNot: logic(func(a, b *Expr) *Expr { return Not(And(a, b)) }),
		OpSelect: func(d *draw) *Expr {
			s := d.shape()
			m := d.apart(s...)
			return Select(Greater(m, like(m, 0)), d.float(-1, 1, s...), d.float(-1, 1, s...))
		},
		OpSum: func(d *draw) *Expr {
			s := append(d.shape(), 1+d.IntN(4))
			return Sum(d.float(-1, 1, s...), d.someAxes(len(s))...)
		},
		OpBroadcast: func(d *draw) *Expr {
			s := append(d.shape(), 1+d.IntN(4))
			axes := d.someAxes(len(s))
			var from []int
			for _, a := range axes {
				from = append(from, s[a])
			}
			return Broadcast(d.float(-1, 1, from...), axes, s...)
		},
		OpReshape: func(d *draw) *Expr {
			a, b, c := 1+d.IntN(3), 1+d.IntN(3), 1+d.IntN(3)
			return Reshape(d.float(-1, 1, a, b*c), a*b, c)
		},
		OpTranspose: func(d *draw) *Expr {
			s := append(d.shape(), 1+d.IntN(4))
			return Transpose(d.float(-1, 1, s...), d.Perm(len(s))...)
		},
		OpSlice: func(d *draw) *Expr {
			s := []int{1 + d.IntN(6), 1 + d.IntN(6)}
			lo, hi, step := make([]int, 2), make([]int, 2), make([]int, 2)
			for i := range s {
				lo[i] = d.IntN(s[i])
				hi[i] = lo[i] + 1 + d.IntN(s[i]-lo[i])
				step[i] = 1 + d.IntN(3)
			}
			return Slice(d.float(-1, 1, s...), lo, hi, step)
		},
		OpPad: func(d *draw) *Expr {
			three := func() []int { return []int{d.IntN(3), d.IntN(3)} }
			return Pad(d.float(-1, 1, 1+d.IntN(3), 1+d.IntN(3)), three(), three(), three())
		},
		OpConcat: func(d *draw) *Expr {
			axis, s := d.IntN(2), []int{1 + d.IntN(3), 1 + d.IntN(3)}
			var xs []*Expr
			for range 2 + d.IntN(2) {
				t := slices.Clone(s)
				t[axis] = 1 + d.IntN(3)
				xs = append(xs, d.float(-1, 1, t...))
			}
			return Concat(axis, xs...)
		},
		OpOneHot: func(d *draw) *Expr { return Mul(OneHot(d.ints(4, 3), 3), d.float(-1, 1, 3, 3)) },
		OpArgMax: func(d *draw) *Expr { return ToFloat(ArgMax(d.apart(2, 3, 2), d.IntN(3))) },
		OpGather: func(d *draw) *Expr {
			axis, s := d.IntN(3), []int{2, 3, 2}
			x := d.float(-1, 1, s...)
			n := s[axis]
			s[axis] = 1 + d.IntN(5)
			return Gather(x, d.ints(n, s...), axis)
		},
		OpScatter: func(d *draw) *Expr {
			n := 1 + d.IntN(4)
			return Scatter(d.float(-1, 1, 2, 3, 2), d.ints(n, 2, 3, 2), d.IntN(3), n)
		},
		OpMatMul: func(d *draw) *Expr {
			lead, m, n, k := d.shape()[:0], 1+d.IntN(4), 1+d.IntN(4), 1+d.IntN(4)
			if d.IntN(2) == 0 {
				lead = []int{2}
			}
			ta, tb := d.IntN(2) == 0, d.IntN(2) == 0
			a, b := []int{m, k}, []int{k, n}
			if ta {
				slices.Reverse(a)
			}
			if tb {
				slices.Reverse(b)
			}
			return MatMulT(d.float(-1, 1, append(slices.Clone(lead), a...)...), d.float(-1, 1, append(slices.Clone(lead), b...)...), ta, tb)
		},
		OpConv: func(d *draw) *Expr { x, w, _, s := d.convolution(); return Conv(x, w, s) },
		OpConvInputGradient: func(d *draw) *Expr {
			x, w, y, s := d.convolution()
			return ConvInputGradient(y, w, s, x.shape[2], x.shape[3])
		},
		OpConvWeightGradient: func(d *draw) *Expr {
			x, w, y, s := d.convolution()
			return ConvWeightGradient(x, y, s, w.shape[2], w.shape[3])
		},
		OpDepthwiseConv: func(d *draw) *Expr { x, w, _, s := d.depthwise(); return DepthwiseConv(x, w, s) },
		OpDepthwiseConvInputGradient: func(d *draw) *Expr {
			x, w, y, s := d.depthwise()
			return DepthwiseConvInputGradient(y, w, s, x.shape[2], x.shape[3])
		},
		OpDepthwiseConvWeightGradient: func(d *draw) *Expr {
			x, w, y, s := d.depthwise()
			return DepthwiseConvWeightGradient(x, y, s, w.shape[2], w.shape[3])
		},
		OpSumPool: func(d *draw) *Expr { x, s := d.pooling(); return SumPool(x, s) },
		OpSumPoolTranspose: func(d *draw) *Expr {
			x, s := d.pooling()
			y := SumPool(x, s)
			return SumPoolTranspose(d.float(-1, 1, y.shape...), s, x.shape[2], x.shape[3])
		},
		OpMaxPoolIndex: func(d *draw) *Expr { x, s := d.pooling(); return MaxPool(x, s) },
	}
}

// unchecked are operations whose derivative no difference quotient shows: leaves, and what stops derivatives.
var unchecked = []Op{OpInput, OpConst, OpUniform, OpNormal, OpBernoulli, OpStopGradient}

// TestTable checks that every operation has a name of its own, all its rules, a check of its derivatives and a
// documented function that builds it.
func TestTable(t *testing.T) {
	docs := documented(t)
	names := map[string]Op{}
	for op := range opCount {
		r := op.rule()
		if old, ok := names[r.name]; ok || r.name == "" {
			t.Errorf("operations %d and %d have the name %q", old, op, r.name)
		}
		names[r.name] = op
		if r.shape == nil || r.vjp == nil || r.jvp == nil || r.eval == nil || r.rows == nil || r.family == 0 {
			t.Errorf("%s lacks a rule", r.name)
		}
		if (r.family == Product) != (r.macs != nil) {
			t.Errorf("%s: products, and nothing else, count multiply-adds", r.name)
		}
		if generators()[op] == nil && !slices.Contains(unchecked, op) {
			t.Errorf("%s has no generator", r.name)
		}
		if builder := strings.ReplaceAll(r.name, "_", ""); !docs[builder] {
			t.Errorf("%s: no documented function %s", r.name, builder)
		}
	}
}

// documented returns the lower-case names of all exported functions with a comment.
func documented(t *testing.T) map[string]bool {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Name.IsExported() && f.Doc.Text() != "" {
				out[strings.ToLower(f.Name.Name)] = true
			}
		}
	}
	return out
}

// TestGenerators checks that the expression made for an operation holds it.
func TestGenerators(t *testing.T) {
	for op, generate := range generators() {
		y := generate(newDraw(1))
		if !slices.ContainsFunc(Topological(y), func(e *Expr) bool { return e.op == op }) {
			t.Errorf("%s: %s", op, Format(y))
		}
	}
}

// TestExactZeros checks that the derivatives of steps, masks and indices are the constant 0, which the compiler
// drops, and not an expression that evaluates to it.
func TestExactZeros(t *testing.T) {
	g := NewGraph()
	x, image := g.Input("x", Float, 3), g.Input("image", Float, 1, 1, 4, 4)
	pool := PoolSpec{Window: [2]int{2, 2}}
	mask := Greater(x, like(x, 1))
	for _, y := range []*Expr{
		Sign(x), StopGradient(x), Pow(x, 0), ToFloat(mask), ToFloat(GreaterEqual(x, Neg(x))), ToFloat(Equal(x, Exp(x))),
		ToFloat(And(mask, Not(mask))), ToFloat(Or(mask, mask)), Select(mask, like(x, 2), like(x, 3)), ToFloat(ArgMax(x, 0)),
		OneHot(ArgMax(x, 0), 3), ToFloat(MaxPoolIndex(image, pool)), Gather(g.Input("y", Float, 3), ArgMax(x, 0), 0),
		g.Normal(1, 3), g.Uniform(1, 3), ToFloat(g.Bernoulli(0.5, 1, 3)), like(x, 5),
	} {
		reverse := VJP(y, g.Input("c"+fmt.Sprint(y.id), Float, y.shape...), x, image)
		for i, wrt := range []*Expr{x, image} {
			for _, d := range []*Expr{reverse[i], JVP(y, []*Expr{wrt}, []*Expr{Exp(wrt)})} {
				if v, constant := ConstValue(d); !constant || v != 0 {
					t.Errorf("%v: derivative %s, want the constant 0", y, Format(d))
				}
			}
			if s := reverse[i].shape; !s.Equal(wrt.shape) {
				t.Errorf("%v: derivative of shape %v, want %v", y, s, wrt.shape)
			}
		}
	}
}

// TestDerivatives checks the rules of every operation in first and second order at random shapes and points:
// forward mode against a central difference, reverse mode against forward mode, for the operation itself and for
// its forward and reverse derivatives as functions of the arguments.
func TestDerivatives(t *testing.T) {
	for op, generate := range generators() {
		t.Run(op.String(), func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(40) {
				d := newDraw(seed)
				y := generate(d)
				if y.err != nil {
					t.Fatalf("seed %d: %v", seed, y.err)
				}
				forward := JVP(y, d.wrt, d.directions())
				reverse := VJP(y, d.direction(y), d.wrt...)
				for _, f := range append([]*Expr{y, forward}, reverse...) {
					d.check(t, fmt.Sprintf("seed %d, %v", seed, f), f)
				}
			}
		})
	}
}

// direction returns a constant of random numbers in the shape of e.
func (d *draw) direction(e *Expr) *Expr {
	t := d.g.Input(fmt.Sprintf("t%d", len(d.values)), Float, e.shape...)
	v := NewTensor(e.shape...)
	for i := range v.Data {
		v.Data[i] = d.NormFloat64()
	}
	d.values[t] = v
	return t
}

func (d *draw) directions() []*Expr {
	out := make([]*Expr, len(d.wrt))
	for i, x := range d.wrt {
		out[i] = d.direction(x)
	}
	return out
}

// check compares the derivatives of y with respect to the float inputs.
func (d *draw) check(t *testing.T, what string, y *Expr) {
	t.Helper()
	tangents, c := d.directions(), d.direction(y)
	forward := JVP(y, d.wrt, tangents)
	reverse := VJP(y, c, d.wrt...)
	got := d.eval(t, append([]*Expr{forward, c}, append(slices.Clone(reverse), tangents...)...)...)
	// ⟨c, J·t⟩ = ⟨Jᵀ·c, t⟩
	left, size := dot(got[0], got[1])
	right := 0.0
	for i := range d.wrt {
		p, m := dot(got[2+i], got[2+len(d.wrt)+i])
		right, size = right+p, size+m
	}
	if !(math.Abs(left-right) <= 1e-12*(1+size)) {
		t.Errorf("%s: reverse mode gives %v, forward mode %v", what, right, left)
	}
	const h = 1e-5
	up, down := d.moved(t, y, tangents, h), d.moved(t, y, tangents, -h)
	for i := range up.Data {
		difference := (up.Data[i] - down.Data[i]) / (2 * h)
		// The error of a central difference is h² times a third derivative, here at most some hundred,
		// and the rounding of y divided by h.
		if tol := 1e-6 * (1 + math.Abs(difference)); !(math.Abs(difference-got[0].Data[i]) <= tol) {
			t.Errorf("%s: forward mode gives %v, the difference quotient %v", what, got[0].Data[i], difference)
			return
		}
	}
}

// dot returns Σ ab and Σ |ab|.
func dot(a, b *Tensor) (sum, size float64) {
	for i := range a.Data {
		sum += a.Data[i] * b.Data[i]
		size += math.Abs(a.Data[i] * b.Data[i])
	}
	return sum, size
}

func (d *draw) eval(t *testing.T, roots ...*Expr) []*Tensor {
	t.Helper()
	out, err := Eval(Env{Values: d.values}, roots...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// moved evaluates y with the float inputs moved along tangents.
func (d *draw) moved(t *testing.T, y *Expr, tangents []*Expr, h float64) *Tensor {
	t.Helper()
	values := map[*Expr]*Tensor{}
	for e, v := range d.values {
		values[e] = v
	}
	for i, x := range d.wrt {
		v := NewTensor(x.shape...)
		for j := range v.Data {
			v.Data[j] = d.values[x].Data[j] + h*d.values[tangents[i]].Data[j]
		}
		values[x] = v
	}
	out, err := Eval(Env{Values: values}, y)
	if err != nil {
		t.Fatal(err)
	}
	return out[0]
}
