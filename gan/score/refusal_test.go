package score

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/fault"
)

// scores calls every score of matrices, with small options.
var scores = map[string]func(a, b Matrix) error{
	"Frechet":      func(a, b Matrix) error { _, err := Frechet(a, b); return err },
	"FrechetLimit": func(a, b Matrix) error { _, err := FrechetLimit(a, b, LimitOptions{Sizes: 2, Smallest: 4}); return err },
	"Kernel":       func(a, b Matrix) error { _, err := Kernel(a, b, KernelOptions{Subsets: 2, Size: 2}); return err },
	"Neighbours":   func(a, b Matrix) error { _, err := Neighbours(a, b, 1); return err },
	"Copying":      func(a, b Matrix) error { _, err := Copying(a, b, b, CopyingOptions{Cells: 1, Least: 1}); return err },
	"Nearest":      func(a, b Matrix) error { _, err := Nearest(a, b, NearestOptions{K: math.MaxInt}); return err },
	"Gaussians":    func(a, b Matrix) error { _, err := Gaussians(a, Mixture{b, 1}); return err },
	"Mirrored":     func(a, _ Matrix) error { _, err := Mirrored(a, 1); return err },
	"Softmax":      func(a, _ Matrix) error { _, err := Softmax(a); return err },
	"Predicted":    func(a, _ Matrix) error { _, err := Predicted(a); return err },
	"Confident":    func(a, _ Matrix) error { _, err := Confident(a, 0); return err },
	"Classifier":   func(a, _ Matrix) error { _, err := Classifier(a); return err },
	"Measure": func(a, b Matrix) error {
		_, err := Measure(Sets{
			Features: "f", Generated: a, Real: b, Other: b, Train: b, HeldOut: b,
			Classifier: "c", GeneratedClasses: a, OtherClasses: a, Shares: []float64{0.5, 0.5},
		}, Options{Kernel: KernelOptions{Size: 2}, Limit: LimitOptions{Sizes: 2, Smallest: 4}})
		return err
	},
}

// TestBadMatrices gives every score broken matrices in each place: an error of the input, no panic.
func TestBadMatrices(t *testing.T) {
	good := normal(1, 9, 2)
	with := func(v float64) Matrix {
		m := changed(good, 1, 0)
		m.Values[7] = float32(v)
		return m
	}
	for name, bad := range map[string]Matrix{
		"NaN": with(math.NaN()), "+Inf": with(math.Inf(1)), "-Inf": with(math.Inf(-1)),
		"zero": {}, "no columns": {N: 9}, "too few values": {9, 2, good.Values[:17]},
		"one more row": {10, 2, good.Values}, "negative": {-9, -2, good.Values}, "overflow": {1 << 62, 4, nil},
	} {
		for score, f := range scores {
			single := score == "Mirrored" || score == "Softmax" || score == "Predicted" || score == "Confident" || score == "Classifier"
			if err := f(bad, good); !fault.IsInput(err) {
				t.Errorf("%s of %s: %v, expected an error of the input", score, name, err)
			}
			if err := f(good, bad); !single && !fault.IsInput(err) {
				t.Errorf("%s of another %s: %v, expected an error of the input", score, name, err)
			}
		}
	}
	for score, f := range scores {
		if score == "Confident" || score == "Classifier" || score == "Measure" || score == "Softmax" || score == "Predicted" || score == "Mirrored" {
			continue
		}
		if err := f(good, normal(2, 9, 3)); !fault.IsInput(err) || !strings.Contains(err.Error(), "expected 2") && !strings.Contains(err.Error(), "expected 3") {
			t.Errorf("%s of samples of 2 and 3 numbers: %v", score, err)
		}
		if err := f(good, normal(2, 9, 2)); err != nil {
			t.Errorf("%s of good samples: %v", score, err)
		}
	}
}

// TestAnyMatrix gives every score matrices of any small shape, with numbers of all sizes.
func TestAnyMatrix(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	draw := func() Matrix {
		m := Matrix{random.IntN(12), 1 + random.IntN(3), nil}
		for range m.N * m.D {
			m.Values = append(m.Values, []float32{0, 1, -1, 0.5, 3e38, -3e38, 1e-45, 7}[random.IntN(8)])
		}
		return m
	}
	for range 300 {
		a, b := draw(), draw()
		for score, f := range scores {
			if err := f(a, b); err != nil && !fault.IsInput(err) {
				t.Errorf("%s of %v and %v: %v", score, a, b, err)
			}
		}
	}
}

