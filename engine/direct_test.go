package engine_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/sym"
)

// TestDirect computes a convolution by Winograd's algorithm and, where that is forbidden, by its definition: the
// results are close, and not the same bits.
func TestDirect(t *testing.T) {
	g := sym.NewGraph()
	x, w := g.Input("x", sym.Float, 8, 16, 16, 16), g.Input("w", sym.Float, 16, 16, 3, 3)
	y := sym.Conv(x, w, sym.ConvSpec{PadBefore: [2]int{1, 1}, PadAfter: [2]int{1, 1}})
	if !engine.Transforms(sym.Exp(y)) || engine.Transforms(sym.Exp(x)) {
		t.Error("a convolution of 3×3 that may be computed by Winograd's algorithm was not told from an input")
	}
	var results [2][]float32
	for i, choice := range []engine.Convolution{"", engine.DirectConvolution} {
		direct := choice == engine.DirectConvolution
		on, err := engine.Native(engine.Options{Convolution: choice})
		check(t, err)
		p, err := on.Compile(engine.Step{Outputs: []*sym.Expr{y}})
		check(t, err)
		defer p.Close()
		if text := p.(engine.Lister).Listing(0); strings.Contains(text, "F(4x4,3x3)") == direct {
			t.Errorf("direct %t:\n%s", direct, text)
		}
		for _, e := range []*sym.Expr{x, w} {
			values := make([]float32, e.Shape().Size())
			for k := range values {
				values[k] = float32(math.Sin(float64(k * k % 1009)))
			}
			check(t, p.Write(e, values))
		}
		check(t, p.Run(0, 1, 1))
		results[i] = make([]float32, y.Shape().Size())
		check(t, p.Output(0, results[i]))
	}
	other := 0
	for k, v := range results[0] {
		if d := math.Abs(float64(v - results[1][k])); !(d <= 1e-4) {
			t.Fatalf("element %d is %v, directly %v", k, v, results[1][k])
		} else if d > 0 {
			other++
		}
	}
	if other == 0 {
		t.Error("both ways have the same bits")
	}
}

// TestConvolutionChoices: Native itself takes the choices, and refuses others; auto is recorded as
// nothing.
func TestConvolutionChoices(t *testing.T) {
	for choice, recorded := range map[engine.Convolution]engine.Convolution{
		"": "", engine.AutoConvolution: "", engine.DirectConvolution: engine.DirectConvolution,
	} {
		if got, err := choice.Resolve(); err != nil || got != recorded {
			t.Errorf("%q is recorded as %q, %v, expected %q", choice, got, err, recorded)
		}
		if _, err := engine.Native(engine.Options{Convolution: choice}); err != nil {
			t.Errorf("%q: %v", choice, err)
		}
	}
	_, err := engine.Native(engine.Options{Convolution: "driect"})
	if !fault.IsInput(err) || !strings.Contains(err.Error(), `unknown convolution "driect"`) {
		t.Errorf("%v, expected an input error that names the choice", err)
	}
}
