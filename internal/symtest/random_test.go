package symtest_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gradreg/gradreg/internal/symtest"
	"github.com/gradreg/gradreg/sym"
)

// TestRandom checks that random expressions are free of errors, finite and repeatable, that their inputs are exact in
// float32, and that among them is every operation, also below a derivative.
func TestRandom(t *testing.T) {
	seen := map[sym.Op]int{}
	for seed := range uint64(300) {
		build := func() ([]*sym.Expr, map[*sym.Expr]*sym.Tensor) {
			return symtest.Random(rand.New(rand.NewPCG(seed, 2)), sym.NewGraph(), 40)
		}
		outputs, values := build()
		again, _ := build()
		if sym.Format(outputs...) != sym.Format(again...) {
			t.Fatalf("seed %d gives other expressions the second time", seed)
		}
		for e, v := range values {
			for _, x := range v.Data {
				if float64(float32(x)) != x || e.DType() == sym.Int && x != math.Floor(x) {
					t.Errorf("seed %d: value %v of %v", seed, x, e)
				}
			}
		}
		got, err := sym.Eval(sym.Env{Values: values, Key: symtest.Key, Step: symtest.Step}, outputs...)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		for i, v := range got {
			largest := 0.0
			for _, x := range v.Data {
				largest = max(largest, math.Abs(x))
			}
			if !(largest > 0 && largest < 1e3) {
				t.Errorf("seed %d: the largest element of output %d is %v", seed, i, largest)
			}
		}
		for _, e := range sym.Topological(outputs...) {
			seen[e.Op()]++
		}
	}
	for _, op := range sym.Ops() {
		if seen[op] < 5 {
			t.Errorf("%v occurs %d times", op, seen[op])
		}
	}
}

// TestFromBytes checks that a byte is a choice and that choices do not end with them.
func TestFromBytes(t *testing.T) {
	draw := func(data ...byte) (out [6]int) {
		r := symtest.FromBytes(data)
		for i := range out {
			out[i] = r.IntN(8)
		}
		return out
	}
	a, b := draw(1, 2, 3, 4), draw(1, 2, 7, 4)
	if a[0] != b[0] || a[1] != b[1] || a[2] == b[2] || a[3] != b[3] || a[4] != b[4] || a == draw(1, 2, 3) {
		t.Errorf("choices %v and %v", a, b)
	}
}
