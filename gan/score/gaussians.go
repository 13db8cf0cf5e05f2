package score

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/gradreg/gradreg/internal/fault"
)

// onModeSigmas is how far from a centre a sample of high quality may be, in standard deviations.
const onModeSigmas = 3

// leastOnMode is the share of a normal distribution within 3σ below which that is no test of a
// mode: it falls with the dimension.
const leastOnMode = 0.01

// Mixture is a mixture of normal distributions of equal weight, N(centre, σ²·1).
type Mixture struct {
	Centres Matrix
	Sigma   float64
}

// Grid returns the mixture of side·side points of the plane, a multiple of spacing apart and around
// the origin: Grid(5, 2, 0.05) is the one of published tables.
func Grid(side int, spacing, sigma float64) Mixture {
	m := Mixture{Matrix{N: side * side, D: 2}, sigma}
	middle := float64(side-1) / 2
	for i := range side {
		for j := range side {
			m.Centres.Values = append(
				m.Centres.Values,
				float32(spacing*(float64(i)-middle)), float32(spacing*(float64(j)-middle)),
			)
		}
	}
	return m
}

// Ring returns the mixture of n points evenly spaced on a circle around the origin, the first at
// (radius, 0).
func Ring(n int, radius, sigma float64) Mixture {
	m := Mixture{Matrix{N: n, D: 2}, sigma}
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		m.Centres.Values = append(m.Centres.Values, float32(radius*cos), float32(radius*sin))
	}
	return m
}

// GaussianScore is how points follow a mixture of normal distributions.
type GaussianScore struct {
	Modes int `json:"modes"` // K
	// Hit is the number of modes with at least one point within 3σ. One is enough: a weak score.
	Hit int `json:"hit"`
	// OnMode is the share of points within 3σ of a centre; RealOnMode what the mixture itself has.
	OnMode     float64 `json:"on_mode"`
	RealOnMode float64 `json:"real_on_mode"`
	// KL is KL(p̂ ‖ q) over K+1 bins: the points within 3σ of each mode, and those off all modes.
	KL float64 `json:"kl"`
	// ModeKL is KL(p̂ ‖ uniform) over the K modes of the points on them, ln K without any.
	ModeKL float64 `json:"mode_kl"`
	Counts []int   `json:"counts"` // points within 3σ of each mode
}

// Gaussians compares points with a mixture of K modes in D dimensions. A point belongs to the
// nearest centre, the first of equally near ones, and is on the mode (of high quality) within 3σ:
//
//	on-mode share    points on a mode / points; the mixture's own is P(χ²_D ≤ 9), in the plane
//	                 1 − e^(−4.5) = 0.9889
//	KL               KL(p̂ ‖ q) in nats over K+1 bins, q = P(χ²_D ≤ 9)/K of each mode, rest off
//	mode KL          KL(p̂ ‖ uniform) of the points on modes by mode
//
// The last one is the reverse KL divergence of published tables, as PacGAN's code has it; it does
// not see points between modes, the one over K+1 bins does. q takes modes to be more than 6σ apart.
//
// Source: Srivastava et al., "VEEGAN: reducing mode collapse in GANs using implicit variational
// learning", NeurIPS 2017, section 5.1; Lin et al., "PacGAN", NeurIPS 2018, section 4.1.
func Gaussians(points Matrix, mixture Mixture) (GaussianScore, error) {
	err := checkAll(named{"centres", 1, mixture.Centres}, named{"points", 1, points})
	if err != nil {
		return GaussianScore{}, err
	}
	if !(mixture.Sigma > 0) || math.IsInf(mixture.Sigma, 0) {
		return GaussianScore{}, fault.Inputf("σ is %v, expected a number above 0", mixture.Sigma)
	}
	real := distuv.ChiSquared{K: float64(points.D)}.CDF(onModeSigmas * onModeSigmas)
	if real < leastOnMode {
		return GaussianScore{}, fault.Inputf(
			"in %d dimensions %.2g of a normal distribution is within %dσ, expected at least %v",
			points.D, real, onModeSigmas, leastOnMode,
		)
	}
	f, err := newFrame(mixture.Centres, points)
	if err != nil {
		return GaussianScore{}, err
	}
	k := mixture.Centres.N
	on := make([]int, k+1) // points on each mode, and off all
	for _, near := range nearest(points.in(f), mixture.Centres.in(f), 1, false) {
		mode := near[0].Index
		if near[0].Distance > onModeSigmas*mixture.Sigma {
			mode = k
		}
		on[mode]++
	}
	s := GaussianScore{
		Modes: k, Counts: on[:k], OnMode: 1 - float64(on[k])/float64(points.N),
		RealOnMode: real,
	}
	if s.Hit, s.ModeKL = divergence(s.Counts, uniform(k)); s.Hit == 0 {
		s.ModeKL = math.Log(float64(k))
	}
	q := append(uniform(k), 1-s.RealOnMode)
	for i := range k {
		q[i] *= s.RealOnMode
	}
	_, s.KL = divergence(on, q)
	return s, nil
}
