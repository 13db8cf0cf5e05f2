package engine

import (
	"fmt"
	"maps"
	"slices"

	"github.com/gradreg/gradreg/internal/bug"
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
	p := &referenceProgram{steps: slices.Clone(steps), inputs: map[*sym.Expr]*sym.Tensor{}}
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
			if e.Op() == sym.OpInput && p.inputs[e] == nil {
				p.inputs[e] = sym.NewTensor(e.Shape()...)
			}
		}
	}
	return p, nil
}

// referenceProgram holds its inputs as tensors, which forks share.
type referenceProgram struct {
	steps   []Step
	inputs  map[*sym.Expr]*sym.Tensor // nil if closed
	last    *Step
	outputs []*sym.Tensor // of last
}

func (p *referenceProgram) Takes(e *sym.Expr) bool { return p.inputs[e] != nil }

// check returns what is wrong with an access to an input.
func (p *referenceProgram) check(e *sym.Expr, dtype sym.DType, n int) error {
	if p.inputs == nil {
		return ErrClosed
	}
	return checkInput(p.Takes(e), e, dtype, n)
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

func (p *referenceProgram) Write(e *sym.Expr, values []float32) error {
	if err := p.check(e, sym.Float, len(values)); err != nil {
		return err
	}
	convert(p.inputs[e].Data, values)
	return nil
}

func (p *referenceProgram) WriteInts(e *sym.Expr, values []int32) error {
	if err := p.check(e, sym.Int, len(values)); err != nil {
		return err
	}
	convert(p.inputs[e].Data, values)
	return nil
}

func (p *referenceProgram) Fill(e *sym.Expr, f func(dst []float32)) error {
	if err := p.check(e, sym.Float, e.Shape().Size()); err != nil {
		return err
	}
	filled(p.inputs[e], f)
	return nil
}

func (p *referenceProgram) FillInts(e *sym.Expr, f func(dst []int32)) error {
	if err := p.check(e, sym.Int, e.Shape().Size()); err != nil {
		return err
	}
	filled(p.inputs[e], f)
	return nil
}

func (p *referenceProgram) Read(e *sym.Expr, dst []float32) error {
	if err := p.check(e, sym.Float, len(dst)); err != nil {
		return err
	}
	convert(dst, p.inputs[e].Data)
	return nil
}

func (p *referenceProgram) Run(step int, key, t uint64) (err error) {
	if p.inputs == nil {
		return ErrClosed
	}
	if err := checkStep(p.steps, step); err != nil {
		return err
	}
	defer func() {
		if r := recover(); r != nil {
			err = bug.Recovered(r)
		}
	}()
	s := &p.steps[step]
	p.last = nil
	results, err := sym.Eval(sym.Env{Values: maps.Clone(p.inputs), Key: key, Step: t}, s.roots()...)
	if err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	for i, r := range results { // a result that is an input's own tensor would change with it
		results[i] = &sym.Tensor{Shape: r.Shape, Data: slices.Clone(r.Data)}
	}
	for i, u := range s.Updates {
		copy(p.inputs[u.Target].Data, results[len(s.Outputs)+i].Data)
	}
	p.last, p.outputs = s, results[:len(s.Outputs)]
	return nil
}

func (p *referenceProgram) Output(i int, dst []float32) error {
	if p.inputs == nil {
		return ErrClosed
	}
	if err := checkOutput(p.last, i, sym.Float, len(dst)); err != nil {
		return err
	}
	convert(dst, p.outputs[i].Data)
	return nil
}

func (p *referenceProgram) OutputInts(i int, dst []int32) error {
	if p.inputs == nil {
		return ErrClosed
	}
	if err := checkOutput(p.last, i, sym.Int, len(dst)); err != nil {
		return err
	}
	convert(dst, p.outputs[i].Data)
	return nil
}

func (p *referenceProgram) Fork(own ...*sym.Expr) (Program, error) {
	if p.inputs == nil {
		return nil, ErrClosed
	}
	fork := &referenceProgram{steps: p.steps, inputs: maps.Clone(p.inputs)}
	for _, e := range own {
		if err := checkInput(p.Takes(e), e, e.DType(), e.Shape().Size()); err != nil {
			return nil, err
		}
		fork.inputs[e] = sym.NewTensor(e.Shape()...)
	}
	return fork, nil
}

// MACs counts every product and convolution in its plain form.
func (p *referenceProgram) MACs(step int) int {
	if p.inputs == nil || checkStep(p.steps, step) != nil {
		return 0
	}
	return sym.MACs(p.steps[step].roots()...)
}

// Bytes counts the inputs: what a run computes is given back.
func (p *referenceProgram) Bytes() int {
	bytes := 0
	for _, t := range p.inputs {
		bytes += 8 * len(t.Data)
	}
	return bytes
}

func (p *referenceProgram) Close() { *p = referenceProgram{} }
