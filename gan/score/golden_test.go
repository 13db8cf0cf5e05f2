package score

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/gradreg/gradreg/stats"
)

// numbers are those of tools/golden/score.py.
func numbers(seed, n, d int) Matrix {
	m := Matrix{n, d, make([]float32, n*d)}
	for i := range m.Values {
		total := 0
		for k := range 4 {
			total += int(mixed(uint32(i*4+k+seed<<20)) >> 20)
		}
		m.Values[i] = float32(total-8190) / 2048
	}
	return m
}

func mixed(x uint32) uint32 {
	x ^= x >> 16
	x *= 0x85EBCA6B
	x ^= x >> 13
	x *= 0xC2B2AE35
	return x ^ x>>16
}

// sheared are those of the script.
func sheared(seed, n, d, move int) Matrix {
	x := numbers(seed, n, d)
	y := numbers(seed, n, d)
	for i := range n {
		for j := range d {
			v := x.Row(i)[j]*float32(j+1)/4 + float32(move)/8
			if j > 0 {
				v += x.Row(i)[j-1] / 2
			}
			y.Row(i)[j] = v
		}
	}
	return y
}

// changed returns a·v + b of all numbers.
func changed(m Matrix, a, b float32) Matrix {
	values := make([]float32, len(m.Values))
	for i, v := range m.Values {
		values[i] = a*v + b
	}
	return Matrix{m.N, m.D, values}
}

// golden is testdata/golden/score.json.
type golden struct {
	Frechet     map[string][]float64          `json:"frechet"`
	Kernel      map[string]float64            `json:"kernel"`
	Neighbours  map[string]map[string]float64 `json:"neighbours"`
	MannWhitney map[string]float64            `json:"mann_whitney"`
	ClassKL     float64                       `json:"class_kl"`
	Classifier  float64                       `json:"classifier"`
	Confident   float64                       `json:"confident"`
	OnMode      []float64                     `json:"on_mode"`
}

func readGolden(t *testing.T) golden {
	t.Helper()
	data, err := os.ReadFile("../../testdata/golden/score.json")
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// near checks a value within an error relative to numbers above 1.
func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*max(1, math.Abs(want))) {
		t.Errorf("%s: %v, expected %v", what, got, want)
	}
}

func TestGoldenFrechet(t *testing.T) {
	g := readGolden(t)
	a, b := sheared(1, 120, 6, 0), sheared(2, 150, 6, 3)
	dead := func(m Matrix) Matrix {
		var values []float32
		for i := range m.N {
			values = append(append(values, m.Row(i)...), 2*m.Row(i)[0], 1)
		}
		return Matrix{m.N, m.D + 2, values}
	}
	for name, pair := range map[string][2]Matrix{
		"correlated": {a, b}, "wide": {sheared(3, 90, 24, 0), sheared(4, 90, 24, 1)},
		"singular": {dead(a), dead(b)},
	} {
		for _, want := range g.Frechet[name] {
			for _, p := range [][2]Matrix{pair, {pair[1], pair[0]}} {
				got, err := Frechet(p[0], p[1])
				if err != nil {
					t.Fatal(err)
				}
				near(t, name, got.Value, want, 1e-7)
			}
		}
		if len(g.Frechet[name]) == 0 {
			t.Errorf("no golden value %s", name)
		}
	}
}

func TestGoldenKernel(t *testing.T) {
	g := readGolden(t)
	a, b := sheared(1, 120, 6, 0), numbers(2, 120, 6)
	got, err := Kernel(a, b, KernelOptions{Subsets: 3, Size: 120})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "unbiased", got.Mean, g.Kernel["unbiased"], 1e-12)
	near(t, "deviation of subsets that are the whole", got.SD, 0, 1e-12)
	if math.Abs(got.Mean-g.Kernel["biased"]) < 0.1 {
		t.Errorf("%v is the biased estimator", got.Mean)
	}
}

