package sym

import "fmt"

// compareRule makes the rule of an element-wise comparison: two floats or two ints of one shape
// give a bool, whose derivative is zero. A comparison with NaN is false.
func compareRule(name string, f func(a, b float64) bool) rule {
	return rule{
		name:   name,
		family: Elementwise,
		rows:   allRows,
		shape: func(args []*Expr, _ any) (Shape, DType, error) {
			a, b := args[0], args[1]
			if a.dtype == Bool || a.dtype != b.dtype {
				return nil, 0, fmt.Errorf("expected two floats or two ints, found %v and %v", a.dtype, b.dtype)
			}
			if !a.shape.Equal(b.shape) {
				return nil, 0, fmt.Errorf("expected equal shapes")
			}
			return a.shape, Bool, nil
		},
		vjp: noVJP, jvp: noJVP,
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			out := NewTensor(e.shape...)
			for i := range out.Data {
				if f(args[0].Data[i], args[1].Data[i]) {
					out.Data[i] = 1
				}
			}
			return out
		},
	}
}

// Greater returns the mask a > b, element-wise, with NumPy broadcasting.
func Greater(a, b *Expr) *Expr { return binary(OpGreater, a, b) }

func greaterRule() rule {
	return compareRule("greater", func(a, b float64) bool { return a > b })
}

// GreaterEqual returns the mask a ≥ b, element-wise, with NumPy broadcasting.
func GreaterEqual(a, b *Expr) *Expr { return binary(OpGreaterEqual, a, b) }

func greaterEqualRule() rule {
	return compareRule("greater_equal", func(a, b float64) bool { return a >= b })
}

// Equal returns the mask a = b, element-wise, with NumPy broadcasting.
func Equal(a, b *Expr) *Expr { return binary(OpEqual, a, b) }

func equalRule() rule {
	return compareRule("equal", func(a, b float64) bool { return a == b })
}

// Less returns the mask a < b, element-wise, with NumPy broadcasting.
func Less(a, b *Expr) *Expr { return Greater(b, a) }

// logicRule makes the rule of an element-wise function of masks.
func logicRule(name string, f func(args []bool) bool) rule {
	return rule{
		name:   name,
		family: Elementwise,
		rows:   allRows,
		shape: func(args []*Expr, _ any) (Shape, DType, error) {
			for _, a := range args {
				if a.dtype != Bool || !a.shape.Equal(args[0].shape) {
					return nil, 0, fmt.Errorf("expected bool arguments of equal shapes, found %v", a)
				}
			}
			return args[0].shape, Bool, nil
		},
		vjp: noVJP, jvp: noJVP,
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			out := NewTensor(e.shape...)
			in := make([]bool, len(args))
			for i := range out.Data {
				for j, a := range args {
					in[j] = a.Data[i] != 0
				}
				if f(in) {
					out.Data[i] = 1
				}
			}
			return out
		},
	}
}

// And returns the mask a ∧ b, element-wise, with NumPy broadcasting.
func And(a, b *Expr) *Expr { return binary(OpAnd, a, b) }

func andRule() rule { return logicRule("and", func(v []bool) bool { return v[0] && v[1] }) }

// Or returns the mask a ∨ b, element-wise, with NumPy broadcasting.
func Or(a, b *Expr) *Expr { return binary(OpOr, a, b) }

func orRule() rule { return logicRule("or", func(v []bool) bool { return v[0] || v[1] }) }

// Not returns the mask ¬a, element-wise.
func Not(a *Expr) *Expr { return apply(OpNot, nil, a) }

func notRule() rule { return logicRule("not", func(v []bool) bool { return !v[0] }) }

// Select returns a where mask holds and b elsewhere, element-wise, with NumPy broadcasting of the
// three. The mask's derivative is zero.
func Select(mask, a, b *Expr) *Expr {
	a, b = stretch(OpSelect, a, b)
	mask, a = stretch(OpSelect, mask, a)
	_, b = stretch(OpSelect, a, b)
	return apply(OpSelect, nil, mask, a, b)
}

func selectRule() rule {
	return rule{
		name:   "select",
		family: Elementwise,
		rows:   allRows,
		shape: func(args []*Expr, _ any) (Shape, DType, error) {
			m, a, b := args[0], args[1], args[2]
			if m.dtype != Bool || a.dtype != Float || b.dtype != Float {
				return nil, 0, fmt.Errorf("expected bool, float, float, found %v, %v, %v", m.dtype, a.dtype, b.dtype)
			}
			if !m.shape.Equal(a.shape) || !a.shape.Equal(b.shape) {
				return nil, 0, fmt.Errorf("expected equal shapes")
			}
			return a.shape, Float, nil
		},
		vjp: func(e, c *Expr) []*Expr {
			zero := like(c, 0)
			return []*Expr{nil, Select(e.args[0], c, zero), Select(e.args[0], zero, c)}
		},
		jvp: func(e *Expr, t []*Expr) *Expr {
			if t[1] == nil && t[2] == nil {
				return nil
			}
			a, b := t[1], t[2]
			if a == nil {
				a = like(e, 0)
			}
			if b == nil {
				b = like(e, 0)
			}
			return Select(e.args[0], a, b)
		},
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			out := NewTensor(e.shape...)
			for i := range out.Data {
				if args[0].Data[i] != 0 {
					out.Data[i] = args[1].Data[i]
				} else {
					out.Data[i] = args[2].Data[i]
				}
			}
			return out
		},
	}
}

// ToFloat returns an int or bool tensor as floats; its derivative is zero.
func ToFloat(x *Expr) *Expr { return apply(OpToFloat, nil, x) }

func toFloatRule() rule {
	return rule{
		name:   "to_float",
		family: Elementwise,
		rows:   allRows,
		shape: func(args []*Expr, _ any) (Shape, DType, error) {
			if args[0].dtype == Float {
				return nil, 0, fmt.Errorf("expected int or bool, found float")
			}
			return args[0].shape, Float, nil
		},
		vjp: noVJP, jvp: noJVP,
		eval: func(_ *Expr, args []*Tensor, _ *Env) *Tensor { return args[0] },
	}
}

// Maximum returns the larger of a and b, element-wise, with NumPy broadcasting; where they are
// equal the derivative goes to a.
func Maximum(a, b *Expr) *Expr {
	a, b = stretch(OpGreaterEqual, a, b)
	return Select(GreaterEqual(a, b), a, b)
}

// Minimum returns the smaller of a and b, element-wise, with NumPy broadcasting; where they are
// equal the derivative goes to a.
func Minimum(a, b *Expr) *Expr {
	a, b = stretch(OpGreaterEqual, a, b)
	return Select(GreaterEqual(b, a), a, b)
}

// ReLU returns max(x, 0), element-wise, and 0 for NaN; its derivative at 0 is 0.
func ReLU(x *Expr) *Expr { return LeakyReLU(x, 0) }

// LeakyReLU returns x where x > 0 and slope·x elsewhere, element-wise; its derivative at 0 is
// slope.
func LeakyReLU(x *Expr, slope float64) *Expr {
	zero := like(x, 0)
	if slope == 0 {
		return Select(Greater(x, zero), x, zero)
	}
	return Select(Greater(x, zero), x, Scale(x, slope))
}
