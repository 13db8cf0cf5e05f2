package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// reductionLengths are those around every boundary of the loops, and some of the size of blocks.
var reductionLengths = func() []int {
	n := []int{127, 128, 129, 511, 512, 1000, 4096, 100003}
	for i := range 4*16 + 2 {
		n = append(n, i)
	}
	return n
}()

func TestSums(t *testing.T) {
	const u = 0x1p-24
	allLevels(t, func(t *testing.T, l Level) {
		r := rand.New(rand.NewPCG(13, 14))
		for _, n := range reductionLengths {
			a, b := normals(r, n, 10), normals(r, n, 10)
			var sum, sumAbs, dot, dotAbs, squares float64
			for i := range a {
				x, y := float64(a[i]), float64(b[i])
				sum, sumAbs = sum+x, sumAbs+math.Abs(x)
				dot, dotAbs = dot+x*y, dotAbs+math.Abs(x*y)
				squares += x * x
			}
			k := float64(n)
			near(t, "Sum of", n, l.Sum(a), sum, k*u*sumAbs)
			near(t, "Dot of", n, l.Dot(a, b), dot, (k+1)*u*dotAbs)
			near(t, "SumSquares of", n, l.SumSquares(a), squares, (k+1)*u*squares)
		}
	})
}

// TestSumsCountEveryElement sums integers, which is exact in any order, so that an element left out or taken
// twice shows.
func TestSumsCountEveryElement(t *testing.T) {
	allLevels(t, func(t *testing.T, l Level) {
		for n := range 200 {
			x, y := make([]float32, n), make([]float32, n)
			sum, squares := 0, 0
			for i := range x {
				x[i], y[i] = float32(i+1), float32(n-i)
				sum, squares = sum+i+1, squares+(i+1)*(i+1)
			}
			if got := l.Sum(x); got != float32(sum) {
				t.Errorf("Sum of 1…%d = %g, expected %d", n, got, sum)
			}
			if got := l.SumSquares(x); got != float32(squares) {
				t.Errorf("SumSquares of 1…%d = %g, expected %d", n, got, squares)
			}
			if got, want := l.Dot(x, y), float32((n+1)*sum-squares); got != want {
				t.Errorf("Dot of 1…%d and %d…1 = %g, expected %g", n, n, got, want)
			}
		}
	})
}

func TestReductionsOfInfinityAndNaN(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	allLevels(t, func(t *testing.T, l Level) {
		for n := 1; n <= 130; n++ {
			for i := range n {
				x := make([]float32, n)
				for _, v := range []float32{inf, -inf, nan} {
					x[i] = v
					if got := l.Sum(x); !same(got, v) {
						t.Fatalf("Sum with %g as element %d of %d = %g", v, i, n, got)
					}
					if got := l.SumSquares(x); !same(got, v*v) {
						t.Fatalf("SumSquares with %g as element %d of %d = %g", v, i, n, got)
					}
				}
			}
		}
	})
}

func TestMaxOfAndArgMax(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	allLevels(t, func(t *testing.T, l Level) {
		if got := l.MaxOf(nil); got != -inf {
			t.Errorf("MaxOf of nothing = %g, expected %g", got, -inf)
		}
		if got := l.ArgMax(nil); got != -1 {
			t.Errorf("ArgMax of nothing = %d, expected −1", got)
		}
		for n := 1; n <= 130; n++ {
			x := make([]float32, n)
			for i := range n {
				for _, low := range []float32{-inf, -5, 1} {
					for _, top := range []float32{-4, 3, inf, nan} {
						for j := range x {
							x[j] = low
						}
						x[i] = top
						want, at := max(low, top), i
						if n == 1 {
							want = top
						}
						if low > top && n > 1 {
							at = boolInt(i == 0) // the first of the others
						}
						if got := l.MaxOf(x); !same(got, want) {
							t.Fatalf("MaxOf of %g with %g as element %d of %d = %g, expected %g", low, top, i, n, got, want)
						}
						if got := l.ArgMax(x); got != at {
							t.Fatalf("ArgMax of %g with %g as element %d of %d = %d, expected %d", low, top, i, n, got, at)
						}
					}
				}
			}
		}
		// Of equal elements and of several NaN the first counts.
		if got := l.ArgMax([]float32{1, 2, 2, nan, nan, inf}); got != 3 {
			t.Errorf("ArgMax with NaN at 3 and 4 = %d", got)
		}
		if got := l.ArgMax([]float32{1, 2, 2}); got != 1 {
			t.Errorf("ArgMax of 1, 2, 2 = %d, expected 1", got)
		}
	})
}

// TestReductionsDependOnValuesOnly runs reductions at different alignments, whose inputs must stay as well.
func TestReductionsDependOnValuesOnly(t *testing.T) {
	allLevels(t, func(t *testing.T, l Level) {
		r := rand.New(rand.NewPCG(15, 16))
		for n := range 4*16 + 2 {
			x := normals(r, n, 5)
			sum, squares, largest := l.Sum(x), l.SumSquares(x), l.MaxOf(x)
			for offset := range 17 {
				moved := slices.Concat(make([]float32, offset), x)[offset:]
				if !same(l.Sum(moved), sum) || !same(l.SumSquares(moved), squares) || !same(l.MaxOf(moved), largest) {
					t.Errorf("reductions of %d elements change with an offset of %d", n, offset)
				}
				if !slices.Equal(moved, x) {
					t.Errorf("reductions of %d elements at offset %d change them", n, offset)
				}
			}
		}
	})
}
