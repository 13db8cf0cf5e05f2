package kernel

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// shapeCase is a kernel as a function of slices of equal length: the first `written` of them are written,
// the others only read.
type shapeCase struct {
	name    string
	arrays  int
	written int
	// inPlace tells that the kernel does not read what it overwrites, so that it may overwrite an operand.
	inPlace bool
	run     func(l Level, x [][]float32)
}

// shapeCases lists every element-wise kernel.
func shapeCases() []shapeCase {
	const s = float32(-0.75)
	cases := []shapeCase{
		{"Select", 4, 1, true, func(l Level, x [][]float32) { l.Select(x[0], x[1], x[2], x[3]) }},
		{"Fill", 1, 1, true, func(l Level, x [][]float32) { l.Fill(x[0], s) }},
		{"AddTo", 2, 1, false, func(l Level, x [][]float32) { l.AddTo(x[0], x[1]) }},
	}
	for op := range unaryCount {
		cases = append(cases, shapeCase{"Unary " + op.String(), 2, 1, true, func(l Level, x [][]float32) { l.Unary(op, x[0], x[1]) }})
	}
	for op := range binaryCount {
		cases = append(cases,
			shapeCase{"Binary " + op.String(), 3, 1, true, func(l Level, x [][]float32) { l.Binary(op, x[0], x[1], x[2]) }},
			shapeCase{"BinaryScalar " + op.String(), 2, 1, true, func(l Level, x [][]float32) { l.BinaryScalar(op, x[0], x[1], s) }},
			shapeCase{"ScalarBinary " + op.String(), 2, 1, true, func(l Level, x [][]float32) { l.ScalarBinary(op, x[0], s, x[1]) }},
		)
	}
	return cases
}

// sample returns n numbers, every third of which is 0 or 1, so that masks and comparisons have both answers.
func sample(r *rand.Rand, n int) []float32 {
	x := normals(r, n, 3)
	for i := range x {
		if r.IntN(3) == 0 {
			x[i] = float32(r.IntN(2))
		}
	}
	return x
}

// oneByOne runs a kernel on one element after the other.
func oneByOne(c shapeCase, l Level, x [][]float32) [][]float32 {
	out := make([][]float32, len(x))
	for k := range x {
		out[k] = slices.Clone(x[k])
	}
	single := make([][]float32, len(x))
	for i := range x[0] {
		for k := range out {
			single[k] = out[k][i : i+1]
		}
		c.run(l, single)
	}
	return out
}

// operandWithin returns n numbers inside a larger slice of canaries, at a random alignment.
func operandWithin(r *rand.Rand, n int) (whole, x []float32) {
	const canary, before, after = float32(123456.75), 16, 40 // more than a vector on either side
	offset := before + r.IntN(17)
	whole = slices.Repeat([]float32{canary}, offset+n+after)
	x = whole[offset : offset+n]
	copy(x, sample(r, n))
	return whole, x
}

// TestShapes runs every kernel at every length up to four vectors and one, each operand with an alignment of
// its own. The result must be that of one element after the other; operands that are read, and what lies
// before and behind each operand, must stay.
func TestShapes(t *testing.T) {
	allLevels(t, func(t *testing.T, l Level) {
		r := rand.New(rand.NewPCG(17, 18))
		for _, c := range shapeCases() {
			for n := range 4*16 + 2 {
				got, want := make([][]float32, c.arrays), make([][]float32, c.arrays)
				x, y := make([][]float32, c.arrays), make([][]float32, c.arrays)
				for k := range x {
					got[k], x[k] = operandWithin(r, n)
					want[k] = slices.Clone(got[k])
					offset := cap(got[k]) - cap(x[k])
					y[k] = want[k][offset : offset+n]
				}
				c.run(l, x)
				written := oneByOne(c, l, y)
				for k := range c.written {
					copy(y[k], written[k])
				}
				for k := range got {
					if i := firstDifference(got[k], want[k]); i >= 0 {
						t.Fatalf("%s of %d elements: operand %d is %g at element %d, expected %g",
							c.name, n, k, got[k][i], i-(cap(got[k])-cap(x[k])), want[k][i])
					}
				}
			}
		}
	})
}

// TestInPlace writes the result over each of the operands.
func TestInPlace(t *testing.T) {
	allLevels(t, func(t *testing.T, l Level) {
		r := rand.New(rand.NewPCG(19, 20))
		for _, c := range shapeCases() {
			if !c.inPlace {
				continue
			}
			for _, n := range []int{1, 15, 16, 45} {
				x := make([][]float32, c.arrays)
				for k := range x {
					x[k] = sample(r, n)
				}
				c.run(l, x)
				for k := 1; k < c.arrays; k++ {
					y := slices.Clone(x)
					y[k] = slices.Clone(x[k])
					y[0] = y[k]
					c.run(l, y)
					if i := firstDifference(y[0], x[0]); i >= 0 {
						t.Errorf("%s over operand %d: element %d of %d is %g, expected %g", c.name, k, i, n, y[0][i], x[0][i])
					}
				}
			}
		}
	})
}

// TestShortOperandPanics gives every operand but the first one element too few, with none behind it.
func TestShortOperandPanics(t *testing.T) {
	allLevels(t, func(t *testing.T, l Level) {
		for _, c := range shapeCases() {
			for short := 1; short < c.arrays; short++ {
				x := make([][]float32, c.arrays)
				for k := range x {
					x[k] = make([]float32, 20)
				}
				x[short] = make([]float32, 19)[:19:19]
				if !panics(func() { c.run(l, x) }) {
					t.Errorf("%s takes an operand %d that is too short", c.name, short)
				}
			}
		}
	})
}

// panics reports whether f panics.
func panics(f func()) (yes bool) {
	defer func() { yes = recover() != nil }()
	f()
	return false
}

// TestNoAllocation runs kernels on arrays on the stack, which stay there if no kernel lets them escape.
func TestNoAllocation(t *testing.T) {
	allLevels(t, func(t *testing.T, l Level) {
		var sink float32
		allocated := testing.AllocsPerRun(10, func() {
			var a, b, c, d [40]float32
			for op := range unaryCount {
				l.Unary(op, a[:], b[:])
			}
			for op := range binaryCount {
				l.Binary(op, a[:], b[:], c[:])
				l.BinaryScalar(op, a[:], b[:], 2)
				l.ScalarBinary(op, a[:], 2, b[:])
			}
			l.Select(a[:], b[:], c[:], d[:])
			l.Fill(a[:], 1)
			l.AddTo(a[:], b[:])
			sink += l.Sum(a[:])
		})
		if allocated != 0 {
			t.Errorf("kernels allocate %v times, expected 0", allocated)
		}
	})
}

// firstDifference returns the first index at which a and b have different bits, −1 if there is none.
func firstDifference(a, b []float32) int {
	for i := range a {
		if !same(a[i], b[i]) {
			return i
		}
	}
	return -1
}
