package gradreg_test

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	goldenfile "github.com/gradreg/gradreg/internal/golden"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// numbers and fingerprint are those of tools/golden/models.py.
var numbers, fingerprint = goldenfile.Numbers, goldenfile.Fingerprint

// parameter returns the value of a parameter that the script gives it.
func parameter(p *nn.Param) []float64 {
	shape := p.Expr.Shape()
	values, center, limit := numbers(p.Name, shape.Size()), 0.0, 0.125
	own := p.Name[strings.LastIndex(p.Name, "/")+1:] // without its scopes
	switch {
	case strings.HasSuffix(own, ".u"):
		limit = 1
	case strings.HasPrefix(own, "norm") && strings.HasSuffix(own, ".weight"):
		center = 1
	case strings.HasSuffix(own, ".weight"):
		fan := shape[0] // dense weights are [in, out]
		if len(shape) == 4 {
			fan = shape[1:].Size()
		}
		limit = math.Exp2(-math.Ceil(math.Log2(float64(fan)) / 2))
	}
	for i, v := range values {
		values[i] = float64(float32(center + limit*v))
	}
	return values
}

// giveNumbers sets inputs, parameters and dropout masks to those of the script.
func (s *step) giveNumbers() {
	set := func(e *sym.Expr, data []float64) { s.values[e] = &sym.Tensor{Shape: e.Shape(), Data: data} }
	var masks []*sym.Expr
	for _, e := range sym.Topological(s.total) {
		switch {
		case e.Op() == sym.OpBernoulli:
			masks = append(masks, e)
		case e.Op() == sym.OpInput && e.DType() == sym.Int:
			labels := make([]float64, e.Shape().Size())
			for i := range labels {
				labels[i] = float64(i)
			}
			set(e, labels)
		case e.Op() == sym.OpInput && e.Attr().(sym.InputAttr).Name == "x":
			set(e, numbers("x", e.Shape().Size()))
		}
	}
	for _, p := range s.problem.Params.Trainable() {
		set(p.Expr, parameter(p))
	}
	stream := func(e *sym.Expr) uint32 { return e.Attr().(sym.RandomAttr).Stream }
	slices.SortFunc(masks, func(a, b *sym.Expr) int { return cmp.Compare(stream(a), stream(b)) })
	for i, e := range masks {
		set(e, numbers(fmt.Sprintf("dropout%d", i+1), e.Shape().Size()))
		drop := 1 - e.Attr().(sym.RandomAttr).P
		for j, v := range s.values[e].Data {
			s.values[e].Data[j] = 0
			if v >= 2*drop-1 {
				s.values[e].Data[j] = 1
			}
		}
	}
}

// architectures returns the text forms of the golden file and the images [C, H, W] that they take.
func architectures(f tensorfile.File) map[string][]int {
	out := map[string][]int{}
	for key, value := range f.Metadata {
		shape := make([]int, 3)
		if n, _ := fmt.Sscanf(value, "%dx%dx%d", &shape[0], &shape[1], &shape[2]); n == 3 {
			out[key] = shape
		}
	}
	return out
}

// modelBound is the largest deviation of the reference evaluator's numbers, relative to the largest of a tensor, from
// PyTorch's: both compute in float64, and normalizations magnify its rounding, 1e-16, some thousand times.
const modelBound = 1e-12

// TestGoldenModels compares every architecture, with every normalization, nonlinearity and shortcut, with PyTorch:
// loss, logits, DataGrad and the gradient of every parameter, without and with the penalty; the reference evaluator
// to the rounding of float64, the engine at every level to its stated bound.
func TestGoldenModels(t *testing.T) {
	f := golden(t, "models")
	all := architectures(f)
	if len(all) != 15 {
		t.Errorf("the golden file has %d architectures, want 15", len(all))
	}
	for text, shape := range all {
		m, err := model.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		n := network{text, 5, func(c *nn.Context, x *sym.Expr) *sym.Expr { return m.Logits(c, x, 5) }}
		for label, regs := range map[string][]gradreg.Regularizer{"plain": nil, "regularized": {gradreg.DataGrad{Weight: 50}}} {
			t.Run(text+"/"+label, func(t *testing.T) {
				t.Parallel()
				s := newStep(n, append([]int{3}, shape...), regs)
				s.giveNumbers()
				got, err := sym.Eval(sym.Env{Values: s.values}, s.outputs()...)
				if err != nil {
					t.Fatal(err)
				}
				s.compareModel(t, f, text, label, got)
				names := s.names(label, regs)
				for _, level := range engine.Levels() {
					for i, v := range s.run(t, level) {
						if d := distance(v, got[i].Data); !(d <= engineBound) {
							t.Errorf("level %v: %s differs by %.2g of its largest element", level, names[i], d)
						}
					}
				}
			})
		}
	}
}

// compareModel compares what the reference evaluator got with the golden values of an architecture.
func (s *step) compareModel(t *testing.T, f tensorfile.File, text, label string, got []*sym.Tensor) {
	t.Helper()
	check := func(name string, got, want []float64) {
		if d := distance(got, want); len(got) != len(want) || !(d <= modelBound) {
			t.Errorf("reference: %s is %v, in the golden file %v", name, got, want)
		}
	}
	check("loss", got[0].Data, tensor(t, f, text+"/loss").Data)
	check("logits", got[1].Data, tensor(t, f, text+"/logits").Data)
	if label == "regularized" {
		check("datagrad", got[2].Data, tensor(t, f, text+"/datagrad").Data)
	}
	params, want := s.problem.Params.Trainable(), tensor(t, f, text+"/"+label).Data
	if len(want) != 3*len(params) {
		t.Fatalf("%d parameters, in the golden file %d", len(params), len(want)/3)
	}
	for i, p := range params {
		check("gradient of "+p.Name, fingerprint(p.Name, got[len(got)-len(params)+i].Data), want[3*i:3*i+3])
	}
}