// TestRefusals checks what errors say.
func TestRefusals(t *testing.T) {
	a := normal(1, 50, 4)
	p := Matrix{1, 2, []float32{0.5, 0.5}}
	for _, c := range []struct {
		says string
		err  func() error
	}{
		{"50 samples of 60 numbers have a singular covariance, expected at least 61 samples, for a useful Fréchet distance 600", func() error { _, err := Frechet(normal(1, 50, 60), normal(2, 90, 60)); return err }},
		{"4 samples of 4 numbers have a singular covariance, expected at least 5", func() error { _, err := Frechet(a, normal(2, 4, 4)); return err }},
		{"expected at least 2", func() error { _, err := Frechet(normal(1, 1, 4), a); return err }},
		{"subsets of 1000 samples of sets of 50 and 50, expected subsets of at most 50", func() error { _, err := Kernel(a, a, KernelOptions{}); return err }},
		{"subsets of 40 samples of sets of 50 and 30, expected subsets of at most 30", func() error { _, err := Kernel(a, a.First(30), KernelOptions{Size: 40}); return err }},
		{"-1 subsets", func() error { _, err := Kernel(a, a, KernelOptions{Subsets: -1}); return err }},
		{"subsets of 1 samples", func() error { _, err := Kernel(a, a, KernelOptions{Size: 1}); return err }},
		{"neighbour 50 of 50 real and 50 generated samples", func() error { _, err := Neighbours(a, a, 50); return err }},
		{"neighbour -1", func() error { _, err := Neighbours(a, a, -1); return err }},
		{"a line through 1 sizes", func() error { _, err := FrechetLimit(a, a, LimitOptions{Sizes: 1}); return err }},
		{"the smallest is at least 5", func() error { _, err := FrechetLimit(a, a, LimitOptions{Smallest: 3}); return err }},
		{"the largest at least 62", func() error { _, err := FrechetLimit(a, a, LimitOptions{Smallest: 48}); return err }},
		{"none of 2 cells has 20 of 50 held-out and 20 of 10 generated samples", func() error { _, err := Copying(a, a, a.First(10), CopyingOptions{Cells: 2}); return err }},
		{"-1 cells", func() error { _, err := Copying(a, a, a, CopyingOptions{Cells: -1}); return err }},
		{"lines of 3", func() error { _, err := Copying(a, a, a, CopyingOptions{MirrorWidth: 3}); return err }},
		{"lines of -1", func() error { _, err := Nearest(a, a, NearestOptions{MirrorWidth: -1}); return err }},
		{"-2 nearest", func() error { _, err := Nearest(a, a, NearestOptions{K: -2}); return err }},
		{"class of sample 1 is 3, expected 0 … 2", func() error { _, err := Classes([]int{0, 3}, uniform(3)); return err }},
		{"no samples", func() error { _, err := Classes(nil, uniform(3)); return err }},
		{"the sum of 2 shares is 0.75, expected 1", func() error { _, err := Classes([]int{0}, []float64{0.5, 0.25}); return err }},
		{"share 1 is NaN", func() error { _, err := Classes([]int{0}, []float64{1, math.NaN()}); return err }},
		{"share 1 is -1", func() error { _, err := ModeFloor([]float64{2, -1}, 1, 1, 0); return err }},
		{"0 draws of 5 samples", func() error { _, err := ModeFloor(uniform(2), 5, 0, 0); return err }},
		{"1 samples of class 1 with share 0", func() error { _, err := Classes([]int{0, 1}, []float64{1, 0}); return err }},
		{"0 modes", func() error { _, err := Modes([]int{0}, 0); return err }},
		{"blue: class of sample 0 is 10", func() error { _, err := Stacked([]int{1}, []int{1}, []int{10}, 10); return err }},
		{"1, 2 and 1 classes", func() error { _, err := Stacked([]int{1}, []int{1, 2}, []int{1}, 10); return err }},
		{"classes: no samples", func() error { _, err := Shares(nil, 2); return err }},
		{"a threshold of 1", func() error { _, err := Confident(p, 1); return err }},
		{"the sum of sample 0 is 2", func() error { _, err := Classifier(Matrix{1, 2, []float32{1, 1}}); return err }},
		{"-1 of class 1", func() error { _, err := Confident(Matrix{1, 2, []float32{2, -1}}, 0); return err }},
		{"1 class, expected at least 2", func() error { _, err := Classifier(Matrix{1, 1, []float32{1}}); return err }},
		{"σ is 0", func() error { _, err := Gaussians(a.First(1), Mixture{Centres: a}); return err }},
		{"σ is NaN", func() error { _, err := Gaussians(a, Mixture{a, math.NaN()}); return err }},
		{"in 40 dimensions", func() error { _, err := Gaussians(normal(1, 3, 40), Mixture{normal(1, 3, 40), 1}); return err }},
		{"centres", func() error { _, err := Gaussians(a, Grid(-1, 1, 1)); return err }},
		{"features without a name", func() error { _, err := Measure(Sets{}, Options{}); return err }},
		{"50 generated, 50 real and 20 other real samples", func() error {
			_, err := Measure(Sets{Features: "f", Generated: a, Real: a, Other: a.First(20)}, Options{})
			return err
		}},
	} {
		if err := c.err(); err == nil || !fault.IsInput(err) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v, expected %q", err, c.says)
		}
	}
	s := must[FrechetScore](t)(Frechet(a, a))
	if s.Warning != "" || s.Samples != 50 {
		t.Errorf("%+v of 50 samples of 4 numbers", s)
	}
	s = must[FrechetScore](t)(Frechet(normal(1, 50, 6), normal(1, 50, 6)))
	if !strings.Contains(s.Warning, "50 samples of 6 numbers") || !strings.Contains(s.Warning, "60") {
		t.Errorf("warning %q of 50 samples of 6 numbers", s.Warning)
	}
	if m := a.First(-3); m.N != 0 || len(m.Values) != 0 {
		t.Errorf("%+v", m)
	}
}
