package score

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gradreg/gradreg/stats"
)

// moved returns the samples plus v in their first number.
func moved(m Matrix, v float32) Matrix {
	m = changed(m, 1, 0)
	for i := range m.N {
		m.Row(i)[0] += v
	}
	return m
}

// noisy returns the samples plus a little noise.
func noisy(m Matrix, seed uint64, size float32) Matrix {
	noise := normal(seed, m.N, m.D)
	m = changed(m, 1, 0)
	for i := range m.Values {
		m.Values[i] += size * noise.Values[i]
	}
	return m
}

// halves are samples of two kinds that are far apart, n of each.
func halves(seed uint64, n, d int) Matrix {
	return join(normal(seed, n, d), moved(normal(seed+1000, n, d), 20))
}

// must returns the score of good samples; a panic fails the test.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// about checks that the mean of values is within four standard errors of what is expected.
func about(t *testing.T, what string, values []float64, want float64) {
	t.Helper()
	s := stats.Summarize(values)
	if error := s.SD / math.Sqrt(float64(s.N)); math.Abs(s.Mean-want) > 4*error || error == 0 {
		t.Errorf("%s: %v ± %v, expected %v", what, s.Mean, error, want)
	}
}

// TestFrechetClosedForm has sets whose moments are known: the points ±√(sᵢ(2d−1)/2) of axis i
// around a mean have the variances sᵢ, and (√s − √r)² and (μ − ν)² sum up to the distance.
func TestFrechetClosedForm(t *testing.T) {
	points := func(mean []float64, variances ...float64) Matrix {
		d := len(variances)
		m := Matrix{2 * d, d, nil}
		for i, s := range variances {
			for _, sign := range []float64{1, -1} {
				for j := range d {
					v := mean[j]
					if i == j {
						v += sign * math.Sqrt(s*float64(2*d-1)/2)
					}
					m.Values = append(m.Values, float32(v))
				}
			}
		}
		return m
	}
	a := points([]float64{0, 1, 2}, 1, 4, 0)
	b := points([]float64{3, 1, 2}, 9, 4, 0.25)
	near(t, "distance", must(Frechet(a, b)).Value, 9+4+0.25, 1e-6)
	origin := points([]float64{0, 0, 0}, 0, 0, 0)
	near(t, "of a point", must(Frechet(origin, b)).Value, 9+1+4+9+4+0.25, 1e-6)
	c := normal(1, 300, 40)
	for _, m := range []Matrix{a, b, c, changed(c, 1e-20, 0), changed(c, 1e10, 0)} {
		v := must(Frechet(m, m)).Value
		scale := 0.0
		for _, x := range m.Values {
			scale += float64(x) * float64(x) / float64(m.N)
		}
		if !(v >= 0 && v <= 1e-12*scale) {
			t.Errorf("a set has the distance %v to itself, expected 0", v)
		}
	}
}

// TestFrechetOfOneDistribution compares with the mean of finite samples. For N(0, 1) in d numbers,
// means differ by 2d/N, and ¼·‖Σ₁−Σ₂‖² is on average ¼·(d(d−1)·2/N + d·4/N) = d(d+1)/(2N). The
// extrapolated distance is without it.
func TestFrechetOfOneDistribution(t *testing.T) {
	const n, d = 2000, 10
	bias := float64(2*d)/n + float64(d*(d+1))/(2*n)
	var values, limits []float64
	for seed := range uint64(8) {
		a, b := normal(seed, n, d), normal(seed+50, n, d)
		values = append(values, must(Frechet(a, b)).Value)
		l := must(FrechetLimit(a, b, LimitOptions{Seed: seed}))
		limits = append(limits, l.Value)
		near(t, "largest subset", l.Distances[14], values[seed], 1e-12)
		near(t, "slope", l.Slope, bias*n, 0.5)
	}
	about(t, "distance", values, bias)
	about(t, "extrapolated distance", limits, 0)
	if m := stats.Summarize(limits); math.Abs(m.Mean) > bias/3 {
		t.Errorf("extrapolated: %v, expected 0 beside a bias of %v", m, bias)
	}
}

