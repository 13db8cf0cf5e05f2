package score

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/stats"
)

// KernelOptions are how a kernel distance is computed.
type KernelOptions struct {
	Subsets int    // number of pairs of subsets; 100 if 0
	Size    int    // samples of a subset; 1000 if 0
	Seed    uint64 // of the subsets
}

// KernelScore is a kernel distance.
type KernelScore struct {
	Mean float64 `json:"mean"` // over the subsets; may be negative
	SD   float64 `json:"sd"`   // of the subsets, with denominator Subsets − 1
	// StandardError is SD/√k with k the number of subsets, but at most that of subsets without
	// common samples: further ones tell nothing new.
	StandardError float64 `json:"standard_error"`
	Subsets       int     `json:"subsets"`
	Size          int     `json:"size"`
}

// Kernel returns the kernel distance (kernel inception distance, of whatever features): the squared
// maximum mean discrepancy with k(x, y) = (x·y/d + 1)³, by the unbiased estimator
//
//	Σ_{i≠j} k(xᵢ, xⱼ)/(m(m−1)) + Σ_{i≠j} k(yᵢ, yⱼ)/(m(m−1)) − 2·Σ_{i,j} k(xᵢ, yⱼ)/m²
//
// averaged over random subsets of m samples of each set, drawn without repetition within a subset.
// Two sets of one distribution have values about 0, half of them negative; that is right and not
// cut off. In float64.
//
// Traps: leaving i = j in the sums makes a value that is too large by about E k(x, x)·2/m. A subset
// larger than a set is an error; the default of 1000 needs 1000 samples.
//
// Source: Bińkowski et al., "Demystifying MMD GANs", ICLR 2018, section 4.
func Kernel(a, b Matrix, o KernelOptions) (KernelScore, error) {
	if o.Subsets == 0 {
		o.Subsets = 100
	}
	if o.Size == 0 {
		o.Size = 1000
	}
	if err := checkAll(named{"first set", 2, a}, named{"second set", 2, b}); err != nil {
		return KernelScore{}, err
	}
	all := min(a.N, b.N)
	switch {
	case o.Subsets < 1:
		return KernelScore{}, fault.Inputf("%d subsets, expected at least 1", o.Subsets)
	case o.Size < 2:
		return KernelScore{}, fault.Inputf("subsets of %d samples, expected at least 2", o.Size)
	case o.Size > all:
		return KernelScore{}, fault.Inputf(
			"subsets of %d samples of sets of %d and %d, expected subsets of at most %d",
			o.Size, a.N, b.N, all,
		)
	}
	values := make([]float64, o.Subsets)
	each(o.Subsets, func(i int) {
		random := generator(o.Seed, i)
		values[i] = discrepancy(
			a.Rows(choose(random, a.N, o.Size)),
			b.Rows(choose(random, b.N, o.Size)),
		)
	})
	s := stats.Summarize(values)
	independent := math.Min(float64(o.Subsets), float64(all)/float64(o.Size))
	return KernelScore{s.Mean, s.SD, s.SD / math.Sqrt(independent), o.Subsets, o.Size}, nil
}

// discrepancy is the unbiased estimator of two sets of equal size.
func discrepancy(a, b Matrix) float64 {
	x, y := general(a), general(b)
	m := float64(a.N)
	return 2*(pairs(x)+pairs(y))/(m*(m-1)) - 2*cross(x, y)/(m*m)
}

// general returns a matrix as gonum's BLAS takes it.
func general(m Matrix) blas64.General {
	data := make([]float64, len(m.Values))
	for i, v := range m.Values {
		data[i] = float64(v)
	}
	return blas64.General{Rows: m.N, Cols: m.D, Stride: m.D, Data: data}
}

// cubic is the kernel of two samples with x·y/d.
func cubic(product float64) float64 { return (product + 1) * (product + 1) * (product + 1) }

// pairs returns the sum of the kernel over all pairs i < j of a set.
func pairs(x blas64.General) float64 {
	n := x.Rows
	products := blas64.Symmetric{N: n, Stride: n, Data: make([]float64, n*n), Uplo: blas.Upper}
	blas64.Syrk(blas.NoTrans, 1/float64(x.Cols), x, 0, products)
	sum := 0.0
	for i := range n {
		row := 0.0
		for _, p := range products.Data[i*n+i+1 : (i+1)*n] {
			row += cubic(p)
		}
		sum += row
	}
	return sum
}

// cross returns the sum of the kernel over all pairs of two sets.
func cross(x, y blas64.General) float64 {
	n := y.Rows
	products := blas64.General{Rows: x.Rows, Cols: n, Stride: n, Data: make([]float64, x.Rows*n)}
	blas64.Gemm(blas.NoTrans, blas.Trans, 1/float64(x.Cols), x, y, 0, products)
	sum := 0.0
	for i := range x.Rows {
		row := 0.0
		for _, p := range products.Data[i*n:][:n] {
			row += cubic(p)
		}
		sum += row
	}
	return sum
}
