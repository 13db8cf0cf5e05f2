package engine

import (
	"fmt"
	"runtime"
	"slices"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/sym"
)

// Options are what [Native] compiles for. The zero value is right for most uses.
type Options struct {
	// Level is one of [Levels]; if empty it is the highest, or the one that the environment
	// variable GRADREG_CPU names.
	Level string
	// Threads are the processors that a program works on, all if 0. They change no bit of a result.
	Threads int
	// Trace, if not nil, is called with the expressions of each step before the first pass of
	// compilation ("input") and after each.
	Trace func(pass string, roots []*sym.Expr)
}

// Levels lists the instruction sets that Native has kernels for and this machine can run, lowest
// first: generic, avx2, avx512.
func Levels() []string {
	var names []string
	for _, l := range kernel.Supported() {
		names = append(names, l.String())
	}
	return names
}

// native is the engine of package plan.
type native struct {
	options plan.Options
}

// Native returns the engine of our float32 kernels. Its name is the level. It is an error of the
// input if the level is unknown, or one that the machine does not have. Native is a [Lister] and a
// [Measurer].
//
// An element of a result is within 1e-4 of its tensor's largest magnitude of the reference, for
// networks as they are trained; package internal/kernel derives the bound of each kernel. Bits
// depend on the level alone: neither on the number of threads, nor on what else is compiled with a
// step.
func Native(o Options) (Engine, error) {
	level, err := kernel.Active()
	if o.Level != "" {
		level, err = kernel.ParseLevel(o.Level)
		if err == nil && !slices.Contains(kernel.Supported(), level) {
			err = fmt.Errorf("CPU level %s is not supported here, expected one of %v", level, Levels())
		}
	}
	if err != nil {
		return nil, fault.Input(err)
	}
	if o.Threads < 1 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	return native{plan.Options{Level: level, Threads: o.Threads, Trace: o.Trace}}, nil
}

func (n native) Name() string { return n.options.Level.String() }

func (n native) Compile(steps ...Step) (Program, error) {
	p, err := plan.CompileSteps(planned(steps), n.options)
	if err != nil {
		return nil, err
	}
	return &nativeProgram{program: p, steps: slices.Clone(steps)}, nil
}

func (n native) Measure(steps ...Step) (Cost, error) {
	c, err := plan.Measure(planned(steps), n.options)
	return Cost(c), err
}

func planned(steps []Step) []plan.Step {
	var all []plan.Step
	for _, s := range steps {
		all = append(all, plan.Step(s))
	}
	return all
}

// nativeProgram is a program of package plan, checked.
type nativeProgram struct {
	program *plan.Program // nil if closed
	steps   []Step
	last    *Step
}

func (p *nativeProgram) Takes(e *sym.Expr) bool { return p.program != nil && p.program.Takes(e) }

// check returns what is wrong with an access to an input.
func (p *nativeProgram) check(e *sym.Expr, dtype sym.DType, n int) error {
	if p.program == nil {
		return ErrClosed
	}
	return checkInput(p.program.Takes(e), e, dtype, n)
}

func (p *nativeProgram) Write(e *sym.Expr, values []float32) error {
	if err := p.check(e, sym.Float, len(values)); err != nil {
		return err
	}
	copy(p.program.Float(e), values)
	return nil
}

func (p *nativeProgram) WriteInts(e *sym.Expr, values []int32) error {
	if err := p.check(e, sym.Int, len(values)); err != nil {
		return err
	}
	copy(p.program.Int(e), values)
	return nil
}

func (p *nativeProgram) Fill(e *sym.Expr, f func(dst []float32)) error {
	if err := p.check(e, sym.Float, e.Shape().Size()); err != nil {
		return err
	}
	f(p.program.Float(e))
	return nil
}

func (p *nativeProgram) FillInts(e *sym.Expr, f func(dst []int32)) error {
	if err := p.check(e, sym.Int, e.Shape().Size()); err != nil {
		return err
	}
	f(p.program.Int(e))
	return nil
}

func (p *nativeProgram) Read(e *sym.Expr, dst []float32) error {
	if err := p.check(e, sym.Float, len(dst)); err != nil {
		return err
	}
	copy(dst, p.program.Float(e))
	return nil
}

func (p *nativeProgram) Run(step int, key, t uint64) error {
	if p.program == nil {
		return ErrClosed
	}
	if err := checkStep(p.steps, step); err != nil {
		return err
	}
	p.last = nil
	if err := p.program.RunStep(step, key, t); err != nil {
		return err
	}
	p.last = &p.steps[step]
	return nil
}

func (p *nativeProgram) Output(i int, dst []float32) error {
	if p.program == nil {
		return ErrClosed
	}
	if err := checkOutput(p.last, i, sym.Float, len(dst)); err != nil {
		return err
	}
	copy(dst, p.program.Output(i))
	return nil
}

func (p *nativeProgram) OutputInts(i int, dst []int32) error {
	if p.program == nil {
		return ErrClosed
	}
	if err := checkOutput(p.last, i, sym.Int, len(dst)); err != nil {
		return err
	}
	copy(dst, p.program.OutputInt(i))
	return nil
}

func (p *nativeProgram) Fork(own ...*sym.Expr) (Program, error) {
	if p.program == nil {
		return nil, ErrClosed
	}
	for _, e := range own {
		if err := checkInput(p.program.Takes(e), e, e.DType(), e.Shape().Size()); err != nil {
			return nil, err
		}
	}
	fork, err := p.program.Fork(own...)
	if err != nil {
		return nil, err
	}
	return &nativeProgram{program: fork, steps: p.steps}, nil
}

func (p *nativeProgram) MACs(step int) int {
	if p.program == nil || checkStep(p.steps, step) != nil {
		return 0
	}
	return p.program.MACs(step)
}

func (p *nativeProgram) Bytes() int {
	if p.program == nil {
		return 0
	}
	return p.program.Bytes()
}

func (p *nativeProgram) Listing(step int) string {
	if p.program == nil || checkStep(p.steps, step) != nil {
		return ""
	}
	return p.program.Listing(step)
}

func (p *nativeProgram) Close() {
	if p.program != nil {
		p.program.Close()
		p.program, p.last = nil, nil
	}
}
