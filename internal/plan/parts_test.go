package plan_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/sym"
)

// TestParts checks that chunks which are taken part by part give the bits of whole ones, for chunks
// of one size and with a smaller last one: convolutions by Winograd's algorithm and directly, of
// strides one and two, norms over the batch, pooling, and their derivatives.
func TestParts(t *testing.T) {
	for _, batch := range []int{40, 41} {
		g := sym.NewGraph()
		x := g.Input("x", sym.Float, batch, 16, 32, 32)
		spec := sym.ConvSpec{Stride: [2]int{1, 1}, PadBefore: [2]int{1, 1}, PadAfter: [2]int{1, 1}}
		half := spec
		half.Stride = [2]int{2, 2}
		w := g.Input("w", sym.Float, 16, 16, 3, 3)
		v := g.Input("v", sym.Float, 16, 16, 3, 3)
		norm := func(z *sym.Expr) *sym.Expr {
			scale := 1 / float64(batch*z.Shape()[2]*z.Shape()[3])
			all := func(e *sym.Expr) *sym.Expr {
				return sym.Broadcast(sym.Scale(sym.Sum(e, 0, 2, 3), scale), []int{1}, z.Shape()...)
			}
			centred := sym.Sub(z, all(z))
			return sym.Div(centred, sym.Sqrt(sym.Add(all(sym.Square(centred)), g.Const(0.1, z.Shape()...))))
		}
		a := sym.ReLU(norm(sym.Conv(x, w, spec)))
		b := sym.ReLU(sym.Add(norm(sym.Conv(a, w, spec)), x))
		pooled := sym.SumPool(b, sym.PoolSpec{Window: [2]int{2, 2}, Stride: [2]int{2, 2}})
		c := sym.Add(norm(sym.Conv(b, v, half)), pooled)
		outputs := append(sym.Gradient(sym.Sum(sym.Square(sym.Tanh(c))), w, v, x), sym.Sum(c, 0, 2, 3), sym.Sum(b, 2, 3))
		for _, o := range outputs {
			if o.Err() != nil {
				t.Fatal(o.Err())
			}
		}
		values := fill(rand.New(rand.NewPCG(1, uint64(batch))), 2, outputs...)
		for _, level := range kernel.Supported() {
			run := func(opt plan.Options) (list [][]float32, stretches, nodes int) {
				p, err := plan.Compile(outputs, nil, opt)
				if err != nil {
					t.Fatal(err)
				}
				defer p.Close()
				set(p, values)
				for range 2 { // the second run finds what the first one left in memory
					if err := p.Run(key, step); err != nil {
						t.Fatal(err)
					}
				}
				for i := range outputs {
					list = append(list, slices.Clone(p.Output(i)))
				}
				stretches, nodes = p.Divided()
				return list, stretches, nodes
			}
			wanted, none, _ := run(plan.Apart(plan.Options{Level: level}))
			for _, threads := range []int{1, 3} {
				got, stretches, nodes := run(plan.Options{Level: level, Threads: threads})
				for i, want := range wanted {
					if !slices.EqualFunc(got[i], want, sameBits) {
						t.Errorf("batch %d, level %v, %d threads: output %d differs from that of whole chunks", batch, level, threads, i)
					}
				}
				if none > 0 || stretches < 5 || nodes < 20 {
					t.Errorf("%d stretches are divided, %d with parts, of %d nodes", none, stretches, nodes)
				}
			}
		}
	}
}
