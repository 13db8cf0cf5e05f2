package plan_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/sym"
)

// convolved is the output of a convolution of 3×3 that keeps the size of its maps, its gradients and the gradients of
// a squared input gradient: every pass of double backpropagation.
func convolved(b, c, h, w, oc int) []*sym.Expr {
	g := sym.NewGraph()
	x, filters := g.Input("x", sym.Float, b, c, h, w), g.Input("w", sym.Float, oc, c, 3, 3)
	y := sym.Conv(x, filters, sym.ConvSpec{PadBefore: [2]int{1, 1}, PadAfter: [2]int{1, 1}})
	loss := sym.Mean(sym.Square(sym.LeakyReLU(y, 0.1)))
	grads := sym.Gradient(loss, x, filters)
	penalty := sym.Gradient(sym.Sum(sym.Square(grads[0])), filters)
	return append([]*sym.Expr{y, sym.Add(grads[1], penalty[0])}, grads...)
}

// listing returns the text of the program that computes outputs. How a convolution is computed is chosen by shapes
// alone, so the text has to be the same on every level.
func listing(t *testing.T, opt plan.Options, outputs ...*sym.Expr) string {
	t.Helper()
	text := ""
	for i, level := range kernel.Supported() {
		opt.Level = level
		p, err := plan.Compile(outputs, nil, opt)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.Listing(0); i == 0 {
			text = got
		} else if got != text {
			t.Errorf("level %v:\n%s\nlevel %v:\n%s", level, got, kernel.Supported()[0], text)
		}
		p.Close()
	}
	return text
}

// TestWinograd compares convolutions by Winograd's algorithm with the reference, over maps that tiles do not cover
// exactly and batches whose last chunk is smaller.
func TestWinograd(t *testing.T) {
	for _, c := range shapes([]struct{ b, ch, h, w, oc int }{
		{9, 16, 16, 30, 16}, {61, 20, 8, 8, 32}, {33, 30, 15, 15, 29}, {3, 40, 16, 72, 30},
	}) {
		t.Run(fmt.Sprintf("%dx%dx%dx%d*%d", c.b, c.ch, c.h, c.w, c.oc), func(t *testing.T) {
			outputs := convolved(c.b, c.ch, c.h, c.w, c.oc)
			text := listing(t, plan.Options{}, outputs...)
			for _, kind := range []string{"conv{", "conv-input-gradient{", "conv-weight-gradient{"} {
				if n := strings.Count(text, kind); n == 0 || n != strings.Count(text, kind+forward(kind, c.ch, c.h, c.w, c.oc)) {
					t.Errorf("%d %s, not all by Winograd's algorithm, in\n%s", n, kind, text)
				}
			}
			if !strings.Contains(text, "F(4x4,3x3), 2 pairs") {
				t.Errorf("no sum of pairs in\n%s", text)
			}
			if text := listing(t, plan.Options{Direct: true}, outputs...); strings.Contains(text, "F(4x4") {
				t.Errorf("Winograd's algorithm where it is forbidden:\n%s", text)
			}
			compare(t, 1e-5, fill(rand.New(rand.NewPCG(3, 3)), 1, outputs...), outputs...)
		})
	}
}

// forward returns the geometry that a convolution, or its input gradient, is listed with.
func forward(kind string, ch, h, w, oc int) string {
	if kind == "conv-input-gradient{" {
		ch, oc = oc, ch
	}
	return fmt.Sprintf("%dx%dx%d*%dx3x3 F(4x4,3x3)", ch, h, w, oc)
}

// TestDirectIsKept lists convolutions that Winograd's algorithm does not compute, or not fast enough.
func TestDirectIsKept(t *testing.T) {
	conv := func(spec sym.ConvSpec, b, c, h, w, oc, k int) *sym.Expr {
		g := sym.NewGraph()
		x, filters := g.Input("x", sym.Float, b, c, h, w), g.Input("w", sym.Float, oc, c, k, k)
		return sym.Conv(x, filters, spec)
	}
	same := sym.ConvSpec{PadBefore: [2]int{1, 1}, PadAfter: [2]int{1, 1}}
	two, far := same, same
	two.Stride, far.Dilation = [2]int{2, 2}, [2]int{2, 2}
	const fewInputs, fewOutputs = 16, 8 // the numbers of a run have another version from these on: see Transforms
	text := listing(t, plan.Options{}, conv(same, 8, fewInputs, 32, 32, fewOutputs, 3))
	if !strings.Contains(text, "F(4x4") {
		t.Errorf("%d to %d channels: no Winograd's algorithm in\n%s", fewInputs, fewOutputs, text)
	}
	for name, y := range map[string]*sym.Expr{
		"few inputs":       conv(same, 8, fewInputs-1, 32, 32, 64, 3),
		"few outputs":      conv(same, 8, 64, 32, 32, fewOutputs-1, 3),
		"5×5":              conv(sym.ConvSpec{PadBefore: [2]int{1, 1}, PadAfter: [2]int{1, 1}}, 8, 16, 32, 32, 16, 5),
		"stride":           conv(two, 8, 16, 32, 32, 16, 3),
		"dilation":         conv(far, 8, 16, 32, 32, 16, 3),
		"no border":        conv(sym.ConvSpec{}, 8, 16, 32, 32, 16, 3),
		"a small map":      conv(same, 8, 16, 3, 3, 16, 3),
		"tiles beside it":  conv(same, 8, 16, 5, 9, 16, 3),
		"few tiles a task": conv(same, 8, 16, 8, 8, 16, 3),
	} {
		if text := listing(t, plan.Options{}, y); strings.Contains(text, "F(4x4") {
			t.Errorf("%s: Winograd's algorithm in\n%s", name, text)
		}
	}
}

// long reports whether the long tests run.
func long() bool { return os.Getenv("GRADREG_TEST_LONG") != "" }

// shapes returns the cases of a test: the first one, all where GRADREG_TEST_LONG is set, as in
// .ci/run.
func shapes[T any](cases []T) []T {
	if !long() {
		return cases[:1]
	}
	return cases
}
