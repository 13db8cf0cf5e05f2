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
	// Convolution is how convolutions are computed; auto if empty.
	Convolution Convolution
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
// input if the level or the convolution is unknown, or the machine does not have the level. Native is
// a [Lister], a [Measurer] and a [Divider].
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
	convolution, err := o.Convolution.Resolve()
	if err != nil {
		return nil, err
	}
	if o.Threads < 1 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	return native{plan.Options{
		Level: level, Threads: o.Threads, Direct: convolution == DirectConvolution, Trace: o.Trace,
	}}, nil
}

// Transforms reports whether the roots, or their derivatives, need a convolution that [Native] may
// compute by Winograd's algorithm, or that reads its many filters once for a whole batch, for some
// batch and size of its maps: one of stride 1 and 3×3 taps, with at least 8 channels on either side
// and 16 on one, or of 5×5 taps with at least 20 on either, or one of very many filters, or one of
// those that [Phases] reports.
func Transforms(roots ...*sym.Expr) bool { return plan.Transforms(roots...) }

// Phases reports whether the roots, or their derivatives, need a convolution that Native may compute
// by Winograd's algorithm of its phases: one of stride 2, with filters of 4×4 to 5×5 taps and at
// least 32 channels on either side.
func Phases(roots ...*sym.Expr) bool { return plan.Phases(roots...) }

// ManyFilters reports whether the roots, or their derivatives, need a convolution of at least 32,768
// filters of up to 3×3, which [Native] may compute with filters that are read once for a whole batch,
// also where convolutions are direct.
func ManyFilters(roots ...*sym.Expr) bool { return plan.ManyFilters(roots...) }

// Stems reports whether the roots need a convolution of strides with filters of 7×7 or more, of which
// [Native] makes a weight gradient's sums over large maps in parts.
func Stems(roots ...*sym.Expr) bool { return plan.Stems(roots...) }

func (n native) Name() string { return n.options.Level.String() }

func (n native) Compile(steps ...Step) (Program, error) {
	p, err := plan.CompileSteps(planned(steps), n.options)
	if err != nil {
		return nil, err
	}
	return Checked(nativeRunner{p}, steps...), nil
}

func (n native) Measure(steps ...Step) (Cost, error) {
	c, err := plan.Measure(planned(steps), n.options)
	return Cost(c), err
}

func (n native) Divide(step Step, cores ...int) ([]Division, error) {
	counted, err := plan.Divide(plan.Step(step), n.options, cores)
	var all []Division
	for _, d := range counted {
		all = append(all, Division(d))
	}
	return all, err
}

func planned(steps []Step) []plan.Step {
	var all []plan.Step
	for _, s := range steps {
		all = append(all, plan.Step(s))
	}
	return all
}

// nativeRunner is a program of package plan.
type nativeRunner struct{ *plan.Program }

func (r nativeRunner) Write(e *sym.Expr, values []float32)       { copy(r.Float(e), values) }
func (r nativeRunner) WriteInts(e *sym.Expr, values []int32)     { copy(r.Int(e), values) }
func (r nativeRunner) Fill(e *sym.Expr, f func(dst []float32))   { f(r.Float(e)) }
func (r nativeRunner) FillInts(e *sym.Expr, f func(dst []int32)) { f(r.Int(e)) }
func (r nativeRunner) Read(e *sym.Expr, dst []float32)           { copy(dst, r.Float(e)) }
func (r nativeRunner) Run(step int, key, t uint64) error         { return r.RunStep(step, key, t) }
func (r nativeRunner) Output(i int, dst []float32)               { copy(dst, r.Program.Output(i)) }
func (r nativeRunner) OutputInts(i int, dst []int32)             { copy(dst, r.OutputInt(i)) }

func (r nativeRunner) Fork(own ...*sym.Expr) (Runner, error) {
	fork, err := r.Program.Fork(own...)
	return nativeRunner{fork}, err
}