// TestFrechetLimitLine checks the line with its equations: the residuals and their products with
// 1/N sum to 0. Another seed has other subsets of the same sizes.
func TestFrechetLimitLine(t *testing.T) {
	a, b := normal(1, 400, 4), changed(normal(2, 500, 4), 1.5, 1)
	o := LimitOptions{Sizes: 6, Smallest: 150, Seed: 3}
	l := must(FrechetLimit(a, b, o))
	sum, product := 0.0, 0.0
	for i, n := range l.Samples {
		residual := l.Distances[i] - l.Value - l.Slope/float64(n)
		sum += residual
		product += residual / float64(n)
	}
	near(t, "sum of the residuals", sum, 0, 1e-9)
	near(t, "with 1/N", product, 0, 1e-9)
	if fmt.Sprint(l.Samples) != "[150 200 250 300 350 400]" {
		t.Errorf("sizes %v", l.Samples)
	}
	again := must(FrechetLimit(a, b, o))
	o.Seed = 4
	other := must(FrechetLimit(a, b, o))
	if again.Value != l.Value || other.Value == l.Value {
		t.Errorf("%v, again %v, of another seed %v", l.Value, again.Value, other.Value)
	}
	// N(0, 1) against N(1, 1.5²) in four numbers: 4·(1 + ½²).
	near(t, "value", l.Value, 5, 0.15)
}

// TestFrechetLimitOfSortedSets checks that subsets are drawn from all samples, not the first ones.
func TestFrechetLimitOfSortedSets(t *testing.T) {
	sorted := func(m Matrix) Matrix {
		slices.Sort(m.Values)
		return m
	}
	a, b := sorted(normal(1, 400, 1)), sorted(normal(2, 600, 1))
	l := must(FrechetLimit(a, b, LimitOptions{Sizes: 5, Smallest: 100}))
	for _, d := range l.Distances {
		if d > 0.1 {
			t.Errorf("a subset has the distance %v, expected about 0", d)
		}
	}
}

// TestKernelOfOneDistribution checks that the distance of sets of one distribution is 0 on average,
// not that of the biased estimator, and within its error for one pair of sets.
func TestKernelOfOneDistribution(t *testing.T) {
	var values, biased []float64
	for seed := range uint64(60) {
		a, b := normal(seed, 60, 6), normal(seed+100, 60, 6)
		v := must(Kernel(a, b, KernelOptions{Subsets: 1, Size: 60})).Mean
		values = append(values, v)
		diagonal := 0.0 // what the biased estimator has more, up to terms of 1/m²
		for _, m := range []Matrix{a, b} {
			for i := range m.N {
				square := 0.0
				for _, x := range m.Row(i) {
					square += float64(x) * float64(x)
				}
				diagonal += cubic(square/float64(m.D)) / float64(m.N*m.N)
			}
		}
		biased = append(biased, v+diagonal)
	}
	about(t, "kernel distance", values, 0)
	negative := 0
	for _, v := range values {
		if v < 0 {
			negative++
		}
	}
	if negative < 10 {
		t.Errorf("%d of 60 values are negative, expected about half", negative)
	}
	if s := stats.Summarize(biased); s.Mean < 10*s.SD/math.Sqrt(60) {
		t.Errorf("the biased estimator has %v, expected that the test tells it from 0", s)
	}
	a, b := normal(1, 2000, 6), normal(2, 2000, 6)
	s := must(Kernel(a, b, KernelOptions{Size: 500}))
	near(t, "standard error of four subsets without common samples", s.StandardError, s.SD/2, 1e-12)
	few := must(Kernel(a, b, KernelOptions{Size: 200, Subsets: 4}))
	near(t, "standard error of four subsets", few.StandardError, few.SD/2, 1e-12)
	if math.Abs(s.Mean) > 4*s.StandardError || s.Subsets != 100 || !(s.SD > s.StandardError) {
		t.Errorf("%+v, expected 0 within its error", s)
	}
	s = must(Kernel(a, moved(b, 0.5), KernelOptions{Size: 500}))
	if s.Mean < 4*s.StandardError {
		t.Errorf("%+v of distributions that differ", s)
	}
}

