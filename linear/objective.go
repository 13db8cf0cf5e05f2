package linear

import (
	"slices"

	"gonum.org/v1/gonum/floats"
)

// samples are features in some basis, with targets.
type samples struct {
	z       []float64 // [N, D]
	dim     int       // D
	targets []float32 // [N, K]
	kinds   int       // K
	loss    loss
}

// row returns the features of a sample.
func (s *samples) row(n int) []float64 { return s.z[n*s.dim : (n+1)*s.dim] }

// target returns the targets of a sample.
func (s *samples) target(n int) []float32 { return s.targets[n*s.kinds : (n+1)*s.kinds] }

// width is the number of parameters of an output: its weights and then its offset.
func (s *samples) width() int { return s.dim + 1 }

// outputs writes Wᵀz + b of a sample for parameters p: [K, D+1].
func (s *samples) outputs(f, p []float64, n int) {
	z, width := s.row(n), s.width()
	for k := range f {
		w := p[k*width : (k+1)*width]
		f[k] = floats.Dot(w[:s.dim], z) + w[s.dim]
	}
}

// mean returns the mean loss of the chosen samples.
func (s *samples) mean(p []float64, chosen []int) float64 {
	return floats.Sum(s.lossesOf(p, chosen)) / float64(len(chosen))
}

// lossesOf returns the loss of each of the chosen samples.
func (s *samples) lossesOf(p []float64, chosen []int) []float64 {
	f, losses := make([]float64, s.kinds), make([]float64, len(chosen))
	for i, n := range chosen {
		s.outputs(f, p, n)
		losses[i] = s.loss(f, f, s.target(n))
	}
	return losses
}

// objective is J of the chosen samples for one λ.
type objective struct {
	*samples
	chosen []int
	l2     float64
	// fixed are the outputs whose offset is all that they have, for their target is constant among
	// the chosen samples, and what the offset is: without a penalty it would have no finite minimum.
	fixed map[int]float64
	f     []float64 // [K]
}

// value returns J at p: [K, D+1] and writes its gradient.
func (o *objective) value(gradient, p []float64) float64 {
	clear(gradient)
	width, scale := o.width(), 1/float64(len(o.chosen))
	sum := 0.0
	for _, n := range o.chosen {
		o.outputs(o.f, p, n)
		sum += o.loss(o.f, o.f, o.target(n))
		z := o.row(n)
		for k, d := range o.f {
			g := gradient[k*width : (k+1)*width]
			floats.AddScaled(g[:o.dim], d*scale, z)
			g[o.dim] += d * scale
		}
	}
	sum *= scale
	for k := range o.kinds {
		w, g := p[k*width:k*width+o.dim], gradient[k*width:k*width+o.dim]
		sum += o.l2 / 2 * floats.Dot(w, w)
		floats.AddScaled(g, o.l2, w)
		if _, ok := o.fixed[k]; ok {
			clear(gradient[k*width : (k+1)*width])
		}
	}
	return sum
}

// fix gives the outputs that are fixed what they have.
func (o *objective) fix(p []float64) []float64 {
	p = slices.Clone(p)
	for k, offset := range o.fixed {
		clear(p[k*o.width() : (k+1)*o.width()])
		p[(k+1)*o.width()-1] = offset
	}
	return p
}
