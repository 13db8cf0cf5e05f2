package plan_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/sym"
)

// convolved5 is convolved for filters of 5×5 and a border of zeros.
func convolved5(b, c, h, w, oc, border int) []*sym.Expr {
	g := sym.NewGraph()
	x, filters := g.Input("x", sym.Float, b, c, h, w), g.Input("w", sym.Float, oc, c, 5, 5)
	pad := [2]int{border, border}
	y := sym.Conv(x, filters, sym.ConvSpec{PadBefore: pad, PadAfter: pad})
	loss := sym.Mean(sym.Square(sym.LeakyReLU(y, 0.1)))
	grads := sym.Gradient(loss, x, filters)
	penalty := sym.Gradient(sym.Sum(sym.Square(grads[0])), filters)
	return append([]*sym.Expr{y, sym.Add(grads[1], penalty[0])}, grads...)
}

// TestWinograd5 compares convolutions by F(4×4, 5×5) with the reference, with borders and without,
// and batches whose last chunk is smaller.
func TestWinograd5(t *testing.T) {
	for _, c := range shapes([]struct{ b, ch, h, w, oc, border int }{
		{50, 20, 12, 12, 50, 0}, {9, 20, 14, 30, 24, 2}, {33, 21, 8, 16, 20, 0}, {3, 40, 13, 23, 30, 1},
	}) {
		t.Run(fmt.Sprintf("%dx%dx%dx%d*%d", c.b, c.ch, c.h, c.w, c.oc), func(t *testing.T) {
			outputs := convolved5(c.b, c.ch, c.h, c.w, c.oc, c.border)
			text := listing(t, plan.Options{}, outputs...)
			size := fmt.Sprintf("%dx%dx%d*%dx5x5 F(4x4,5x5)", c.ch, c.h, c.w, c.oc)
			for _, kind := range []string{"conv{", "conv-input-gradient{", "conv-weight-gradient{"} {
				if n := strings.Count(text, kind); n == 0 || n != strings.Count(text, kind+size) {
					t.Errorf("%d %s, not all by Winograd's algorithm, in\n%s", n, kind, text)
				}
			}
			if !strings.Contains(text, "F(4x4,5x5), 2 pairs") {
				t.Errorf("no sum of pairs in\n%s", text)
			}
			if text := listing(t, plan.Options{Direct: true}, outputs...); strings.Contains(text, "F(4x4") {
				t.Errorf("Winograd's algorithm where it is forbidden:\n%s", text)
			}
			compare(t, 1e-5, fill(rand.New(rand.NewPCG(4, 4)), 1, outputs...), outputs...)
		})
	}
}

// TestChunksOfWholeGroups holds that chunks of a batch which F(4×4, 5×5) convolves fill vectors with
// tiles, and that others are as ever.
func TestChunksOfWholeGroups(t *testing.T) {
	for _, c := range []struct {
		batch, channels int
		want            string
	}{{50, 20, "(50 slabs by 8)"}, {50, 19, "(50 slabs by 5)"}, {256, 20, "(256 slabs by 8)"}, {12, 20, "(12 slabs by 1)"}} {
		text := listing(t, plan.Options{}, convolved5(c.batch, c.channels, 12, 12, 20, 0)...)
		if !strings.Contains(text, c.want) {
			t.Errorf("batch %d, %d channels: no %s in\n%s", c.batch, c.channels, c.want, text)
		}
	}
}

// TestDirectIsKept5 lists convolutions that F(4×4, 5×5) does not compute, or not fast enough.
func TestDirectIsKept5(t *testing.T) {
	for _, c := range []struct{ b, ch, h, w, oc int }{
		{50, 6, 14, 14, 16}, {50, 16, 12, 12, 120}, {50, 1, 28, 28, 20}, {50, 20, 5, 9, 50}, {4, 20, 5, 6, 20},
	} {
		if text := listing(t, plan.Options{}, convolved5(c.b, c.ch, c.h, c.w, c.oc, 0)...); strings.Contains(text, "F(4x4") {
			t.Errorf("%v:\n%s", c, text)
		}
	}
}

// TestWinogradAllocatesNothing runs steps with convolutions by Winograd's algorithm, by expanded
// images and max pooling on every level.
func TestWinogradAllocatesNothing(t *testing.T) {
	border := sym.ConvSpec{PadBefore: [2]int{1, 1}, PadAfter: [2]int{1, 1}}
	for name, outputs := range map[string][]*sym.Expr{
		"phases": halved(6, 40, 32, 64, 70, 4, border), "small phases": halved(64, 64, 8, 8, 64, 4, border),
		"3×3": convolved(4, 16, 32, 32, 16), "3×3, straddling": convolved(2, 16, 20, 40, 16),
		"5×5": convolved5(8, 20, 12, 12, 20, 0), "expanded": convolved5(8, 3, 12, 12, 4, 0), "step": lenetStep(t),
	} {
		for _, level := range kernel.Supported() {
			p, err := plan.Compile(outputs, nil, plan.Options{Level: level, Threads: 1})
			if err != nil {
				t.Fatal(err)
			}
			set(p, fill(rand.New(rand.NewPCG(5, 5)), 10, outputs...))
			if n := testing.AllocsPerRun(3, func() {
				if err := p.Run(1, 1); err != nil {
					t.Fatal(err)
				}
			}); n != 0 {
				t.Errorf("%s, level %v: %v allocations a step", name, level, n)
			}
			p.Close()
		}
	}
}

// lenetStep returns loss gradients of LeNet.
func lenetStep(t *testing.T) []*sym.Expr {
	t.Helper()
	g := sym.NewGraph()
	logits, params := lenet(g, g.Input("x", sym.Float, 5, 1, 28, 28))
	loss := sym.Mean(sym.CrossEntropy(logits, sym.OneHot(g.Input("y", sym.Int, 5), 10)))
	return sym.Gradient(loss, params...)
}
