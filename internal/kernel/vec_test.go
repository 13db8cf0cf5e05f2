package kernel

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

var exhaustive = flag.Bool("exhaustive", false, "test functions of one number on every float32 (minutes)")

// edges are the numbers that functions go wrong at.
var edges = func() []float32 {
	var x []float32
	for _, v := range []float64{
		0, 0x1p-149, 0x1p-148, 0x1.fffffcp-127, 0x1p-126, 0x1p-64, 0x1p-24, 0x1p-12, 0.25, math.Ln2 / 2, 0.5, math.Sqrt2 / 2, 1,
		math.Sqrt2, 1.5, 2, 2.5, math.Pi, 3.9, 4, 9.01, 9.02, 16, 17.5, 87.3, 88.72283, 88.8, 89, 103.9, 104, 105, 0x1p22, 0x1p23,
		0x1p24, 0x1p31, 0x1p64, 0x1p126, math.MaxFloat32, math.Inf(1),
	} {
		f := float32(v)
		for _, f := range []float32{f, math.Nextafter32(f, 0), math.Nextafter32(f, float32(math.Inf(1)))} {
			x = append(x, f, -f)
		}
	}
	return append(x, float32(math.NaN()), math.Float32frombits(0xFFC12345))
}()

// reference returns op(x) in float64.
func reference(op UnaryOp, x float64) float64 {
	switch op {
	case Neg:
		return -x
	case Abs:
		return math.Abs(x)
	case Sign:
		if x == 0 || x != x {
			return x
		}
		return math.Copysign(1, x)
	case Sqrt:
		return math.Sqrt(x)
	case Not:
		return 1 - x
	case Exp:
		return math.Exp(x)
	case Log:
		return math.Log(x)
	case Log1p:
		return math.Log1p(x)
	case Tanh:
		return math.Tanh(x)
	case Sigmoid:
		if x < 0 {
			return math.Exp(x) / (1 + math.Exp(x))
		}
		return 1 / (1 + math.Exp(-x))
	case Softplus:
		if x > 50 {
			return x
		}
		return math.Log1p(math.Exp(x))
	case Erf:
		return math.Erf(x)
	case Sin:
		return math.Sin(x)
	case Cos:
		return math.Cos(x)
	}
	panic(fmt.Sprintf("no reference for %v", op))
}

// ulpError returns how far got is from want in units in the last place of want. Infinity counts as 2¹²⁸ where
// want is finite. NaN, infinity and zero must be hit, with their sign.
func ulpError(got float32, want float64) float64 {
	g := float64(got)
	if want != want || math.IsInf(want, 0) || want == 0 {
		if (want != want && g != g) || (want == g && math.Signbit(want) == math.Signbit(g)) {
			return 0
		}
		return math.Inf(1)
	}
	const beyond = 0x1p128
	g, want = max(-beyond, min(g, beyond)), max(-beyond, min(want, beyond))
	_, e := math.Frexp(want)
	if e = max(e-24, -149); e > 104 {
		e = 104
	}
	d := math.Abs(g-want) / math.Ldexp(1, e)
	if d != d {
		return math.Inf(1)
	}
	return d
}

// unaryBound returns the error that op is allowed in units in the last place.
func unaryBound(l Level, op UnaryOp) float64 {
	if op < Exp {
		return 0.5 // rounded once; float64 has digits enough for that to be exact
	}
	if l == Generic || op == Sin || op == Cos {
		return 0.5 + 0x1p-20 // rounded once from a float64 that may itself be off
	}
	return MaxULP
}

// unaryArguments calls f with blocks that hold the edges and float32 of all sizes.
func unaryArguments(f func(x []float32)) {
	f(edges)
	stride := uint64(4099)
	if *exhaustive {
		stride = 1
	}
	x := make([]float32, 0, 1<<14)
	for u := uint64(0); u < 1<<32; u += stride {
		x = append(x, math.Float32frombits(uint32(u)))
		if len(x) == cap(x) || u+stride >= 1<<32 {
			f(x)
			x = x[:0]
		}
	}
}

func TestUnary(t *testing.T) {
	allLevels(t, func(t *testing.T, l Level) {
		for op := range unaryCount {
			t.Run(op.String(), func(t *testing.T) {
				t.Parallel()
				bound, worst, at := unaryBound(l, op), 0.0, float32(0)
				dst := make([]float32, 1<<14)
				unaryArguments(func(x []float32) {
					l.Unary(op, dst[:len(x)], x)
					for i, v := range x {
						if d := ulpError(dst[i], reference(op, float64(v))); d > worst {
							worst, at = d, v
						}
					}
				})
				if l.Unary(op, dst[:1], []float32{at}); worst > bound {
					t.Errorf("%v(%g) = %g, expected %g: %.2f units in the last place off, at most %g allowed",
						op, at, dst[0], reference(op, float64(at)), worst, bound)
				}
				t.Logf("largest error %.3f units in the last place, at %g", worst, at)
			})
		}
	})
}

