package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// unit is the rounding of float32.
const unit = 1.0 / (1 << 24)

// operand is memory for a matrix: numbers, and NaN wherever no element is, so that a kernel that uses more
// than it should spoils its result.
func operand(r *rand.Rand, size int, offsets []int32, length int) []float32 {
	x := make([]float32, size+Slack)
	for i := range x {
		x[i] = float32(math.NaN())
	}
	for _, o := range offsets {
		for j := range length {
			x[int(o)+j] = float32(r.NormFloat64())
		}
	}
	return x
}

// scattered returns n offsets of pieces of the given length in no order, with gaps, and the memory they need.
func scattered(r *rand.Rand, n, length int) (offsets []int32, size int) {
	for range n {
		offsets = append(offsets, int32(size))
		size += length + r.IntN(4)
	}
	r.Shuffle(n, func(i, j int) { offsets[i], offsets[j] = offsets[j], offsets[i] })
	return offsets, size
}

// canary fills what a kernel must not write to.
const canary = -12345.5

// output is memory for C with ldc ≥ n, numbers at its elements and canaries elsewhere.
func output(r *rand.Rand, m, n, ldc int) []float32 {
	c := make([]float32, m*ldc+Slack)
	for i := range c {
		c[i] = canary
		if i%ldc < n && i < m*ldc {
			c[i] = float32(r.NormFloat64())
		}
	}
	return c
}

// product is one element in float64 with the sum of magnitudes that its error is bounded by.
type product struct{ sum, size float64 }

func (p *product) add(a, b float32) {
	p.sum += float64(a) * float64(b)
	p.size += math.Abs(float64(a) * float64(b))
}

// verify compares C with the products, added to its old content if acc, and checks that nothing else changed.
func verify(t *testing.T, what string, c, old []float32, m, n, ldc, terms int, acc bool, want func(i, j int) product) {
	t.Helper()
	for at := range c {
		i, j := at/ldc, at%ldc
		if i >= m || j >= n {
			if c[at] != canary {
				t.Fatalf("%s: wrote %v beside row %d", what, c[at], i)
			}
			continue
		}
		p := want(i, j)
		if acc {
			p.add(old[at], 1)
		}
		if !(math.Abs(float64(c[at])-p.sum) <= float64(terms+2)*unit*p.size) {
			t.Fatalf("%s: element %d, %d is %v, want %v", what, i, j, c[at], p.sum)
		}
	}
}

// typical are the shapes m, k, n of LeNet's and LeNetCaffe's products, and of blocks that the inner axis is
// cut into.
var typical = [][3]int{
	{6, 25, 784}, {16, 150, 100}, {20, 25, 576}, {50, 500, 64}, {30, 16, 100}, {250, 50, 64}, {5, 400, 120}, {5, 120, 84}, {5, 84, 10},
	{50, 800, 50}, {1, 192, 1}, {3, 193, 33}, {14, 385, 16}, {29, 7, 31},
}

func TestMulPacked(t *testing.T) {
	allLevels(t, func(t *testing.T, l Level) {
		r := rand.New(rand.NewPCG(1, 2))
		shapes := slices.Clone(typical)
		for m := 1; m <= 15; m++ {
			for _, n := range []int{1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 65, 70} {
				shapes = append(shapes, [3]int{m, 1 + r.IntN(40), n})
			}
		}
		for _, s := range shapes {
			m, k, n := s[0], s[1], s[2]
			rows, _ := scattered(r, m, k)
			cols := seq(k, 1)
			if r.IntN(2) == 0 { // A transposed, and in general position
				rows = seq(m, 1)
				cols = seq(k, m+r.IntN(3))
			}
			size := int(slices.Max(rows)+slices.Max(cols)) + 1
			a := make([]float32, size)
			for i := range a {
				a[i] = float32(r.NormFloat64())
			}
			packed := make([]float32, l.PackedSize(m, k))
			l.PackA(packed, a, rows, cols)
			boff, bsize := scattered(r, k, n)
			b := operand(r, bsize, boff, n)
			before := slices.Clone(b)
			for _, acc := range []bool{false, true} {
				ldc := n + r.IntN(3)
				c := output(r, m, n, ldc)
				old := slices.Clone(c)
				l.MulPacked(c, ldc, packed, b, boff, m, n, acc)
				verify(t, sizes("mul", m, k, n), c, old, m, n, ldc, k, acc, func(i, j int) (p product) {
					for q := range k {
						p.add(a[rows[i]+cols[q]], b[int(boff[q])+j])
					}
					return p
				})
			}
			if !slices.EqualFunc(b, before, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) }) {
				t.Fatal("B was changed")
			}
		}
	})
}

