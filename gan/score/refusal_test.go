package score

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/fault"
)

// errorOf returns the error of a score.
func errorOf[T any](_ T, err error) error { return err }

// ofTwo calls every score of two sets of samples, with small options.
var ofTwo = map[string]func(a, b Matrix) error{
	"Frechet": func(a, b Matrix) error { return errorOf(Frechet(a, b)) },
	"FrechetLimit": func(a, b Matrix) error {
		return errorOf(FrechetLimit(a, b, LimitOptions{Sizes: 2, Smallest: 4}))
	},
	"Kernel": func(a, b Matrix) error {
		return errorOf(Kernel(a, b, KernelOptions{Subsets: 2, Size: 2}))
	},
	"Neighbours": func(a, b Matrix) error { return errorOf(Neighbours(a, b, 1)) },
	"Copying": func(a, b Matrix) error {
		return errorOf(Copying(a, b, b, CopyingOptions{Cells: 1, Least: 1}))
	},
	"Copying of others": func(a, b Matrix) error {
		return errorOf(Copying(b, a, b, CopyingOptions{Cells: 1, Least: 1}))
	},
	"Nearest": func(a, b Matrix) error {
		return errorOf(Nearest(a, b, NearestOptions{K: math.MaxInt}))
	},
	"Gaussians": func(a, b Matrix) error { return errorOf(Gaussians(a, Mixture{b, 1})) },
	"Measure": func(a, b Matrix) error {
		return errorOf(Measure(
			Sets{Features: "f", Generated: a, Real: b, Other: b},
			Options{
				Kernel: KernelOptions{Size: 2}, Limit: LimitOptions{Sizes: 2, Smallest: 4},
			},
		))
	},
}

// ofOne calls everything that takes one matrix.
var ofOne = map[string]func(a Matrix) error{
	"Mirrored":   func(a Matrix) error { return errorOf(Mirrored(a, 1)) },
	"Softmax":    func(a Matrix) error { return errorOf(Softmax(a)) },
	"Predicted":  func(a Matrix) error { return errorOf(Predicted(a)) },
	"Confident":  func(a Matrix) error { return errorOf(Confident(a, 0)) },
	"Classifier": func(a Matrix) error { return errorOf(Classifier(a)) },
}

// TestBadMatrices gives every score broken matrices in each place: an error of the input, no panic.
func TestBadMatrices(t *testing.T) {
	good := normal(1, 9, 2)
	with := func(v float64) Matrix {
		m := changed(good, 1, 0)
		m.Values[7] = float32(v)
		return m
	}
	refused := func(score, what string, err error) {
		t.Helper()
		if !fault.IsInput(err) {
			t.Errorf("%s of %s: %v, expected an error of the input", score, what, err)
		}
	}
	for name, bad := range map[string]Matrix{
		"NaN": with(math.NaN()), "+Inf": with(math.Inf(1)), "-Inf": with(math.Inf(-1)),
		"zero": {}, "no columns": {N: 9}, "too few values": {9, 2, good.Values[:17]},
		"one more row": {10, 2, good.Values}, "negative": {-9, -2, good.Values},
		"overflow": {1 << 62, 4, nil},
	} {
		for score, f := range ofTwo {
			refused(score, name, f(bad, good))
			refused(score, "another "+name, f(good, bad))
		}
		for score, f := range ofOne {
			refused(score, name, f(bad))
		}
	}
	for score, f := range ofTwo {
		refused(score, "2 and 3 numbers", f(good, normal(2, 9, 3)))
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
			v := []float32{0, 1, -1, 0.5, 3e38, -3e38, 1e-45, 7}[random.IntN(8)]
			m.Values = append(m.Values, v)
		}
		return m
	}
	check := func(score string, err error) {
		t.Helper()
		if err != nil && !fault.IsInput(err) {
			t.Errorf("%s: %v", score, err)
		}
	}
	for range 300 {
		a, b := draw(), draw()
		for score, f := range ofTwo {
			check(score, f(a, b))
		}
		for score, f := range ofOne {
			check(score, f(a))
		}
	}
}

