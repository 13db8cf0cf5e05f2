package plan_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/sym"
)

// BenchmarkStep measures loss and gradients of LeNet at batch 50, plain and with DataGrad.
func BenchmarkStep(b *testing.B) {
	for _, level := range kernel.Supported() {
		for _, penalized := range []bool{false, true} {
			for _, threads := range []int{1, 2} {
				b.Run(fmt.Sprintf("level=%v/datagrad=%v/threads=%d", level, penalized, threads), func(b *testing.B) {
					g := sym.NewGraph()
					const batch = 50
					x := g.Input("x", sym.Float, batch, 1, 28, 28)
					logits, params := lenet(g, x)
					losses := sym.CrossEntropy(logits, sym.OneHot(g.Input("y", sym.Int, batch), 10))
					total := sym.Mean(losses)
					if penalized {
						dx := sym.Gradient(sym.Sum(losses), x)[0]
						total = sym.Add(total, sym.Scale(sym.Sum(sym.Square(dx)), 1))
					}
					p, err := plan.Compile(sym.Gradient(total, params...), nil, plan.Options{Level: level, Threads: threads})
					if err != nil {
						b.Fatal(err)
					}
					defer p.Close()
					set(p, fill(rand.New(rand.NewPCG(1, 1)), 10, total))
					for b.Loop() {
						if err := p.Run(1, 1); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric(2*float64(p.MACs(0))*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
				})
			}
		}
	}
}
