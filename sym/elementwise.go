package sym

import (
	"fmt"
	"math"
)

// unaryRule makes the rule of an element-wise function f with the derivative df, an expression of
// the node e = f(x) and of x.
func unaryRule(name string, f func(float64) float64, df func(e, x *Expr) *Expr) rule {
	return rule{
		name:   name,
		family: Elementwise,
		rows:   allRows,
		shape:  floatShape,
		vjp:    func(e, c *Expr) []*Expr { return []*Expr{Mul(c, df(e, e.args[0]))} },
		jvp:    func(e *Expr, t []*Expr) *Expr { return Mul(t[0], df(e, e.args[0])) },
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			out := NewTensor(e.shape...)
			for i, v := range args[0].Data {
				out.Data[i] = f(v)
			}
			return out
		},
	}
}

// floatShape is the shape rule of element-wise operations: float arguments of one shape.
func floatShape(args []*Expr, _ any) (Shape, DType, error) {
	for _, a := range args {
		if a.dtype != Float {
			return nil, 0, fmt.Errorf("expected float arguments, found %v", a.dtype)
		}
		if !a.shape.Equal(args[0].shape) {
			return nil, 0, fmt.Errorf("expected equal shapes")
		}
	}
	return args[0].shape, Float, nil
}

// Neg returns −x, element-wise.
func Neg(x *Expr) *Expr { return apply(OpNeg, nil, x) }

func negRule() rule {
	r := unaryRule("neg", func(x float64) float64 { return -x }, nil)
	r.vjp = func(_, c *Expr) []*Expr { return []*Expr{Neg(c)} }
	r.jvp = linearJVP
	return r
}

// Abs returns |x|, element-wise; its derivative is [Sign], 0 at 0.
func Abs(x *Expr) *Expr { return apply(OpAbs, nil, x) }

func absRule() rule {
	return unaryRule("abs", math.Abs, func(_, x *Expr) *Expr { return Sign(x) })
}

// Sign returns −1, 0 or 1, element-wise; its derivative is 0 everywhere.
func Sign(x *Expr) *Expr { return apply(OpSign, nil, x) }

func signRule() rule {
	r := unaryRule("sign", func(x float64) float64 {
		switch {
		case x > 0:
			return 1
		case x < 0:
			return -1
		}
		return x // ±0 and NaN
	}, nil)
	r.vjp, r.jvp = noVJP, noJVP
	return r
}

// Exp returns eˣ, element-wise.
func Exp(x *Expr) *Expr { return apply(OpExp, nil, x) }

func expRule() rule {
	return unaryRule("exp", math.Exp, func(e, _ *Expr) *Expr { return e })
}

// Log returns the natural logarithm, element-wise: −Inf at 0, NaN below.
func Log(x *Expr) *Expr { return apply(OpLog, nil, x) }

func logRule() rule {
	return unaryRule("log", math.Log, func(_, x *Expr) *Expr { return Div(like(x, 1), x) })
}

// Log1p returns log(1+x), element-wise, accurate near 0.
func Log1p(x *Expr) *Expr { return apply(OpLog1p, nil, x) }

func log1pRule() rule {
	return unaryRule("log1p", math.Log1p, func(_, x *Expr) *Expr {
		return Div(like(x, 1), Add(like(x, 1), x))
	})
}

// Sqrt returns √x, element-wise; its derivatives of every order are those of ½/√x, and 0 at x = 0.
//
// The slope of √x at 0 is infinite, but what is differentiated in practice is a norm √(Σ x²), of
// which 0 is a subgradient at 0, the shortest one. The chain rule would make it Inf·0 = NaN.
func Sqrt(x *Expr) *Expr { return apply(OpSqrt, nil, x) }

func sqrtRule() rule {
	return unaryRule("sqrt", math.Sqrt, func(e, _ *Expr) *Expr {
		return awayFromZero(e, func(root *Expr) *Expr { return Div(like(e, 0.5), root) })
	})
}

// awayFromZero returns f(x) where x is not 0, and there 0. f does not see a 0, so that derivatives
// of the result are 0 there, too, instead of NaN. NaN stays NaN.
func awayFromZero(x *Expr, f func(x *Expr) *Expr) *Expr {
	zero := Equal(x, like(x, 0))
	return Select(zero, like(x, 0), f(Select(zero, like(x, 1), x)))
}

// Pow returns xᵖ for a constant exponent p, element-wise: NaN for x < 0 unless p is an integer. Its
// derivative is p·xᵖ⁻¹, and 0 at x = 0 where p = 0 and, as that of [Sqrt], where 0 < p < 1.
func Pow(x *Expr, p float64) *Expr { return apply(OpPow, p, x) }

func powRule() rule {
	return rule{
		name:   "pow",
		family: Elementwise,
		rows:   allRows,
		shape:  floatShape,
		vjp: func(e, c *Expr) []*Expr {
			if e.attr.(float64) == 0 {
				return noVJP(e, c)
			}
			return []*Expr{Mul(c, powSlope(e))}
		},
		jvp: func(e *Expr, t []*Expr) *Expr {
			if e.attr.(float64) == 0 {
				return nil
			}
			return Mul(t[0], powSlope(e))
		},
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			out := NewTensor(e.shape...)
			for i, v := range args[0].Data {
				out.Data[i] = math.Pow(v, e.attr.(float64))
			}
			return out
		},
	}
}

// powSlope returns p·xᵖ⁻¹.
func powSlope(e *Expr) *Expr {
	p := e.attr.(float64)
	slope := func(x *Expr) *Expr { return Scale(Pow(x, p-1), p) }
	if 0 < p && p < 1 {
		return awayFromZero(e.args[0], slope)
	}
	return slope(e.args[0])
}

