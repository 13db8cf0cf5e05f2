package score

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/gradreg/gradreg/internal/kernel"
)

// normal returns samples of N(0, 1) in each number.
func normal(seed uint64, n, d int) Matrix {
	random := rand.New(rand.NewPCG(seed, 99))
	m := Matrix{n, d, make([]float32, n*d)}
	for i := range m.Values {
		m.Values[i] = float32(random.NormFloat64())
	}
	return m
}

// join returns the samples of several matrices after each other.
func join(ms ...Matrix) Matrix {
	all := Matrix{D: ms[0].D}
	for _, m := range ms {
		all.N += m.N
		all.Values = append(all.Values, m.Values...)
	}
	return all
}

// slow is nearest by its definition.
func slow(a, b Matrix, k int, self bool) [][]Neighbour {
	lists := make([][]Neighbour, a.N)
	for i := range a.N {
		var all []Neighbour
		for j := range b.N {
			if !self || i != j {
				all = append(all, Neighbour{j, math.Sqrt(distance2(a, i, b, j))})
			}
		}
		slices.SortStableFunc(all, func(x, y Neighbour) int {
			return cmp.Compare(x.Distance, y.Distance)
		})
		lists[i] = all[:min(k, len(all))]
	}
	return lists
}

// hard are pairs of sets whose distances float32 finds badly or not at all.
func hard() map[string][2]Matrix {
	x := normal(1, 150, 5)
	tiny := changed(normal(2, 150, 5), 1e-6, 0)
	copied := changed(x, 1, 0)
	for i, v := range tiny.Values {
		copied.Values[i] += v
	}
	return map[string][2]Matrix{
		"far from the origin": {changed(x, 1, 1e4), changed(normal(3, 90, 5), 1, 1e4)},
		"copies with noise":   {copied, x},
		"copies":              {join(x, x.First(40)), x},
		"all equal":           {changed(x, 0, 3), changed(x, 0, 3)},
		"one far away":        {join(x, Matrix{1, 5, []float32{1e7, 0, 0, 0, 0}}), x},
		"small":               {changed(x, 1e-38, 0), changed(normal(3, 90, 5), 1e-38, 0)},
		"large":               {changed(x, 1e37, 0), changed(normal(3, 90, 5), 1e37, 0)},
		"two scales":          {changed(x, 1e-30, 0), changed(normal(3, 90, 5), 1e30, 0)},
	}
}

// TestNearest compares with the definition: the same neighbours with the same bits on every level,
// of sizes around a block's.
func TestNearest(t *testing.T) {
	sets := hard()
	for _, n := range []int{1, blockRows - 1, blockRows, blockRows + 1} {
		for _, m := range []int{1, 7, blockColumns - 1, blockColumns, blockColumns + 1} {
			sets[fmt.Sprintf("%d and %d", n, m)] = [2]Matrix{normal(4, n, 3), normal(5, m, 3)}
		}
	}
	for _, d := range []int{1, 2, 31, 200} {
		sets[fmt.Sprintf("%d numbers", d)] = [2]Matrix{normal(6, 60, d), normal(7, 70, d)}
	}
	for name, pair := range sets {
		for _, level := range kernel.Supported() {
			a, b := pair[0], pair[1]
			f, err := newFrame(b, a)
			if err != nil {
				t.Fatal(err)
			}
			f.level = level
			for _, k := range []int{1, 4} {
				what := fmt.Sprintf("%s, %v, k %d", name, level, k)
				x, y := a.in(f), b.in(f)
				compare(t, what, nearest(x, y, k, false), slow(a, b, k, false))
				compare(t, what+", itself", nearest(x, x, k, true), slow(a, a, k, true))
			}
		}
	}
}

func compare(t *testing.T, what string, got, want [][]Neighbour) {
	t.Helper()
	for i := range want {
		if !slices.Equal(got[i], want[i]) {
			t.Errorf("%s: neighbours of %d are %v, expected %v", what, i, got[i], want[i])
			return
		}
	}
}

// TestWithin compares each pair with the definition, with radii that are distances of the sets
// themselves and their float64 neighbours.
func TestWithin(t *testing.T) {
	for name, pair := range hard() {
		a, b := pair[0], pair[1]
		for _, level := range kernel.Supported() {
			f, err := newFrame(a, b)
			if err != nil {
				t.Fatal(err)
			}
			f.level = level
			x, y := a.in(f), b.in(f)
			var wrong atomic.Int64
			products(x, y, func(i, first int, dots []float32) {
				for j, dot := range dots {
					d := distance2(a, i, b, first+j)
					below, above := math.Nextafter(d, -1), math.Nextafter(d, math.Inf(1))
					for _, limit := range []float64{d, below, above, 0, 1, d * 1.0001, d / 1.0001} {
						if within(x, y, i, first+j, dot, limit) != (d <= limit) {
							wrong.Add(1)
						}
					}
				}
			})
			if n := wrong.Load(); n > 0 {
				t.Errorf("%s, %v: %d comparisons are wrong", name, level, n)
			}
		}
	}
}

// TestBoundsAreUseful checks that the product decides nearly all comparisons, of features far from
// the origin too: otherwise it is of no use.
func TestBoundsAreUseful(t *testing.T) {
	for _, at := range []float32{0, 100} {
		a, b := changed(normal(1, 200, 84), 1, at), changed(normal(2, 200, 84), 1, at)
		f, err := newFrame(a, b)
		if err != nil {
			t.Fatal(err)
		}
		x, y := a.in(f), b.in(f)
		var open atomic.Int64
		limit := radii2(x, 5)[0]
		products(x, y, func(i, first int, dots []float32) {
			for j, dot := range dots {
				norms := x.norms[i] + y.norms[first+j]
				if math.Abs(norms-2*float64(dot)-limit/(f.unit*f.unit)) <= f.relative()*norms {
					open.Add(1)
				}
			}
		})
		if n := open.Load(); n > 40 {
			t.Errorf("around %v %d of 40000 comparisons are computed again, expected 40", at, n)
		}
	}
}

// TestPanicIsRaised checks that a panic of a goroutine ends where who waits can recover it.
func TestPanicIsRaised(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("the panic was lost")
		}
	}()
	each(3, func(i int) {
		if i == 1 {
			panic("here")
		}
	})
}