func TestUnaryHasTheSameBitsOnAVX2AndAVX512(t *testing.T) {
	if detected < AVX512 {
		t.Skipf("level %v is not supported here", AVX512)
	}
	for op := range unaryCount {
		t.Run(op.String(), func(t *testing.T) {
			t.Parallel()
			narrow, wide := make([]float32, 1<<14), make([]float32, 1<<14)
			unaryArguments(func(x []float32) {
				AVX2.Unary(op, narrow[:len(x)], x)
				AVX512.Unary(op, wide[:len(x)], x)
				for i, v := range x {
					if !same(narrow[i], wide[i]) {
						t.Fatalf("%v(%g) = %g on AVX2, %g on AVX-512", op, v, narrow[i], wide[i])
					}
				}
			})
		})
	}
}

// same reports whether a and b have the same bits, or are both NaN.
func same(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || (a != a && b != b)
}

// binaryReference returns a op b. Go's float64 results, rounded again, are those of float32.
func binaryReference(op BinaryOp, a, b float32) float32 {
	x, y := float64(a), float64(b)
	switch op {
	case Add:
		return float32(x + y)
	case Sub:
		return float32(x - y)
	case Mul:
		return float32(x * y)
	case Div:
		return float32(x / y)
	case Max:
		if x > y {
			return a
		}
		return b
	case Min:
		if x < y {
			return a
		}
		return b
	case Greater:
		return indicator(x > y)
	case GreaterEqual:
		return indicator(x >= y)
	case Equal:
		return indicator(x == y)
	case Gate:
		if x > 0 {
			return b
		}
		return 0
	}
	panic(fmt.Sprintf("no reference for %v", op))
}

func indicator(b bool) float32 {
	if b {
		return 1
	}
	return 0
}

func TestBinary(t *testing.T) {
	allLevels(t, func(t *testing.T, l Level) {
		n := len(edges)
		dst := make([]float32, n)
		check := func(form string, op BinaryOp, i int, a, b float32) {
			if want := binaryReference(op, a, b); !same(dst[i], want) {
				t.Errorf("%s: %g %v %g = %g, expected %g", form, a, op, b, dst[i], want)
			}
		}
		for op := range binaryCount {
			for shift := range n { // every pair of edges
				b := append(edges[shift:n:n], edges[:shift]...)
				l.Binary(op, dst, edges, b)
				for i, v := range edges {
					check("Binary", op, i, v, b[i])
				}
				s := edges[shift]
				l.BinaryScalar(op, dst, edges, s)
				for i, v := range edges {
					check("BinaryScalar", op, i, v, s)
				}
				l.ScalarBinary(op, dst, s, edges)
				for i, v := range edges {
					check("ScalarBinary", op, i, s, v)
				}
			}
		}
	})
}

func TestSelect(t *testing.T) {
	nan, tiny, inf := float32(math.NaN()), float32(0x1p-149), float32(math.Inf(1))
	minusZero := float32(math.Copysign(0, -1))
	allLevels(t, func(t *testing.T, l Level) {
		dst := make([]float32, 9)
		l.Select(dst, []float32{1, 0, minusZero, nan, tiny, inf, 0, -1, 0},
			[]float32{1, 2, 3, 4, 5, 6, nan, nan, inf}, []float32{-1, -2, -3, -4, -5, -6, minusZero, -8, nan})
		for i, want := range []float32{1, -2, -3, 4, 5, 6, minusZero, nan, nan} {
			if !same(dst[i], want) {
				t.Errorf("element %d is %g, expected %g", i, dst[i], want)
			}
		}
	})
}

// normals returns n normally distributed numbers, times 2ᵉ for some −span ≤ e ≤ span.
func normals(r *rand.Rand, n, span int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(math.Ldexp(r.NormFloat64(), r.IntN(2*span+1)-span))
	}
	return x
}

func TestFillAndAddTo(t *testing.T) {
	allLevels(t, func(t *testing.T, l Level) {
		dst := make([]float32, len(edges))
		for _, s := range edges {
			l.Fill(dst, s)
			for i, v := range dst {
				if !same(v, s) {
					t.Fatalf("Fill(%g): element %d is %g", s, i, v)
				}
			}
			l.AddTo(dst, edges)
			for i, v := range edges {
				if want := binaryReference(Add, s, v); !same(dst[i], want) {
					t.Errorf("AddTo: %g + %g = %g, expected %g", s, v, dst[i], want)
				}
			}
		}
	})
}

// near fails if got is further than bound from want.
func near(t *testing.T, name string, i int, got float32, want, bound float64) {
	t.Helper()
	if d := math.Abs(float64(got) - want); !(d <= bound) {
		t.Fatalf("%s[%d] = %g, expected %g ± %.2g, differs by %.2g", name, i, got, want, bound, d)
	}
}
