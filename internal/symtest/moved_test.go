package symtest

import (
	"math/rand/v2"
	"testing"

	"github.com/gradreg/gradreg/sym"
)

// otherOps round, or their numbers are no floats, or they are rarely asked about: isMoved says no.
var otherOps = []sym.Op{
	sym.OpNormal, sym.OpBernoulli, sym.OpExp, sym.OpLog, sym.OpLog1p, sym.OpSqrt, sym.OpPow, sym.OpTanh,
	sym.OpSigmoid, sym.OpSoftplus, sym.OpErf, sym.OpSin, sym.OpCos, sym.OpAdd, sym.OpSub, sym.OpMul, sym.OpDiv,
	sym.OpGreater, sym.OpGreaterEqual, sym.OpEqual, sym.OpAnd, sym.OpOr, sym.OpNot, sym.OpSum, sym.OpArgMax,
	sym.OpScatter, sym.OpMatMul, sym.OpConv, sym.OpConvInputGradient, sym.OpConvWeightGradient, sym.OpSumPool,
	sym.OpSumPoolTranspose, sym.OpMaxPoolIndex, sym.OpDepthwiseConv, sym.OpDepthwiseConvInputGradient,
	sym.OpDepthwiseConvWeightGradient,
}

// TestMovedOps finds every operation in exactly one of the lists: a new one has to be put into one.
func TestMovedOps(t *testing.T) {
	lists := map[sym.Op]int{}
	for _, op := range otherOps {
		lists[op]++
	}
	for _, list := range []map[sym.Op]bool{exactOps, movingOps} {
		for op := range list {
			lists[op]++
		}
	}
	for _, op := range sym.Ops() {
		if lists[op] != 1 {
			t.Errorf("%v is in %d lists, expected one", op, lists[op])
		}
		delete(lists, op)
	}
	if len(lists) > 0 {
		t.Errorf("lists name %v, which are no operations", lists)
	}
}

// TestMoved evaluates random expressions in float64, and with every result rounded to float32:
// of what
// isMoved calls the same in every arithmetic nothing but its constants is rounded. Each operation in
// its lists is met.
func TestMoved(t *testing.T) {
	met := map[sym.Op]int{}
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 4))
		b := &builder{
			Rand: r, data: rand.New(rand.NewPCG(r.Uint64(), 1)), g: sym.NewGraph(),
			inputs: map[*sym.Expr]*sym.Tensor{}, exact: map[*sym.Expr]*sym.Tensor{},
			rounded: map[*sym.Expr]*sym.Tensor{}, moved: map[*sym.Expr]bool{},
		}
		b.enter(b.leaf(1+b.IntN(3), 1+b.IntN(4)))
		b.enter(b.leaf(1+b.IntN(2), 1+b.IntN(2), 2+b.IntN(4), 2+b.IntN(4)))
		all := moves()
		for range 40 {
			b.enter(all[b.IntN(len(all))](b))
		}
		for _, e := range sym.Topological(b.pool...) {
			if e.DType() != sym.Float || !b.isMoved(e) || !b.computed(e) {
				continue
			}
			met[e.Op()]++
			for i, v := range b.exact[e].Data {
				if w := b.rounded[e].Data[i]; float64(float32(v)) != w {
					t.Fatalf("seed %d: element %d of %v is %v, and %v in float32", seed, i, e, v, w)
				}
			}
		}
	}
	for _, list := range []map[sym.Op]bool{exactOps, movingOps} {
		for op := range list {
			if met[op] == 0 {
				t.Errorf("%v was not met", op)
			}
		}
	}
}
