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
			a := normals(r, n, 10)
			var sum, sumAbs float64
			for _, x := range a {
				sum, sumAbs = sum+float64(x), sumAbs+math.Abs(float64(x))
			}
			near(t, "Sum of", n, l.Sum(a), sum, float64(n)*u*sumAbs)
		}
	})
}

// TestSumsCountEveryElement sums integers, which is exact in any order, so that an element left out or taken
// twice shows.
func TestSumsCountEveryElement(t *testing.T) {
	allLevels(t, func(t *testing.T, l Level) {
		for n := range 200 {
			x, sum := make([]float32, n), 0
			for i := range x {
				x[i] = float32(i + 1)
				sum += i + 1
			}
			if got := l.Sum(x); got != float32(sum) {
				t.Errorf("Sum of 1…%d = %g, expected %d", n, got, sum)
			}
		}
	})
}

func TestSumsOfInfinityAndNaN(t *testing.T) {
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
				}
			}
		}
	})
}

// TestSumsDependOnValuesOnly sums at different alignments, whose inputs must stay as well.
func TestSumsDependOnValuesOnly(t *testing.T) {
	allLevels(t, func(t *testing.T, l Level) {
		r := rand.New(rand.NewPCG(15, 16))
		for n := range 4*16 + 2 {
			x := normals(r, n, 5)
			sum := l.Sum(x)
			for offset := range 17 {
				moved := slices.Concat(make([]float32, offset), x)[offset:]
				if !same(l.Sum(moved), sum) {
					t.Errorf("the sum of %d elements changes with an offset of %d", n, offset)
				}
				if !slices.Equal(moved, x) {
					t.Errorf("the sum of %d elements at offset %d changes them", n, offset)
				}
			}
		}
	})
}
