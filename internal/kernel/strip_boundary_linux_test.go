package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// stripCase is an operation of strip programs and what it has to agree with.
type stripCase struct {
	name string
	op   StripOp
	want func(l Level, dst, a, b []float32)
}

func stripCases() []stripCase {
	binary := func(op BinaryOp) func(l Level, dst, a, b []float32) {
		return func(l Level, dst, a, b []float32) { l.Binary(op, dst, a, b) }
	}
	return []stripCase{
		{"add", StripAdd, binary(Add)},
		{"sub", StripSub, binary(Sub)},
		{"mul", StripMul, binary(Mul)},
		{"div", StripDiv, binary(Div)},
		{"max", StripMax, binary(Max)},
		{"greater", StripGreater, binary(Greater)},
		{"greater_equal", StripGreaterEqual, binary(GreaterEqual)},
		{"equal", StripEqual, binary(Equal)},
		{"gate", StripGate, binary(Gate)},
		{"keep", StripKeep, func(l Level, dst, a, b []float32) { l.Select(dst, a, b, make([]float32, len(dst))) }},
		{"drop", StripDrop, func(l Level, dst, a, b []float32) { l.Select(dst, a, make([]float32, len(dst)), b) }},
	}
}

// stripSample returns numbers and special values.
func stripSample(r *rand.Rand, x []float32) []float32 {
	special := []float32{0, float32(math.Copysign(0, -1)), 1, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), 1e-42}
	for i := range x {
		if x[i] = float32(r.NormFloat64()); r.IntN(4) == 0 {
			x[i] = special[r.IntN(len(special))]
		}
	}
	return x
}

// program collects the steps of a strip program.
type program struct {
	level Level
	steps []StripStep
}

// add appends a step whose operand is at x and moves on by some floats from row to row.
func (p *program) add(c StripCode, x []float32, row int) *StripStep {
	s := StripStep{Row: 4 * row}
	if s.Set(p.level, c); x != nil {
		s.At = uintptr(unsafe.Pointer(&x[0]))
	}
	p.steps = append(p.steps, s)
	return &p.steps[len(p.steps)-1]
}

// stripLevels runs f for every level that has strip programs.
func stripLevels(t *testing.T, f func(t *testing.T, l Level)) {
	allLevels(t, func(t *testing.T, l Level) {
		if l.StripFloats() > 0 {
			f(t, l)
		}
	})
}

// TestStripOperations compares every operation, operand and level with the kernel of whole arrays,
// bit for bit, on arrays beside pages without access.
func TestStripOperations(t *testing.T) {
	stripLevels(t, func(t *testing.T, l Level) {
		fa, fb, fout := newFenceOf(t, 3), newFenceOf(t, 3), newFenceOf(t, 3)
		r := rand.New(rand.NewPCG(31, 32))
		const rows = 2
		for _, strips := range []int{1, 9, 17} {
			n := strips * l.StripFloats()
			a, b, out := fa.atEnd(rows*n), fb.atEnd(rows*n), fout.atEnd(rows*n)
			want, scalar := make([]float32, rows*n), make([]float32, rows*n)
			for _, c := range stripCases() {
				for operand := range stripOperands {
					for level := range StripLevels {
						next := operand == StripNext || operand == StripFromNext
						if next && level+1 == StripLevels {
							continue
						}
						stripSample(r, a)
						stripSample(r, b)
						p := program{level: l}
						p.add(StripLoad.At(level), a, n)
						other, step := b, n
						switch operand {
						case StripNext, StripFromNext:
							p.add(StripLoad.At(level+1), b, n)
						case StripScalar, StripFromScalar:
							for i := range scalar {
								scalar[i] = b[i/n]
							}
							other, step = scalar, 1
						case StripSelf:
							other = a
						}
						p.add(c.op.Code(operand, level), b, step)
						p.add(StripStore.At(level), out, n)
						p.add(StripEnd, nil, 0)
						p.add(StripRow, nil, 0)
						l.RunStrips(p.steps, rows, n)
						if operand >= StripFromTensor && operand <= StripFromNext {
							c.want(l, want, other, a)
						} else {
							c.want(l, want, a, other)
						}
						if i := firstDifference(out, want); i >= 0 {
							t.Fatalf("%s, operand %d, level %d, %d strips: element %d of %g and %g is %g, expected %g",
								c.name, operand, level, strips, i, a[i], other[i], out[i], want[i])
						}
					}
				}
			}
		}
	})
}

