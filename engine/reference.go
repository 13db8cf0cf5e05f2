package engine

import (
	"fmt"
	"maps"
	"slices"

	"github.com/gradreg/gradreg/sym"
)

// reference is the engine of the evaluator of package sym.
type reference struct{}

// Reference returns the engine that evaluates steps in float64, one operation after another, as
// package sym defines them: the truth that other engines are compared with. Inputs and outputs pass
// through float32, what a step updates stays float64. It is some hundred times slower than
// [Native], and gives the same bits on every machine of one architecture.
func Reference() Engine { return reference{} }

func (reference) Name() string { return "reference" }

func (reference) Compile(steps ...Step) (Program, error) {
	r := &referenceRunner{steps: slices.Clone(steps), inputs: map[*sym.Expr]*sym.Tensor{}}
	if len(steps) == 0 {
		return nil, fmt.Errorf("engine: a program without a step")
	}
	for _, s := range steps {
		roots := s.roots()
		for _, u := range s.Updates {
			roots = append(roots, u.Target)
		}
		for _, e := range roots {
			if e.Err() != nil {
				return nil, e.Err()
			}
		}
		for _, u := range s.Updates {
			if u.Target.Op() != sym.OpInput || !u.Target.Shape().Equal(u.Value.Shape()) ||
				u.Target.DType() != u.Value.DType() {
				return nil, fmt.Errorf("engine: update of %v by %v", u.Target, u.Value)
			}
		}
		for _, e := range sym.Topological(roots...) {
			if e.Op() == sym.OpInput && r.inputs[e] == nil {
				r.inputs[e] = sym.NewTensor(e.Shape()...)
			}
		}
	}
	return Checked(r, steps...), nil
}

// referenceRunner holds its inputs as tensors, which forks share.
type referenceRunner struct {
	steps   []Step
	inputs  map[*sym.Expr]*sym.Tensor
	outputs []*sym.Tensor // of the step that ran last
}

// number is an element of a tensor, outside or inside.
type number interface{ float32 | int32 | float64 }

// convert copies between types of numbers.
func convert[D, S number](dst []D, src []S) {
	for i, v := range src {
		dst[i] = D(v)
	}
}

// filled calls f with an input's values in another type and takes them back.
func filled[T number](t *sym.Tensor, f func([]T)) {
	values := make([]T, len(t.Data))
	convert(values, t.Data)
	before := slices.Clone(values)
	f(values)
	for i, v := range values {
		if v != before[i] || v != v { // what f left keeps its float64
			t.Data[i] = float64(v)
		}
	}
}

func (r *referenceRunner) Takes(e *sym.Expr) bool                { return r.inputs[e] != nil }
func (r *referenceRunner) Write(e *sym.Expr, values []float32)   { convert(r.inputs[e].Data, values) }
func (r *referenceRunner) WriteInts(e *sym.Expr, values []int32) { convert(r.inputs[e].Data, values) }
func (r *referenceRunner) Fill(e *sym.Expr, f func([]float32))   { filled(r.inputs[e], f) }
func (r *referenceRunner) FillInts(e *sym.Expr, f func([]int32)) { filled(r.inputs[e], f) }
func (r *referenceRunner) Read(e *sym.Expr, dst []float32)       { convert(dst, r.inputs[e].Data) }
func (r *referenceRunner) Output(i int, dst []float32)           { convert(dst, r.outputs[i].Data) }
func (r *referenceRunner) OutputInts(i int, dst []int32)         { convert(dst, r.outputs[i].Data) }

func (r *referenceRunner) Run(step int, key, t uint64) error {
	s := &r.steps[step]
	results, err := sym.Eval(sym.Env{Values: maps.Clone(r.inputs), Key: key, Step: t}, s.roots()...)
	if err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	for i, t := range results { // a result that is an input's own tensor would change with it
		results[i] = &sym.Tensor{Shape: t.Shape, Data: slices.Clone(t.Data)}
	}
	for i, u := range s.Updates {
		copy(r.inputs[u.Target].Data, results[len(s.Outputs)+i].Data)
	}
	r.outputs = results[:len(s.Outputs)]
	return nil
}

func (r *referenceRunner) Fork(own ...*sym.Expr) (Runner, error) {
	fork := &referenceRunner{steps: r.steps, inputs: maps.Clone(r.inputs)}
	for _, e := range own {
		fork.inputs[e] = sym.NewTensor(e.Shape()...)
	}
	return fork, nil
}

// MACs counts every product and convolution in its plain form.
func (r *referenceRunner) MACs(step int) int { return sym.MACs(r.steps[step].roots()...) }

// Bytes counts the inputs: what a run computes is given back.
func (r *referenceRunner) Bytes() int {
	bytes := 0
	for _, t := range r.inputs {
		bytes += 8 * len(t.Data)
	}
	return bytes
}

func (r *referenceRunner) Close() { *r = referenceRunner{} }
