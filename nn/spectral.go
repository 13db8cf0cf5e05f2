package nn

import (
	"fmt"

	"github.com/gradreg/gradreg/sym"
)

// Spectral returns the weight w of a layer divided by its spectral norm:
//
//	w/σ,  σ = uᵀ·W·v,  v = Wᵀu₀/‖Wᵀu₀‖,  u = W·v/‖W·v‖
//
// so that the layer's matrix has the largest singular value 1 (Miyato et al. 2018, arXiv
// 1802.05957, algorithm 1). W: [n, …] is w as a matrix, whose rows are the axis of w that counts
// the layer's outputs: for the filters of a convolution [Out, C·KH·KW]. That is the norm of the
// matrix, not that of the convolution as a map of images, which may be up to √(KH·KW) times as
// large.
//
// u₀: [n] is a tensor that the model keeps, layer.u, which is not trained. Each call makes one step
// of power iteration from it, and in training Updates stores u, so that over many small steps σ
// follows the largest singular value; it is never above it. Derivatives flow through W in σ, u and
// v held, as in the paper: by ∂σ/∂W = u·vᵀ, which is exact once u and v are the singular vectors.
//
// Calls in the same step, on contexts of the same parameters, start from the same u₀ and give the
// same weight. It costs three products of the matrix with a vector. An axis that w does not have is
// an error.
func Spectral(c *Context, layer string, w *sym.Expr, outputs int) *sym.Expr {
	if w.Err() != nil {
		return w
	}
	if outputs < 0 || outputs >= len(w.Shape()) {
		err := fmt.Errorf("%s: spectral norm of a weight %v by its axis %d, expected 0 to %d",
			layer, w.Shape(), outputs, len(w.Shape())-1)
		return sym.Refuse(w, err)
	}
	matrix := rowsFirst(w, outputs)
	state := c.Params.Get(Param{Name: layer + ".u", Init: UniformStdev(1)}, matrix.Shape()[0])
	start := sym.Reshape(state.Expr, 1, matrix.Shape()[0])
	sigma, u := sym.SpectralNorm(matrix, start, 1)
	if c.Training {
		next := sym.Update{Target: state.Expr, Value: sym.Reshape(u, matrix.Shape()[0])}
		c.Updates = append(c.Updates, next)
	}
	// A weight of zeros stays one.
	return sym.Div(w, sym.AddScalar(sigma, 1e-30))
}

// rowsFirst returns w as a matrix whose rows are one of its axes.
func rowsFirst(w *sym.Expr, axis int) *sym.Expr {
	order := []int{axis}
	for i := range w.Shape() {
		if i != axis {
			order = append(order, i)
		}
	}
	n := w.Shape()[axis]
	return sym.Reshape(sym.Transpose(w, order...), n, w.Shape().Size()/n)
}