// TestStripFunctions does the same for what has one operand, and for strips of memory.
func TestStripFunctions(t *testing.T) {
	stripLevels(t, func(t *testing.T, l Level) {
		r := rand.New(rand.NewPCG(33, 34))
		n := 5 * l.StripFloats()
		x, out, want := newFenceOf(t, 2).atEnd(n), newFenceOf(t, 2).atEnd(n), make([]float32, n)
		own := newFence(t).atEnd(l.StripFloats())
		for level := range StripLevels {
			for code, op := range map[StripCode]UnaryOp{StripNeg: Neg, StripNot: Not, StripSqrt: Sqrt} {
				stripSample(r, x)
				p := program{level: l}
				p.add(StripLoad.At(level), x, 0)
				p.add(code.At(level), nil, 0)
				p.add(StripStoreOwn.At(level), own, 0)
				p.add(StripLoadOwn.At(0), own, 0)
				p.add(StripStore, out, 0)
				p.add(StripEnd, nil, 0)
				p.add(StripRow, nil, 0)
				l.RunStrips(p.steps, 1, n)
				l.Unary(op, want, x)
				if i := firstDifference(out, want); i >= 0 {
					t.Fatalf("%v on level %d: %g gives %g, expected %g", op, level, x[i], out[i], want[i])
				}
			}
			p := program{level: l}
			p.add(StripLoadScalar.At(level), x, 0)
			p.add(StripStore.At(level), out, 0)
			p.add(StripEnd, nil, 0)
			p.add(StripRow, nil, 0)
			l.RunStrips(p.steps, 1, n)
			l.Fill(want, x[0])
			if i := firstDifference(out, want); i >= 0 {
				t.Fatalf("a scalar on level %d: %g, expected %g", level, out[i], want[i])
			}
		}
	})
}

// TestStripSums checks that sums of rows have the bits of Sum, added block by block of 512 floats,
// and that accumulators are zero afterwards.
func TestStripSums(t *testing.T) {
	stripLevels(t, func(t *testing.T, l Level) {
		r := rand.New(rand.NewPCG(35, 36))
		for level := range StripLevels {
			for _, n := range []int{l.StripFloats(), 512, 512 + l.StripFloats(), 1024, 1600} {
				t.Run(fmt.Sprintf("level %d, %d", level, n), func(t *testing.T) {
					const rows = 3
					x := newFenceOf(t, 5).atEnd(rows * n)
					for i := range x {
						x[i] = float32(r.NormFloat64())
					}
					const count = 5 // more than have registers
					got, want := newFence(t).atEnd(count*rows), make([]float32, count*rows)
					sums := make([]float32, count*MostStripFloats)
					p := program{level: l}
					p.add(StripLoad.At(level), x, n)
					for s := range count { // each of the doubled numbers of the one before
						if s > 0 {
							p.add(StripAdd.Code(StripSelf, level), nil, 0)
						}
						code, _ := l.StripSums(s)
						p.add(code.At(level), nil, 0).Sums = uintptr(unsafe.Pointer(&sums[s*MostStripFloats]))
					}
					p.add(StripEnd, nil, 0)
					for s := range count {
						_, code := l.StripSums(s)
						p.add(code, got[s*rows:], 1).Sums = uintptr(unsafe.Pointer(&sums[s*MostStripFloats]))
					}
					p.add(StripRow, nil, 0)
					for i := range got {
						got[i], want[i] = float32(i), float32(i)
					}
					l.RunStrips(p.steps, rows, n)
					for i := range rows {
						for at := 0; at < n; at += 512 {
							sum := l.Sum(x[i*n+at : i*n+min(at+512, n)])
							for s := range count {
								want[s*rows+i] += float32(int(1)<<s) * sum
							}
						}
					}
					if i := firstDifference(got, want); i >= 0 {
						t.Fatalf("sum %d is %g, expected %g", i, got[i], want[i])
					}
					if i := firstDifference(sums, make([]float32, len(sums))); i >= 0 {
						t.Fatalf("accumulator %d is %g, expected 0", i, sums[i])
					}
				})
			}
		}
	})
}
