package plan_test

import (
	"math/rand/v2"
	"testing"

	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/internal/symtest"
	"github.com/gradreg/gradreg/sym"
)

// FuzzCompiled compares random graphs, compiled at every level, with the reference evaluator, also with all factors
// per sample taken out. The named seeds hold 2×2 pooling windows that hang over the last row or column.
func FuzzCompiled(f *testing.F) {
	for _, seed := range []uint64{1, 2, 3, 4, 5, 6, 7, 8, 1710, 2464, 5633} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		outputs, values := symtest.Random(rand.New(rand.NewPCG(seed, 77)), sym.NewGraph(), 70)
		compare(t, 1e-4, values, outputs...)
		rewritten, _ := plan.TakeOutFactors(outputs)
		compareTo(t, 1e-4, values, outputs, rewritten)
	})
}
