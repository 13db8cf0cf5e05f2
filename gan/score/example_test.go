package score_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/gradreg/gradreg/gan/score"
)

// features stands for those of a network: normal numbers, of which the first is moved.
func features(seed uint64, n, d int, move float64) score.Matrix {
	random := rand.New(rand.NewPCG(seed, 0))
	m := score.Matrix{N: n, D: d}
	for i := range n * d {
		v := random.NormFloat64()
		if i%d == 0 {
			v += move
		}
		m.Values = append(m.Values, float32(v))
	}
	return m
}

// A generator that makes samples like the real ones, but a standard deviation apart in one feature.
func ExampleMeasure() {
	r, err := score.Measure(score.Sets{
		Features:  "LeNet-84",
		Generated: features(1, 2000, 8, 1),
		Real:      features(2, 2000, 8, 0),
		Other:     features(3, 2000, 8, 0),
	}, score.Options{Kernel: score.KernelOptions{Subsets: 20}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range r.Scores {
		fmt.Printf("%-20s %.2f, of real samples %.2f\n", s.Name, s.Value, *s.Real)
	}
	// Output:
	// FD, LeNet-84         1.09, of real samples 0.03
	// FD∞, LeNet-84        1.05, of real samples 0.00
	// KD, LeNet-84         0.52, of real samples 0.00
	// precision, LeNet-84  0.93, of real samples 0.94
	// recall, LeNet-84     0.92, of real samples 0.95
	// density, LeNet-84    0.88, of real samples 0.98
	// coverage, LeNet-84   0.86, of real samples 0.97
}

// A generator that gives the training set back with a little noise.
func ExampleCopying() {
	train, heldOut := features(1, 1000, 4, 0), features(2, 500, 4, 0)
	copies := features(1, 500, 4, 0)
	for i := range copies.Values {
		copies.Values[i] += 0.001
	}
	for _, generated := range []score.Matrix{copies, features(3, 500, 4, 0)} {
		c, err := score.Copying(train, heldOut, generated, score.CopyingOptions{Cells: 3})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(c.CT < -3)
	}
	// Output:
	// true
	// false
}

// Points of the mixture of 25 normal distributions, all of them on one mode.
func ExampleGaussians() {
	points := score.Matrix{N: 3, D: 2, Values: []float32{0.01, 0, 0, -0.02, 0, 0}}
	s, err := score.Gaussians(points, score.Grid(5, 2, 0.05))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf(
		"%d of %d modes, %.0f %% of the points on them, KL %.2f\n",
		s.Hit, s.Modes, 100*s.OnMode, s.ModeKL,
	)
	// Output: 1 of 25 modes, 100 % of the points on them, KL 3.22
}