func TestMulDot(t *testing.T) {
	allLevels(t, func(t *testing.T, l Level) {
		r := rand.New(rand.NewPCG(3, 4))
		shapes := [][4]int{{6, 25, 784, 5}, {16, 150, 100, 5}, {5, 120, 400, 1}, {20, 25, 576, 2}, {5, 84, 10, 1}}
		for m := 1; m <= 7; m++ {
			for n := 1; n <= 7; n++ {
				for _, k := range []int{1, 7, 8, 15, 16, 17, 33, 64, 65} {
					shapes = append(shapes, [4]int{m, n, k, 1 + r.IntN(3)})
				}
			}
		}
		for _, s := range shapes {
			m, n, k, segments := s[0], s[1], s[2], s[3]
			aoff, as := scattered(r, m, k)
			boff, bs := scattered(r, n, k)
			a, b := segmented(r, aoff, as, k, segments), segmented(r, boff, bs, k, segments)
			for _, acc := range []bool{false, true} {
				ldc := n + r.IntN(3)
				c := output(r, m, n, ldc)
				old := slices.Clone(c)
				l.MulDot(c, ldc, a, aoff, as, b, boff, bs, k, segments, acc)
				verify(t, sizes("dot", m, n, k, segments), c, old, m, n, ldc, k*segments, acc, func(i, j int) (p product) {
					for s := range segments {
						for q := range k {
							p.add(a[int(aoff[i])+s*as+q], b[int(boff[j])+s*bs+q])
						}
					}
					return p
				})
			}
		}
	})
}

// segmented is operand for several segments, ending with the last element: a dot product reads no further.
func segmented(r *rand.Rand, offsets []int32, step, length, segments int) []float32 {
	var every []int32
	for s := range segments {
		for _, o := range offsets {
			every = append(every, o+int32(s*step))
		}
	}
	end := int(slices.Max(every)) + length
	return operand(r, end, every, length)[:end:end]
}

// TestRowsAreIndependent checks that a product cut by rows is bit for bit the whole one: chunks of samples must not
// depend on their neighbours.
func TestRowsAreIndependent(t *testing.T) {
	allLevels(t, func(t *testing.T, l Level) {
		r := rand.New(rand.NewPCG(5, 6))
		const m, k, n = 23, 210, 45
		a, b := operand(r, m*k, seq(m, k), k), operand(r, k*n, seq(k, n), n)
		whole, part := make([]float32, m*n), make([]float32, m*n)
		packed := make([]float32, l.PackedSize(m, k))
		l.PackA(packed, a, seq(m, k), seq(k, 1))
		l.MulPacked(whole, n, packed, b, seq(k, n), m, n, false)
		for i := range m {
			l.PackA(packed, a[i*k:], seq(1, k), seq(k, 1))
			l.MulPacked(part[i*n:], n, packed, b, seq(k, n), 1, n, false)
		}
		for i := range whole {
			if math.Float32bits(whole[i]) != math.Float32bits(part[i]) {
				t.Fatalf("element %d is %v alone and %v among others", i, part[i], whole[i])
			}
		}
	})
}

// seq returns 0, step, 2·step, ….
func seq(n, step int) []int32 {
	t := make([]int32, n)
	for i := range t {
		t[i] = int32(i * step)
	}
	return t
}