// TestExpectedCoverage counts, over all orders of N−1 real and M generated samples by their
// distance to a real one, those in which the k nearest are not all real.
func TestExpectedCoverage(t *testing.T) {
	for n := 2; n <= 7; n++ {
		for m := 1; m <= 6; m++ {
			for k := 1; k < n; k++ {
				orders, missed := 0, 0
				for order := range 1 << (n - 1 + m) { // bit i: the i-th nearest is generated
					generated := 0
					for bit := range n - 1 + m {
						generated += order >> bit & 1
					}
					if generated != m {
						continue
					}
					orders++
					if order&(1<<k-1) == 0 {
						missed++
					}
				}
				what := fmt.Sprintf("N %d, M %d, k %d", n, m, k)
				want := 1 - float64(missed)/float64(orders)
				near(t, what, ExpectedCoverage(n, m, k), want, 1e-12)
			}
		}
	}
	near(t, "large N = M", ExpectedCoverage(1e6, 1e6, 0), 1-math.Pow(2, -5), 1e-5)
}

// TestNeighboursOfOneDistribution checks the means of density, 1 at every N and M, and of coverage.
func TestNeighboursOfOneDistribution(t *testing.T) {
	var density, coverage []float64
	for seed := range uint64(30) {
		s := must(Neighbours(normal(seed, 200, 3), normal(seed+100, 300, 3), 5))
		density, coverage = append(density, s.Density), append(coverage, s.Coverage)
	}
	about(t, "density", density, 1)
	about(t, "coverage", coverage, ExpectedCoverage(200, 300, 5))
}

// TestNoise checks that samples of another distribution have no score.
func TestNoise(t *testing.T) {
	real, noise := normal(1, 600, 8), changed(normal(2, 600, 8), 1, 30)
	s := must(Neighbours(real, noise, 5))
	if s != (NeighbourScore{K: 5}) {
		t.Errorf("%+v, expected 0", s)
	}
	near(t, "Fréchet distance", must(Frechet(real, noise)).Value, 8*30*30, 0.02)
	c := must(Copying(normal(3, 600, 8), real, noise, CopyingOptions{Cells: 1}))
	if c.CT < 10 {
		t.Errorf("C_T is %v, expected ≫ 0", c.CT)
	}
}

// TestHalfMissing checks a generator that makes one of two kinds of samples.
func TestHalfMissing(t *testing.T) {
	real, other, half := halves(1, 500, 4), halves(3, 500, 4), normal(5, 1000, 4)
	all := must(Neighbours(real, other, 5))
	s := must(Neighbours(real, half, 5))
	near(t, "precision", s.Precision, all.Precision, 0.05)
	near(t, "recall", s.Recall, all.Recall/2, 0.05)
	near(t, "recall", s.Recall, 0.5, 0.1)
	near(t, "coverage", s.Coverage, ExpectedCoverage(500, 1000, 5)/2, 0.02)
	var classes []int
	for i := range 1000 {
		classes = append(classes, i%5)
	}
	h := must(Classes(classes, uniform(10)))
	near(t, "class KL", h.KL, math.Ln2, 1e-12)
	if h.Hit != 5 {
		t.Errorf("%d classes hit, expected 5", h.Hit)
	}
}

// TestCollapse checks a generator that makes one sample again and again: what it makes is good.
// With the roles exchanged it would seem to be without fault.
func TestCollapse(t *testing.T) {
	real := normal(1, 800, 4)
	collapsed := noisy(Matrix{800, 4, make([]float32, 3200)}, 2, 1e-3)
	s := must(Neighbours(real, collapsed, 5))
	if s.Precision < 0.99 || s.Recall > 0.01 || s.Coverage > 0.05 {
		t.Errorf("%+v, expected precision without recall and coverage", s)
	}
	swapped := must(Neighbours(collapsed, real, 5))
	if swapped.Recall != s.Precision || swapped.Precision != s.Recall {
		t.Errorf("%+v, exchanged %+v", s, swapped)
	}
	same := Matrix{800, 4, make([]float32, 3200)}
	if s := must(Neighbours(real, same, 5)); s.Precision != 1 || s.Recall != 0 {
		t.Errorf("%+v of copies of one sample", s)
	}
}

// TestCopies checks that sets with more than k copies of each sample have neighbours.
func TestCopies(t *testing.T) {
	once := normal(1, 30, 3)
	often := join(once, once, once, once, once, once, once)
	s := must(Neighbours(often, once, 5))
	if s.Precision != 1 || s.Coverage != 1 || s.Recall != 1 {
		t.Errorf("%+v, expected 1", s)
	}
	near(t, "density", s.Density, 7.0/5, 1e-12)
}