// Tanh returns the hyperbolic tangent, element-wise.
func Tanh(x *Expr) *Expr { return apply(OpTanh, nil, x) }

func tanhRule() rule {
	return unaryRule("tanh", math.Tanh, func(e, _ *Expr) *Expr { return Sub(like(e, 1), Mul(e, e)) })
}

// Sigmoid returns 1/(1+e⁻ˣ), element-wise.
func Sigmoid(x *Expr) *Expr { return apply(OpSigmoid, nil, x) }

func sigmoidRule() rule {
	f := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
	return unaryRule("sigmoid", f, func(e, _ *Expr) *Expr { return Mul(e, Sub(like(e, 1), e)) })
}

// Softplus returns log(1+eˣ), element-wise, without overflow.
func Softplus(x *Expr) *Expr { return apply(OpSoftplus, nil, x) }

func softplusRule() rule {
	f := func(x float64) float64 { return math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x))) }
	return unaryRule("softplus", f, func(_, x *Expr) *Expr { return Sigmoid(x) })
}

// Erf returns the error function 2/√π ∫₀ˣ e^(−t²) dt, element-wise.
func Erf(x *Expr) *Expr { return apply(OpErf, nil, x) }

func erfRule() rule {
	return unaryRule("erf", math.Erf, func(_, x *Expr) *Expr {
		return Scale(Exp(Neg(Mul(x, x))), 2/math.Sqrt(math.Pi))
	})
}

// Sin returns the sine, element-wise, of x in radians.
func Sin(x *Expr) *Expr { return apply(OpSin, nil, x) }

func sinRule() rule {
	return unaryRule("sin", math.Sin, func(_, x *Expr) *Expr { return Cos(x) })
}

// Cos returns the cosine, element-wise, of x in radians.
func Cos(x *Expr) *Expr { return apply(OpCos, nil, x) }

func cosRule() rule {
	return unaryRule("cos", math.Cos, func(_, x *Expr) *Expr { return Neg(Sin(x)) })
}

// binary applies op after broadcasting both arguments to their common shape.
func binary(op Op, a, b *Expr) *Expr {
	a, b = stretch(op, a, b)
	return apply(op, nil, a, b)
}

// stretch broadcasts a and b to their common shape under NumPy's rule.
func stretch(op Op, a, b *Expr) (*Expr, *Expr) {
	if a == nil || b == nil || a.err != nil || b.err != nil || a.shape.Equal(b.shape) {
		return a, b
	}
	shape, err := broadcastShape(a.shape, b.shape)
	if err != nil {
		e := errorExpr(a.graph, op, []*Expr{a, b}, err)
		return e, e
	}
	return BroadcastTo(a, shape...), BroadcastTo(b, shape...)
}

// binaryRule makes the rule of an element-wise function of two floats; vjp and jvp are set by the
// caller.
func binaryRule(name string, f func(a, b float64) float64) rule {
	return rule{
		name:   name,
		family: Elementwise,
		rows:   allRows,
		shape:  floatShape,
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			out := NewTensor(e.shape...)
			for i := range out.Data {
				out.Data[i] = f(args[0].Data[i], args[1].Data[i])
			}
			return out
		},
	}
}

// Add returns a+b, element-wise, with NumPy broadcasting.
func Add(a, b *Expr) *Expr { return binary(OpAdd, a, b) }

func addRule() rule {
	r := binaryRule("add", func(a, b float64) float64 { return a + b })
	r.vjp = func(_, c *Expr) []*Expr { return []*Expr{c, c} }
	r.jvp = func(_ *Expr, t []*Expr) *Expr { return plus(t[0], t[1]) }
	return r
}

// Sub returns a−b, element-wise, with NumPy broadcasting.
func Sub(a, b *Expr) *Expr { return binary(OpSub, a, b) }

func subRule() rule {
	r := binaryRule("sub", func(a, b float64) float64 { return a - b })
	r.vjp = func(_, c *Expr) []*Expr { return []*Expr{c, Neg(c)} }
	r.jvp = func(_ *Expr, t []*Expr) *Expr {
		if t[1] == nil {
			return t[0]
		}
		return plus(t[0], Neg(t[1]))
	}
	return r
}

// Mul returns a·b, element-wise, with NumPy broadcasting.
func Mul(a, b *Expr) *Expr { return binary(OpMul, a, b) }

func mulRule() rule {
	r := binaryRule("mul", func(a, b float64) float64 { return a * b })
	r.vjp = func(e, c *Expr) []*Expr { return []*Expr{Mul(c, e.args[1]), Mul(c, e.args[0])} }
	r.jvp = bilinearJVP
	return r
}

// Div returns a/b, element-wise, with NumPy broadcasting.
func Div(a, b *Expr) *Expr { return binary(OpDiv, a, b) }

func divRule() rule {
	r := binaryRule("div", func(a, b float64) float64 { return a / b })
	r.vjp = func(e, c *Expr) []*Expr {
		ca := Div(c, e.args[1])
		return []*Expr{ca, Neg(Mul(ca, e))}
	}
	r.jvp = func(e *Expr, t []*Expr) *Expr {
		var sum *Expr
		if t[0] != nil {
			sum = Div(t[0], e.args[1])
		}
		if t[1] != nil {
			sum = plus(sum, Neg(Div(Mul(e, t[1]), e.args[1])))
		}
		return sum
	}
	return r
}

// Scale returns s·x for a constant s.
func Scale(x *Expr, s float64) *Expr { return Mul(x, x.Graph().Const(s)) }

// AddScalar returns x+s for a constant s.
func AddScalar(x *Expr, s float64) *Expr { return Add(x, x.Graph().Const(s)) }

// Square returns x², element-wise.
func Square(x *Expr) *Expr { return Mul(x, x) }
