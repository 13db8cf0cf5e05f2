package score

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/gradreg/gradreg/internal/fault"
)

// enoughPerNumber is how many samples for each of the d numbers of a sample a Fréchet distance
// should have. Its bias falls as d²/N.
const enoughPerNumber = 10

// FrechetScore is a Fréchet distance.
type FrechetScore struct {
	Value   float64 `json:"value"`
	Samples int     `json:"samples"` // of the smaller set
	// Warning says that there are few samples for the number of features, "" if there are enough.
	Warning string `json:"warning,omitempty"`
}

// Frechet returns the squared Fréchet distance of the normal distributions with the means and
// covariances of two sets of samples,
//
//	FD = ‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2·(√Σ₁·Σ₂·√Σ₁)^½)
//
// with covariances of denominator N − 1. It is a number ≥ 0, symmetric in the sets. The last trace
// is the sum of the singular values of √Σ₂·√Σ₁, whose squares are the eigenvalues of √Σ₁·Σ₂·√Σ₁: no
// root of a matrix that is not symmetric is taken, which could be complex, and eigenvalues of Σ
// that rounding makes negative count as 0.
//
// Traps: the value of finite samples is too large, by an amount that falls as 1/N and depends on
// the distribution. So compare values of equal N only, and beside two sets of real samples of that
// N; or use [FrechetLimit]. Values of other features, among them those of Inception (FID), are
// other numbers. At most d samples of d numbers have a singular covariance and are an error; fewer
// than 10·d are a warning.
//
// Source: Dowson and Landau, "The Fréchet distance between multivariate normal distributions",
// Journal of Multivariate Analysis 12 (1982), equation 4; Heusel et al., "GANs trained by a two
// time-scale update rule converge to a local Nash equilibrium", NeurIPS 2017, equation 6.
func Frechet(a, b Matrix) (FrechetScore, error) {
	if err := checkFrechet(a, b); err != nil {
		return FrechetScore{}, err
	}
	value, err := frechet(momentsOf(a), momentsOf(b))
	if err != nil {
		return FrechetScore{}, err
	}
	s := FrechetScore{Value: value, Samples: min(a.N, b.N)}
	if enough := enoughPerNumber * a.D; s.Samples < enough {
		s.Warning = fmt.Sprintf(
			"%d samples of %d numbers: the Fréchet distance is much too large below %d samples",
			s.Samples, a.D, enough,
		)
	}
	return s, nil
}

// checkFrechet checks two sets for a Fréchet distance.
func checkFrechet(a, b Matrix) error {
	if err := checkAll(named{"first set", 2, a}, named{"second set", 2, b}); err != nil {
		return err
	}
	if n := min(a.N, b.N); n <= a.D {
		return fault.Inputf(
			"%d samples of %d numbers have a singular covariance, expected at least %d samples,"+
				" for a useful Fréchet distance %d", n, a.D, a.D+1, enoughPerNumber*a.D,
		)
	}
	return nil
}

// moments are mean and covariance.
type moments struct {
	mean       []float64
	covariance *mat.SymDense
}

// momentsOf returns the moments of at least two samples.
func momentsOf(m Matrix) moments {
	values := make([]float64, len(m.Values))
	mean := make([]float64, m.D)
	for i, v := range m.Values {
		values[i] = float64(v)
		mean[i%m.D] += float64(v) / float64(m.N)
	}
	covariance := mat.NewSymDense(m.D, nil)
	stat.CovarianceMatrix(covariance, mat.NewDense(m.N, m.D, values), nil)
	return moments{mean, covariance}
}

// frechet returns the squared Fréchet distance of two normal distributions.
func frechet(a, b moments) (float64, error) {
	rootA, err := root(a.covariance)
	if err != nil {
		return 0, err
	}
	rootB, err := root(b.covariance)
	if err != nil {
		return 0, err
	}
	var product mat.Dense
	product.Mul(rootB, rootA)
	var svd mat.SVD
	if !svd.Factorize(&product, mat.SVDNone) {
		return 0, fmt.Errorf("the singular values of √Σ₂·√Σ₁ were not found")
	}
	between := floats.Distance(a.mean, b.mean, 2)
	variances := mat.Trace(a.covariance) + mat.Trace(b.covariance)
	value := between*between + variances - 2*floats.Sum(svd.Values(nil))
	return max(value, 0), nil // rounding makes it negative where the distributions are equal
}

// root returns the symmetric root of a positive semidefinite matrix.
func root(m *mat.SymDense) (*mat.Dense, error) {
	var eigen mat.EigenSym
	if !eigen.Factorize(m, true) {
		return nil, fmt.Errorf("the eigenvalues of the covariance were not found")
	}
	var vectors, scaled, r mat.Dense
	eigen.VectorsTo(&vectors)
	roots := eigen.Values(nil)
	for i, v := range roots {
		roots[i] = math.Sqrt(max(v, 0))
	}
	scaled.Apply(func(_, j int, v float64) float64 { return v * roots[j] }, &vectors)
	r.Mul(&scaled, vectors.T())
	return &r, nil
}
