package linear

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// curvature is about the second derivative of an objective by the weights of one output, as a
// triangle: bend·C + λ = LLᵀ, C the second moments of the features. In the coordinates v = Lᵀw the
// objective bends about as much in every direction, and L-BFGS needs tens of steps instead of
// thousands.
type curvature struct {
	l2     float64
	lower  mat.TriDense
	offset float64 // L of the offset
}

// newCurvature factors bend·C + λ. moments is C.
func newCurvature(moments *mat.SymDense, bend, l2 float64) (*curvature, error) {
	n := moments.SymmetricDim()
	h := mat.NewSymDense(n, nil)
	for i := range n {
		for j := i; j < n; j++ {
			h.SetSym(i, j, bend*moments.At(i, j))
		}
		h.SetSym(i, i, h.At(i, i)+l2)
	}
	var factor mat.Cholesky
	if !factor.Factorize(h) {
		return nil, fmt.Errorf("the features' second moments and λ %g have no Cholesky factor", l2)
	}
	c := &curvature{l2: l2, offset: math.Sqrt(bend)}
	factor.LTo(&c.lower)
	return c, nil
}

// solve writes over v: [K, D+1] the parameters p with Lᵀp = v, or with transposed the gradient g
// with Lg = v.
func (c *curvature) solve(v []float64, transposed blas.Transpose) {
	n, _ := c.lower.Dims()
	for p := range slices.Chunk(v, n+1) {
		blas64.Trsv(transposed, c.lower.RawTriangular(), blas64.Vector{N: n, Data: p, Inc: 1})
		p[n] /= c.offset
	}
}

// multiply writes over p: [K, D+1] v = Lᵀp.
func (c *curvature) multiply(p []float64) {
	n, _ := c.lower.Dims()
	for v := range slices.Chunk(p, n+1) {
		blas64.Trmv(blas.Trans, c.lower.RawTriangular(), blas64.Vector{N: n, Data: v, Inc: 1})
		v[n] *= c.offset
	}
}

// errUnfinished is a fit that did not come to the minimum.
type errUnfinished struct {
	least, tolerance float64
	cause            error
}

// Error returns one line.
func (e errUnfinished) Error() string {
	text := fmt.Sprintf("the fit ended with a gradient of %.2g, expected at most %.2g", e.least, e.tolerance)
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

// Unwrap returns why the search ended.
func (e errUnfinished) Unwrap() error { return e.cause }

// minimize returns the parameters where the objective's gradient is at most tolerance in every
// direction of the coordinates v, from a start: [K, D+1]; with [errUnfinished] those it came to.
func (o *objective) minimize(start []float64, c *curvature, tolerance float64) ([]float64, error) {
	start = o.fix(start)
	c.multiply(start)
	p, gradient := make([]float64, len(start)), make([]float64, len(start))
	var at []float64 // that p, gradient and value are of
	value := 0.0
	evaluate := func(v []float64) {
		if at != nil && slices.Equal(at, v) {
			return
		}
		at = append(at[:0], v...)
		copy(p, v)
		c.solve(p, blas.Trans)
		value = o.value(gradient, p)
		c.solve(gradient, blas.NoTrans)
	}
	evaluate(start)
	best, least := slices.Clone(start), floats.Norm(gradient, math.Inf(1))
	var unfinished error
	if least > tolerance {
		result, err := optimize.Minimize(optimize.Problem{
			Func: func(v []float64) float64 { evaluate(v); return value },
			Grad: func(g, v []float64) { evaluate(v); copy(g, gradient) },
		}, start, &optimize.Settings{
			GradientThreshold: tolerance, Converger: optimize.NeverTerminate{}, MajorIterations: maxIterations,
		}, &optimize.LBFGS{Store: 20})
		if result == nil {
			return nil, err
		}
		// A line search that cannot go on where rounding is as large as what is left to gain says so;
		// the gradient tells whether that is the minimum.
		best = result.X
		evaluate(best)
		least = floats.Norm(gradient, math.Inf(1))
		if !(least <= 1e3*tolerance) {
			unfinished = errUnfinished{least, tolerance, err}
		}
	}
	copy(p, best)
	c.solve(p, blas.Trans)
	return o.fix(p), unfinished
}

// maxIterations bounds the steps of a fit, which takes some tens.
const maxIterations = 2000
