package bench

import (
	"fmt"
	"math"
	"os"
	"testing"

	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/sym"
)

// small returns a workload with a batch that the reference evaluator can do.
func small(w Workload) Workload {
	w.Batch = 2
	switch w.Net {
	case "resnet":
		w.Image = [3]int{3, 8, 8}
	case "resnet18", "efficientnet-lite0":
		w.Image = [3]int{3, 33, 33}
	}
	return w
}

// TestWorkloads compares loss, penalty and updated weights of every workload with the reference
// evaluator; of W5, which takes it longest, DataGrad alone unless GRADREG_TEST_LONG is set.
func TestWorkloads(t *testing.T) {
	for _, w := range Workloads() {
		if w.Name == "w2-256" {
			continue // w2 with another batch
		}
		w = small(w)
		for _, method := range w.Methods() {
			if w.Name == "w5" && method != "datagrad" && os.Getenv("GRADREG_TEST_LONG") == "" {
				continue
			}
			t.Run(w.Name+"/"+method, func(t *testing.T) {
				t.Parallel()
				s, err := w.newStep(method)
				if err != nil {
					t.Fatal(err)
				}
				contents := s.contents(w)
				ours, first, err := Options{}.own(w, s, method, 2, contents)
				if err != nil {
					t.Fatal(err)
				}
				defer ours.close()
				if err := agree(s.reference(t, contents.Tensors["y"].I32), first); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// reference takes the first step in float64.
func (s *step) reference(t *testing.T, labels []int32) outcome {
	t.Helper()
	values := map[*sym.Expr]*sym.Tensor{}
	p, err := s.compile("generic", 1)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	give := func(e *sym.Expr, numbers []float32) {
		v := sym.NewTensor(e.Shape()...)
		for i, x := range numbers {
			v.Data[i] = float64(x)
		}
		values[e] = v
	}
	for _, param := range s.Params.All() {
		numbers := make([]float32, param.Expr.Shape().Size())
		param.Fill(numbers, 1)
		give(param.Expr, numbers)
	}
	contents := s.contents(Workload{Batch: batchOf(s)})
	for _, e := range s.inputs {
		give(e, contents.Tensors[e.Attr().(sym.InputAttr).Name].F32)
	}
	if s.labels != nil {
		numbers := make([]float32, len(labels))
		for i, y := range labels {
			numbers[i] = float32(y)
		}
		give(s.labels, numbers)
	}
	var penalty *sym.Expr
	if len(s.Terms) > 0 {
		penalty = s.Terms[0].Value
	}
	if penalty == nil {
		penalty = s.Params.Graph().Const(0)
	}
	var weights []*sym.Expr
	for _, p := range s.Params.Trainable() {
		weights = append(weights, p.Expr)
	}
	outputs := []*sym.Expr{s.Loss, penalty}
	if !s.frozen {
		outputs = append(outputs, sym.Gradient(s.Objective(nil), weights...)...)
	}
	got, err := sym.Eval(sym.Env{Values: values}, outputs...)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, w := range weights {
		count += w.Shape().Size()
	}
	o := outcome{
		Loss: got[0].Data[0], Penalty: got[1].Data[0], start: make([]float64, 0, count), Weights: make([]float64, 0, count),
	}
	for i, w := range weights {
		for k, v := range values[w].Data {
			o.start = append(o.start, v)
			if !s.frozen {
				v -= rate * got[2+i].Data[k]
			}
			o.Weights = append(o.Weights, v)
		}
	}
	return o
}

func batchOf(s *step) int { return s.inputs[0].Shape()[0] }

func TestAgree(t *testing.T) {
	a := outcome{Loss: 2, Penalty: 1, Weights: []float64{0.1, -0.2}}
	for name, b := range map[string]outcome{
		"loss": {Loss: 2.1, Penalty: 1, Weights: a.Weights}, "penalty": {Loss: 2, Penalty: 0, Weights: a.Weights},
		"weights": {Loss: 2, Penalty: 1, Weights: []float64{0.1, -0.21}}, "nan": {Loss: math.NaN(), Penalty: 1, Weights: a.Weights},
	} {
		if agree(a, b) == nil {
			t.Errorf("%s: agrees", name)
		}
	}
	if err := agree(a, outcome{Loss: 2.000001, Penalty: 1, Weights: []float64{0.1000001, -0.2}}); err != nil {
		t.Error(err)
	}
	step := outcome{Loss: 2, Penalty: 1, Weights: a.Weights, start: []float64{0.1001, -0.2002}}
	if err := agree(step, outcome{Loss: 2, Penalty: 1, Weights: []float64{0.1, -0.2000002}}); err != nil {
		t.Error(err)
	}
	if agree(step, outcome{Loss: 2, Penalty: 1, Weights: []float64{0.1, -0.200002}}) == nil {
		t.Error("another step: agrees")
	}
	if Known([]string{"w1", "w9"}, nil) == nil || Known(nil, []string{"tf"}) == nil || Known([]string{"w2-256"}, []string{"jax"}) != nil {
		t.Error("names of workloads")
	}
}

// BenchmarkStep measures the workloads at every level: go test -bench Step ./bench.
func BenchmarkStep(b *testing.B) {
	for _, w := range Workloads() {
		for _, method := range w.Methods() {
			for _, level := range kernel.Supported() {
				for _, threads := range []int{1, 2} {
					b.Run(fmt.Sprintf("%s/method=%s/level=%v/threads=%d", w.Name, method, level, threads), func(b *testing.B) {
						s, err := w.newStep(method)
						if err != nil {
							b.Fatal(err)
						}
						ours, _, err := Options{Level: level.String()}.own(w, s, method, threads, s.contents(w))
						if err != nil {
							b.Fatal(err)
						}
						defer ours.close()
						for b.Loop() {
							if err := ours.program.Run(0, 1, 1); err != nil {
								b.Fatal(err)
							}
						}
						perStep := b.Elapsed().Seconds() / float64(b.N)
						rate := 2 * float64(ours.program.MACs(0)) / perStep / 1e9
						b.ReportMetric(float64(w.Batch)/perStep, "images/s")
						b.ReportMetric(rate, "GFLOP/s")
						b.ReportMetric(100*rate/(Peak(level)*float64(threads)), "%peak")
					})
				}
			}
		}
	}
}
