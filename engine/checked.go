package engine

import (
	"slices"

	"github.com/gradreg/gradreg/internal/bug"
	"github.com/gradreg/gradreg/sym"
)

// Runner is what an engine has to have for a [Program]: its methods without the checks, which
// [Checked] adds. Each is called only with what the program takes: inputs of the steps, values of
// their types and as many as their shapes have, steps and outputs that are there, outputs after a
// run that went well; nothing is called after Close. What they do is said at [Program]. A runner
// that is a [Lister] makes a program that is one.
type Runner interface {
	Takes(e *sym.Expr) bool
	Write(e *sym.Expr, values []float32)
	WriteInts(e *sym.Expr, values []int32)
	Fill(e *sym.Expr, f func(dst []float32))
	FillInts(e *sym.Expr, f func(dst []int32))
	Read(e *sym.Expr, dst []float32)
	Run(step int, key, t uint64) error
	Output(i int, dst []float32)
	OutputInts(i int, dst []int32)
	Fork(own ...*sym.Expr) (Runner, error)
	MACs(step int) int
	Bytes() int
	Close()
}

// Checked returns the program of a runner of steps. Whatever a caller can do wrong is an error of
// it, the same for every engine, and so is a panic of a run.
func Checked(r Runner, steps ...Step) Program {
	p := &checked{runner: r, steps: slices.Clone(steps)}
	if _, ok := r.(Lister); ok {
		return checkedLister{p}
	}
	return p
}

// checked is a runner whose callers are checked.
type checked struct {
	runner Runner // nil if closed
	steps  []Step
	last   *Step // that ran last, and well
}

func (p *checked) Takes(e *sym.Expr) bool { return p.runner != nil && p.runner.Takes(e) }

// input returns what is wrong with an access to an input.
func (p *checked) input(e *sym.Expr, dtype sym.DType, n int) error {
	if p.runner == nil {
		return ErrClosed
	}
	return checkInput(p.runner.Takes(e), e, dtype, n)
}

// output returns what is wrong with an access to an output.
func (p *checked) output(i int, dtype sym.DType, n int) error {
	if p.runner == nil {
		return ErrClosed
	}
	return checkOutput(p.last, i, dtype, n)
}

// step reports whether there is a step i.
func (p *checked) step(i int) bool { return p.runner != nil && checkStep(p.steps, i) == nil }

func (p *checked) Write(e *sym.Expr, values []float32) error {
	err := p.input(e, sym.Float, len(values))
	if err == nil {
		p.runner.Write(e, values)
	}
	return err
}

func (p *checked) WriteInts(e *sym.Expr, values []int32) error {
	err := p.input(e, sym.Int, len(values))
	if err == nil {
		p.runner.WriteInts(e, values)
	}
	return err
}

func (p *checked) Fill(e *sym.Expr, f func(dst []float32)) error {
	err := p.input(e, sym.Float, e.Shape().Size())
	if err == nil {
		p.runner.Fill(e, f)
	}
	return err
}

func (p *checked) FillInts(e *sym.Expr, f func(dst []int32)) error {
	err := p.input(e, sym.Int, e.Shape().Size())
	if err == nil {
		p.runner.FillInts(e, f)
	}
	return err
}

func (p *checked) Read(e *sym.Expr, dst []float32) error {
	err := p.input(e, sym.Float, len(dst))
	if err == nil {
		p.runner.Read(e, dst)
	}
	return err
}

func (p *checked) Run(step int, key, t uint64) (err error) {
	if p.runner == nil {
		return ErrClosed
	}
	if err := checkStep(p.steps, step); err != nil {
		return err
	}
	p.last = nil
	defer func() {
		if r := recover(); r != nil {
			err = bug.Recovered(r)
		}
	}()
	if err := p.runner.Run(step, key, t); err != nil {
		return err
	}
	p.last = &p.steps[step]
	return nil
}

func (p *checked) Output(i int, dst []float32) error {
	err := p.output(i, sym.Float, len(dst))
	if err == nil {
		p.runner.Output(i, dst)
	}
	return err
}

func (p *checked) OutputInts(i int, dst []int32) error {
	err := p.output(i, sym.Int, len(dst))
	if err == nil {
		p.runner.OutputInts(i, dst)
	}
	return err
}

func (p *checked) Fork(own ...*sym.Expr) (Program, error) {
	if p.runner == nil {
		return nil, ErrClosed
	}
	for _, e := range own {
		if err := checkInput(p.runner.Takes(e), e, e.DType(), e.Shape().Size()); err != nil {
			return nil, err
		}
	}
	fork, err := p.runner.Fork(own...)
	if err != nil {
		return nil, err
	}
	return Checked(fork, p.steps...), nil
}

func (p *checked) MACs(step int) int {
	if !p.step(step) {
		return 0
	}
	return p.runner.MACs(step)
}

func (p *checked) Bytes() int {
	if p.runner == nil {
		return 0
	}
	return p.runner.Bytes()
}

func (p *checked) Close() {
	if p.runner != nil {
		p.runner.Close()
		p.runner, p.last = nil, nil
	}
}

// checkedLister is a checked program that can be read.
type checkedLister struct{ *checked }

func (p checkedLister) Listing(step int) string {
	if !p.step(step) {
		return ""
	}
	return p.runner.(Lister).Listing(step)
}