// TestCopying checks the test of copying on a copy of the training set with tiny noise, which all
// other scores take for the best of samples, and on fresh samples.
func TestCopying(t *testing.T) {
	train, held := halves(1, 500, 6), halves(11, 300, 6)
	copied := noisy(train.Rows(choose(generator(1, 1), 1000, 600)), 3, 1e-3)
	fresh := halves(21, 300, 6)
	o := CopyingOptions{Cells: 2, Seed: 5}
	c := must(Copying(train, held, copied, o))
	if c.CT > -15 || c.LeftOut != 0 {
		t.Errorf("of copies %+v, expected ≪ −3", c)
	}
	one, two := c.Cells[0], c.Cells[1]
	if one.HeldOut != 300 || two.HeldOut != 300 || one.Generated+two.Generated != 600 {
		t.Errorf("cells %+v are not the two kinds", c.Cells)
	}
	s := must(Neighbours(held, copied, 5))
	if s.Coverage < 0.9*ExpectedCoverage(600, 600, 5) || s.Precision < 0.8 {
		t.Errorf("%+v: no score but that of copying sees the copies", s)
	}
	if c := must(Copying(train, held, fresh, o)); math.Abs(c.CT) > 3 {
		t.Errorf("of fresh samples %+v, expected about 0", c)
	}
	var scores []float64
	for seed := range uint64(40) {
		t, h, g := normal(seed, 100, 3), normal(seed+100, 80, 3), normal(seed+200, 120, 3)
		c := must(Copying(t, h, g, CopyingOptions{Cells: 1}))
		scores = append(scores, c.CT)
	}
	about(t, "C_T of fresh samples", scores, 0)
	if sd := stats.Summarize(scores).SD; sd < 0.6 || sd > 1.4 {
		t.Errorf("C_T of one cell spreads by %v, expected about 1", sd)
	}
}

// TestCopyingOfTies checks distances that are all equal.
func TestCopyingOfTies(t *testing.T) {
	train := normal(1, 50, 2)
	c := must(Copying(train, train.First(30), train.First(20), CopyingOptions{Cells: 1}))
	if c.CT != 0 {
		t.Errorf("C_T is %v where all are copies, expected 0", c.CT)
	}
}

// TestCopyingOfOneCell has copies of one of the kinds and samples that are far off for the other:
// without cells they compensate.
func TestCopyingOfOneCell(t *testing.T) {
	train, held := halves(1, 400, 4), halves(11, 200, 4)
	copies := noisy(train.First(200), 3, 1e-3)
	far := join(copies, moved(changed(normal(9, 200, 4), 2, 0), 20))
	one := must(Copying(train, held, far, CopyingOptions{Cells: 1}))
	two := must(Copying(train, held, far, CopyingOptions{Cells: 2, Seed: 1}))
	low, high := min(two.Cells[0].Z, two.Cells[1].Z), max(two.Cells[0].Z, two.Cells[1].Z)
	if low > -10 || high < 5 || math.Abs(one.CT) > -low/2 {
		t.Errorf("without cells %v, with cells %+v", one.CT, two)
	}
	near(t, "mean of the cells", two.CT, (low+high)/2, 1e-12)
	// Samples of one kind only: the other cell is left out.
	half := must(Copying(train, held, copies, CopyingOptions{Cells: 2, Seed: 1}))
	near(t, "the cell that is left", half.CT, low, 1e-9)
	near(t, "left out", half.LeftOut, 0.5, 1e-12)
}

// TestCells checks that k-means finds kinds that are apart, and fewer cells where there are fewer
// different samples.
func TestCells(t *testing.T) {
	var all Matrix
	all.D = 2
	for i := range 6 {
		all = join(all, changed(normal(uint64(i), 50, 2), 0.1, float32(i*i)))
	}
	f, err := newFrame(all)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(10) {
		c := centres(all.in(f), 6, generator(seed, 0))
		found := 0
		for i := range 6 {
			for k := range c.N {
				if math.Abs(float64(c.Row(k)[0])-float64(i*i)) < 0.1 {
					found++
					break
				}
			}
		}
		if found < 5 { // two starts in one kind are possible
			t.Errorf("seed %d: centres %v", seed, c.Values)
		}
	}
	same := Matrix{5, 1, []float32{1, 1, 2, 2, 2}}
	if f, err = newFrame(same); err != nil {
		t.Fatal(err)
	}
	if c := centres(same.in(f), 4, generator(1, 0)); c.N != 2 {
		t.Errorf("%d cells of two different samples", c.N)
	}
}