func TestGoldenNeighbours(t *testing.T) {
	g := readGolden(t)
	real, fake := numbers(5, 300, 4), changed(numbers(6, 250, 4), 0.75, 0.25)
	copies := func(from, to int) (m Matrix) {
		m = Matrix{0, 4, nil}
		for range 7 {
			m.Values = append(m.Values, real.Values[from*4:to*4]...)
			m.N += to - from
		}
		return m
	}
	for name, c := range map[string]struct {
		real, fake Matrix
		k          int
	}{
		"k 5": {real, fake, 0}, "published k 5": {real, fake, 5}, "k 1": {real, fake, 1},
		"copies": {copies(0, 40), copies(20, 60), 5},
	} {
		got, err := Neighbours(c.real, c.fake, c.k)
		if err != nil {
			t.Fatal(err)
		}
		want := g.Neighbours[name]
		near(t, name+": precision", got.Precision, want["precision"], 1e-12)
		near(t, name+": recall", got.Recall, want["recall"], 1e-12)
		near(t, name+": density", got.Density, want["density"], 1e-12)
		near(t, name+": coverage", got.Coverage, want["coverage"], 1e-12)
	}
}

// TestGoldenCopying compares the statistic of one cell, and of distances many of which are equal.
func TestGoldenCopying(t *testing.T) {
	g := readGolden(t)
	train, held := numbers(7, 400, 3), numbers(8, 130, 3)
	made := changed(numbers(9, 110, 3), 0.875, 0)
	got, err := Copying(train, held, made, CopyingOptions{Cells: 1})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "distances", got.CT, g.MannWhitney["distances"], 1e-9)
	coarse := func(m Matrix) (rounded []float64) {
		found, err := Nearest(train, m, NearestOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, list := range found {
			rounded = append(rounded, math.RoundToEven(list[0].Distance*8)/8)
		}
		return rounded
	}
	near(t, "ties", mannWhitney(coarse(made), coarse(held)), g.MannWhitney["ties"], 1e-9)
	near(t, "exchanged", mannWhitney(coarse(held), coarse(made)), -g.MannWhitney["ties"], 1e-9)
}

func TestGoldenClasses(t *testing.T) {
	g := readGolden(t)
	var classes []int
	for k, n := range []int{7, 0, 12, 1, 30} {
		for range n {
			classes = append(classes, k)
		}
	}
	h, err := Classes(classes, []float64{0.25, 0.125, 0.125, 0.25, 0.25})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "KL", h.KL, g.ClassKL, 1e-12)
	near(t, "floor", h.Floor, 4.0/100, 1e-12)
	if h.Hit != 4 {
		t.Errorf("%d classes hit, expected 4", h.Hit)
	}
	p, err := Softmax(changed(numbers(10, 40, 5), 3, 0))
	if err != nil {
		t.Fatal(err)
	}
	score, err := Classifier(p)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "classifier score", score, g.Classifier, 1e-6)
	confident, err := Confident(p, 0)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "confident share", confident, g.Confident, 1e-12)
}

func TestGoldenOnMode(t *testing.T) {
	for i, want := range readGolden(t).OnMode {
		d := i + 1
		m := Mixture{Matrix{1, d, make([]float32, d)}, 1}
		s, err := Gaussians(Matrix{1, d, make([]float32, d)}, m)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "share within 3σ", s.RealOnMode, want, 1e-9)
	}
}

// TestFloors compares with the sampling floors of StackedMNIST: 999/52000 of uniform modes.
func TestFloors(t *testing.T) {
	near(t, "sum of the shares", stats.Summarize(StackedShares(uniform(10))).Mean, 1e-3, 1e-12)
	f, err := ModeFloor(StackedShares(uniform(10)), 26000, 20, 1)
	if err != nil {
		t.Fatal(err)
	}
	// The approximation of the floor is for n ≫ K: half a percent off here.
	near(t, "floor of uniform modes", f.KL.Mean, 999.0/52000, 4*f.KL.SD/math.Sqrt(20)+0.0002)
	if f.Hit.Mean != 1000 {
		t.Errorf("a floor of %v and %v modes, expected 0.0192 and 1000", f.KL, f.Hit.Mean)
	}
	// The frequencies of MNIST's 60,000 training digits.
	mnist := []float64{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}
	for i := range mnist {
		mnist[i] /= 60000
	}
	f, err = ModeFloor(StackedShares(mnist), 26000, 20, 1)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(f.KL.Mean-0.0233) > 0.001 {
		t.Errorf("a floor of %v with MNIST's frequencies, expected 0.023", f.KL)
	}
}
