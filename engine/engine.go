package engine

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gradreg/gradreg/sym"
)

// Step is one thing to run: expressions that are computed, and inputs that hold new values
// afterwards. All expressions of the steps of a program are of one graph.
type Step struct {
	Outputs []*sym.Expr
	Updates []sym.Update
}

// roots returns everything that a run of the step computes: outputs, then the values of updates.
func (s *Step) roots() []*sym.Expr {
	roots := slices.Clone(s.Outputs)
	for _, u := range s.Updates {
		roots = append(roots, u.Value)
	}
	return roots
}

// Engine compiles steps. It is safe for many goroutines, as far as the graphs are not the same:
// compiling adds to a graph.
type Engine interface {
	// Name identifies the engine in results: two engines of one name give the same bits on the same
	// inputs.
	Name() string
	// Compile makes the program that can run each of the steps. Inputs are zero at first. It
	// returns the error of the first expression that carries one, as it is; an update that does not
	// fit its input is an error, too.
	Compile(steps ...Step) (Program, error)
}

// Program runs steps over inputs that it holds. It is used by one goroutine at a time.
type Program interface {
	// Takes reports whether e is an input of a step.
	Takes(e *sym.Expr) bool
	// Write gives the float input e its values, in row-major order.
	Write(e *sym.Expr, values []float32) error
	// WriteInts gives the int input e its values.
	WriteInts(e *sym.Expr, values []int32) error
	// Fill calls f with what the float input e holds, for f to change and not to keep. It saves a
	// copy beside Write, and f may change a part.
	Fill(e *sym.Expr, f func(dst []float32)) error
	// FillInts is Fill for an int input.
	FillInts(e *sym.Expr, f func(dst []int32)) error
	// Read copies what the float input e holds to dst.
	Read(e *sym.Expr, dst []float32) error
	// Run runs a step, counted from 0. key and t determine the random numbers. After an error that
	// is not of the arguments the inputs are undefined.
	Run(step int, key, t uint64) error
	// Output copies output i, of floats, of the step that ran last to dst.
	Output(i int, dst []float32) error
	// OutputInts copies output i, of ints.
	OutputInts(i int, dst []int32) error
	// Fork returns a program of the same steps that shares its inputs with this one, but for own,
	// which are zero at first. Both can run at the same time if no step that they run updates what
	// they share, and each has to be closed. Fork is called by one goroutine at a time; other forks
	// may run meanwhile.
	Fork(own ...*sym.Expr) (Program, error)
	// MACs returns the multiply-adds of matrix products and convolutions in one run of a step, as
	// the engine computes them.
	MACs(step int) int
	// Bytes returns the memory that the program takes.
	Bytes() int
	// Close gives back what the program holds. Closing again does nothing; any other use is
	// [ErrClosed], or answers 0.
	Close()
}

// ErrClosed is returned by a program that was closed.
var ErrClosed = errors.New("the program is closed")

// Lister is a program that can be read.
type Lister interface {
	// Listing returns a step as a text, a line a call of a kernel.
	Listing(step int) string
}

// Measurer is an engine that knows what a program takes without making it.
type Measurer interface {
	// Measure returns the bytes of the program of the steps, and the multiply-adds of the first
	// one.
	Measure(steps ...Step) (Cost, error)
}

// Divider is an engine that knows how the work of a step would divide among cores.
type Divider interface {
	// Divide returns a division for each number of cores, counted from the compiled step. Nothing
	// is run, so that the number of cores may be more than the machine has.
	Divide(step Step, cores ...int) ([]Division, error)
}

// Division says how the work of a step divides among cores.
type Division struct {
	Cores    int `json:"cores"`
	Meetings int `json:"meetings"` // in a step: all cores wait for the last one
	Tasks    int `json:"tasks"`    // pieces of work in a step
	Bytes    int `json:"bytes"`    // read and written in memory that cores share
	// Speedup is the work of a step over the least that the busiest core can have to do between
	// meetings, if meetings and memory cost nothing: however work is taken, nobody gains more.
	Speedup float64 `json:"speedup"`
}

// Cost is what a program takes.
type Cost struct{ Bytes, MACs int }

// checkInput returns an error unless e is an input of a program, of the type, that has n values.
func checkInput(takes bool, e *sym.Expr, dtype sym.DType, n int) error {
	switch {
	case !takes:
		return fmt.Errorf("engine: %v is no input of the program", e)
	case e.DType() != dtype:
		return fmt.Errorf("engine: input %q holds %v, found %v", e.Name(), e.DType(), dtype)
	case e.Shape().Size() != n:
		return fmt.Errorf("engine: input %q has shape %v and holds %d values, found %d",
			e.Name(), e.Shape(), e.Shape().Size(), n)
	}
	return nil
}

// checkOutput returns an error unless output i of a step is of the type and has n values. A step
// that is nil did not run.
func checkOutput(s *Step, i int, dtype sym.DType, n int) error {
	if s == nil {
		return errors.New("engine: no step has run yet")
	}
	if i < 0 || i >= len(s.Outputs) {
		return fmt.Errorf("engine: output %d of a step that has %d", i, len(s.Outputs))
	}
	switch e := s.Outputs[i]; {
	case e.DType() != dtype:
		return fmt.Errorf("engine: output %d is of %v, found %v", i, e.DType(), dtype)
	case e.Shape().Size() != n:
		return fmt.Errorf("engine: output %d has shape %v and %d values, found %d",
			i, e.Shape(), e.Shape().Size(), n)
	}
	return nil
}

// checkStep returns an error unless there is a step i.
func checkStep(steps []Step, i int) error {
	if i < 0 || i >= len(steps) {
		return fmt.Errorf("engine: step %d of a program that has %d", i, len(steps))
	}
	return nil
}

// Scalar returns output i of the step that ran last, which is a single number.
func Scalar(p Program, i int) (float32, error) {
	var v [1]float32
	err := p.Output(i, v[:])
	return v[0], err
}

// WriteScalar gives a scalar input its value.
func WriteScalar(p Program, e *sym.Expr, v float32) error {
	value := [1]float32{v}
	return p.Write(e, value[:])
}
