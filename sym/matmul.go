package sym

import (
	"fmt"
	"slices"
)

// MatMulAttr is the attribute of an OpMatMul node: which argument is transposed in its last two
// axes.
type MatMulAttr struct{ TransA, TransB bool }

// MatMul returns the matrix products a·b over the last two axes, [..., M, K]·[..., K, N] →
// [..., M, N]; the leading axes are equal.
func MatMul(a, b *Expr) *Expr { return MatMulT(a, b, false, false) }

// MatMulT is [MatMul] of aᵀ if transA and of bᵀ if transB; a is then [..., K, M] and b is [..., N,
// K].
func MatMulT(a, b *Expr, transA, transB bool) *Expr {
	return apply(OpMatMul, MatMulAttr{transA, transB}, a, b)
}

// matMulDims returns M, N, K and the inner extent of b, which has to equal K.
func matMulDims(a, b Shape, t MatMulAttr) (m, n, k, kb int) {
	m, k = a[len(a)-2], a[len(a)-1]
	if t.TransA {
		m, k = k, m
	}
	kb, n = b[len(b)-2], b[len(b)-1]
	if t.TransB {
		kb, n = n, kb
	}
	return m, n, k, kb
}

func matMulRule() rule {
	return rule{
		name:   "matmul",
		family: Product,
		rows:   matMulRows,
		macs:   matMulMACs,
		shape: func(args []*Expr, attr any) (Shape, DType, error) {
			a, b := args[0], args[1]
			if a.dtype != Float || b.dtype != Float || len(a.shape) < 2 || len(a.shape) != len(b.shape) {
				return nil, 0, fmt.Errorf("expected two floats of equal rank, at least 2")
			}
			r := len(a.shape) - 2
			if !a.shape[:r].Equal(b.shape[:r]) {
				return nil, 0, fmt.Errorf("leading axes differ")
			}
			m, n, k, kb := matMulDims(a.shape, b.shape, attr.(MatMulAttr))
			if k != kb {
				return nil, 0, fmt.Errorf("inner extents differ: %d and %d", k, kb)
			}
			return append(slices.Clone(a.shape[:r]), m, n), Float, nil
		},
		// c = A·B gives Ā = c·Bᵀ and B̄ = Aᵀ·c; the transposed forms follow by transposing both
		// sides.
		vjp: func(e, c *Expr) []*Expr {
			a, b, t := e.args[0], e.args[1], e.attr.(MatMulAttr)
			ca := MatMulT(c, b, false, !t.TransB)
			if t.TransA {
				ca = MatMulT(b, c, t.TransB, true)
			}
			cb := MatMulT(a, c, !t.TransA, false)
			if t.TransB {
				cb = MatMulT(c, a, true, t.TransA)
			}
			return []*Expr{ca, cb}
		},
		jvp: bilinearJVP,
		eval: func(e *Expr, args []*Tensor, _ *Env) *Tensor {
			a, b, t := args[0], args[1], e.attr.(MatMulAttr)
			out := NewTensor(e.shape...)
			m, n, k, _ := matMulDims(a.Shape, b.Shape, t)
			at := func(x *Tensor, base, rows, cols, i, j int, trans bool) float64 {
				if trans {
					return x.Data[base+j*rows+i]
				}
				return x.Data[base+i*cols+j]
			}
			for batch := range len(out.Data) / (m * n) {
				for i := range m {
					for j := range n {
						sum := 0.0
						for p := range k {
							sum += at(a, batch*m*k, m, k, i, p, t.TransA) * at(b, batch*k*n, k, n, p, j, t.TransB)
						}
						out.Data[batch*m*n+i*n+j] = sum
					}
				}
			}
			return out
		},
	}
}
