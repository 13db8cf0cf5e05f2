package linear

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"
)

// basis says how features become coordinates: z = Qᵀ(x − mean)/scale, with orthonormal columns Q, or
// none where there are as many samples as features. A penalty of the squared length does not see the
// rotation, and a minimum has no part outside the samples' span: fewer samples than features are
// fitted in as many coordinates as there are samples.
type basis struct {
	mean  []float64 // [F]
	scale float64
	q     *factored // [F, D], nil for the identity
}

// factored are orthonormal columns as the reflections that a QR factorization leaves.
type factored struct {
	reflections blas64.General
	tau         []float64
}

// newBasis returns the basis of samples x: [N, F] and their coordinates [N, D].
func newBasis(x []float32, dim int) (b basis, z []float64, width int) {
	n := len(x) / dim
	b.mean = make([]float64, dim)
	for i, v := range x {
		b.mean[i%dim] += float64(v)
	}
	for j := range b.mean {
		b.mean[j] /= float64(n)
	}
	z = make([]float64, len(x))
	squares := 0.0
	for i, v := range x {
		z[i] = float64(v) - b.mean[i%dim]
		squares += z[i] * z[i]
	}
	if b.scale = math.Sqrt(squares / float64(n)); b.scale == 0 {
		b.scale = 1 // all samples are alike: every direction is as good
	}
	for i := range z {
		z[i] /= b.scale
	}
	if n >= dim {
		return b, z, dim
	}
	// Zᵀ = QR, so that Z = Rᵀ Qᵀ: the rows of Rᵀ are the coordinates.
	q := &factored{mat.DenseCopyOf(mat.NewDense(n, dim, z).T()).RawMatrix(), make([]float64, n)}
	work := make([]float64, 1)
	lapack64.Geqrf(q.reflections, q.tau, work, -1) // asks for the length
	work = make([]float64, int(work[0]))
	lapack64.Geqrf(q.reflections, q.tau, work, len(work))
	out := make([]float64, n*n)
	for i := range n {
		for j := range i + 1 {
			out[i*n+j] = q.reflections.Data[j*q.reflections.Stride+i]
		}
	}
	b.q = q
	return b, out, n
}

// expand returns Qv: [F] of v: [D].
func (q *factored) expand(v []float64) []float64 {
	out := make([]float64, q.reflections.Rows)
	copy(out, v)
	c := blas64.General{Rows: len(out), Cols: 1, Stride: 1, Data: out}
	work := make([]float64, 1)
	lapack64.Ormqr(blas.Left, blas.NoTrans, q.reflections, q.tau, c, work, -1)
	work = make([]float64, int(work[0]))
	lapack64.Ormqr(blas.Left, blas.NoTrans, q.reflections, q.tau, c, work, len(work))
	return out
}

// restore returns weights [F, K] and offsets [K] of the features themselves for parameters
// [K, D+1] of the coordinates.
func (b basis) restore(p []float64, kinds int) (weights, offsets []float64) {
	dim, width := len(b.mean), len(p)/kinds
	weights, offsets = make([]float64, dim*kinds), make([]float64, kinds)
	for k := range kinds {
		v := p[k*width : (k+1)*width]
		offsets[k] = v[width-1]
		w := v[:width-1]
		if b.q != nil {
			w = b.q.expand(w)
		}
		for j := range dim {
			weights[j*kinds+k] = w[j] / b.scale
			offsets[k] -= weights[j*kinds+k] * b.mean[j]
		}
	}
	return weights, offsets
}

// secondMoments returns ZᵀZ/N.
func secondMoments(z []float64, dim int) *mat.SymDense {
	var c mat.SymDense
	n := len(z) / dim
	c.SymOuterK(1/float64(n), mat.NewDense(n, dim, z).T())
	return &c
}