// TestRefusals checks what errors say.
func TestRefusals(t *testing.T) {
	a := normal(1, 50, 4)
	p := Matrix{1, 2, []float32{0.5, 0.5}}
	for _, c := range []struct {
		says string
		err  error
	}{
		{
			"50 samples of 60 numbers have a singular covariance, expected at least 61 samples," +
				" for a useful Fréchet distance 600",
			errorOf(Frechet(normal(1, 50, 60), normal(2, 90, 60))),
		},
		{
			"4 samples of 4 numbers have a singular covariance, expected at least 5",
			errorOf(Frechet(a, normal(2, 4, 4))),
		},
		{"expected at least 2", errorOf(Frechet(normal(1, 1, 4), a))},
		{
			"subsets of 1000 samples of sets of 50 and 50, expected subsets of at most 50",
			errorOf(Kernel(a, a, KernelOptions{})),
		},
		{
			"subsets of 40 samples of sets of 50 and 30, expected subsets of at most 30",
			errorOf(Kernel(a, a.First(30), KernelOptions{Size: 40})),
		},
		{"-1 subsets", errorOf(Kernel(a, a, KernelOptions{Subsets: -1}))},
		{"subsets of 1 samples", errorOf(Kernel(a, a, KernelOptions{Size: 1}))},
		{"neighbour 50 of 50 real and 50 generated samples", errorOf(Neighbours(a, a, 50))},
		{"neighbour -1", errorOf(Neighbours(a, a, -1))},
		{"a line through 1 sizes", errorOf(FrechetLimit(a, a, LimitOptions{Sizes: 1}))},
		{"the smallest to be at least 5", errorOf(FrechetLimit(a, a, LimitOptions{Smallest: 3}))},
		{"the largest at least 62", errorOf(FrechetLimit(a, a, LimitOptions{Smallest: 48}))},
		{
			"none of 2 cells has 20 of 50 held-out and 20 of 10 generated samples",
			errorOf(Copying(a, a, a.First(10), CopyingOptions{Cells: 2})),
		},
		{"-1 cells", errorOf(Copying(a, a, a, CopyingOptions{Cells: -1}))},
		{"lines of 3", errorOf(Copying(a, a, a, CopyingOptions{MirrorWidth: 3}))},
		{"lines of -1", errorOf(Nearest(a, a, NearestOptions{MirrorWidth: -1}))},
		{"-2 nearest", errorOf(Nearest(a, a, NearestOptions{K: -2}))},
		{"class of sample 1 is 3, expected 0 … 2", errorOf(Classes([]int{0, 3}, uniform(3)))},
		{"no samples", errorOf(Classes(nil, uniform(3)))},
		{
			"the sum of 2 shares is 0.75, expected 1",
			errorOf(Classes([]int{0}, []float64{0.5, 0.25})),
		},
		{"share 1 is NaN", errorOf(Classes([]int{0}, []float64{1, math.NaN()}))},
		{"share 1 is -1", errorOf(ModeFloor([]float64{2, -1}, 1, 1, 0))},
		{"0 draws of 5 samples", errorOf(ModeFloor(uniform(2), 5, 0, 0))},
		{"1 samples of class 1 with share 0", errorOf(Classes([]int{0, 1}, []float64{1, 0}))},
		{"0 modes", errorOf(Modes([]int{0}, 0))},
		{"blue: class of sample 0 is 10", errorOf(Stacked([]int{1}, []int{1}, []int{10}, 10))},
		{"1, 2 and 1 classes", errorOf(Stacked([]int{1}, []int{1, 2}, []int{1}, 10))},
		{"classes: no samples", errorOf(Shares(nil, 2))},
		{"a threshold of 1", errorOf(Confident(p, 1))},
		{"the sum of sample 0 is 2", errorOf(Classifier(Matrix{1, 2, []float32{1, 1}}))},
		{"-1 of class 1", errorOf(Confident(Matrix{1, 2, []float32{2, -1}}, 0))},
		{"1 class, expected at least 2", errorOf(Classifier(Matrix{1, 1, []float32{1}}))},
		{"σ is 0", errorOf(Gaussians(a.First(1), Mixture{Centres: a}))},
		{"σ is NaN", errorOf(Gaussians(a, Mixture{a, math.NaN()}))},
		{"in 40 dimensions", errorOf(Gaussians(normal(1, 3, 40), Mixture{normal(1, 3, 40), 1}))},
		{"centres", errorOf(Gaussians(a, Grid(-1, 1, 1)))},
		{"no generated samples", errorOf(Measure(Sets{}, Options{}))},
		{"features without the name", errorOf(Measure(Sets{Generated: a}, Options{}))},
		{
			"features of 50 generated and 1 real samples",
			errorOf(Measure(Sets{Features: "f", Generated: a, Real: a, Other: p}, Options{})),
		},
		{"classes without the name", errorOf(Measure(Sets{GeneratedClasses: p}, Options{}))},
		{
			"classes of 1 generated and 0 real samples",
			errorOf(Measure(Sets{Classifier: "c", GeneratedClasses: p}, Options{})),
		},
		{
			"probabilities of 2 classes, expected 0",
			errorOf(Measure(
				Sets{Classifier: "c", GeneratedClasses: p, OtherClasses: p}, Options{},
			)),
		},
		{"modes without the name", errorOf(Measure(Sets{GeneratedModes: []int{1}}, Options{}))},
		{
			"modes of 1 generated and 0 real samples",
			errorOf(Measure(Sets{Classifier: "c", GeneratedModes: []int{1}}, Options{})),
		},
		{
			"points of 50 generated and 0 real samples",
			errorOf(Measure(Sets{GeneratedPoints: a}, Options{})),
		},
		{"generated samples", errorOf(Measure(Sets{Train: a, HeldOut: a}, Options{}))},
	} {
		if !fault.IsInput(c.err) || !strings.Contains(c.err.Error(), c.says) {
			t.Errorf("%v, expected %q", c.err, c.says)
		}
	}
	s := must(Frechet(a, a))
	if s.Warning != "" || s.Samples != 50 {
		t.Errorf("%+v of 50 samples of 4 numbers", s)
	}
	s = must(Frechet(normal(1, 50, 6), normal(1, 50, 6)))
	if !strings.Contains(s.Warning, "50 samples of 6 numbers") ||
		!strings.Contains(s.Warning, "60") {
		t.Errorf("warning %q of 50 samples of 6 numbers", s.Warning)
	}
	if s := must(Frechet(normal(1, 60, 6), normal(1, 60, 6))); s.Warning != "" {
		t.Errorf("warning %q of 60 samples of 6 numbers", s.Warning)
	}
	if m := a.First(-3); m.N != 0 || len(m.Values) != 0 {
		t.Errorf("%+v", m)
	}
}
