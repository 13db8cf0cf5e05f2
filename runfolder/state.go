package runfolder

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/sym"
)

// State is all that a run has to remember: the values of every network, optimizer and penalty by
// the names of their inputs, and how far the run is.
type State struct {
	Step         int   // steps taken
	JournalBytes int64 // length of the journal that belongs to them
	// Numbers are further numbers of the run, such as the seconds it took and sums since the last
	// line of the journal.
	Numbers []float64
	// Metadata identifies what the state is of.
	Metadata map[string]string
	Tensors  map[string][]float32
}

// Tensor describes a tensor of a state.
type Tensor struct {
	Name  string
	Shape sym.Shape
	// Infinite tensors may have infinite elements: a square in an optimizer may overflow, and a run
	// goes on with that.
	Infinite bool
}

// The metadata and the tensor that a state has of its own.
const (
	stepKey    = "step"
	bytesKey   = "metrics_bytes"
	numbersKey = "progress"
)

// WriteState writes a state whole or not at all.
func WriteState(path string, s State, tensors []Tensor) error {
	f := tensorfile.File{Tensors: map[string]tensorfile.Tensor{}, Metadata: map[string]string{
		stepKey: strconv.Itoa(s.Step), bytesKey: strconv.FormatInt(s.JournalBytes, 10),
	}}
	for k, v := range s.Metadata {
		f.Metadata[k] = v
	}
	for _, t := range tensors {
		f.Tensors[t.Name] = tensorfile.Tensor{Shape: fileShape(t.Shape), F32: s.Tensors[t.Name]}
	}
	f.Tensors[numbersKey] = tensorfile.Tensor{Shape: []int{len(s.Numbers)}, F64: s.Numbers}
	return atomicfile.Write(path, func(w io.Writer) error { return tensorfile.Write(w, f) })
}

// ReadState reads a state that has exactly the given tensors and as many numbers. belongs returns
// why a file with some metadata is not of the run. Everything is checked before it is believed, and
// the header before the rest is read: sizes, shapes, and that numbers are numbers. A file that does
// not fit is the input's fault.
func ReadState(
	path string, tensors []Tensor, numbers int, belongs func(metadata map[string]string) error,
) (State, error) {
	f, err := tensorfile.ReadFile(path, func(h tensorfile.Header) error {
		if err := belongs(h.Metadata); err != nil {
			return err
		}
		return checkShapes(h, tensors, numbers)
	})
	if err != nil {
		return State{}, err
	}
	s, err := checked(f, tensors, numbers, belongs)
	if err != nil {
		return State{}, fault.Inputf("%s: %w", path, err)
	}
	return s, nil
}

// fileShape is a shape in a file, which has no scalars.
func fileShape(s sym.Shape) []int {
	if len(s) == 0 {
		return []int{1}
	}
	return s
}

// checkShapes returns why a file with a header cannot hold the tensors.
func checkShapes(h tensorfile.Header, tensors []Tensor, numbers int) error {
	if len(h.Shapes) != len(tensors)+1 {
		return fmt.Errorf("holds %d tensors, expected %d", len(h.Shapes), len(tensors)+1)
	}
	for _, t := range append(slices.Clone(tensors), Tensor{Name: numbersKey, Shape: sym.Shape{numbers}}) {
		if err := CheckShape(h, t.Name, t.Shape); err != nil {
			return err
		}
	}
	return nil
}

// CheckShape returns why a file with a header cannot have a tensor in a shape.
func CheckShape(h tensorfile.Header, name string, shape sym.Shape) error {
	got, ok := h.Shapes[name]
	switch {
	case !ok:
		return fmt.Errorf("tensor %q is missing", name)
	case !slices.Equal(got, fileShape(shape)):
		return fmt.Errorf("tensor %q has shape %v, expected %v", name, got, shape)
	}
	return nil
}

// CheckTensor returns why a tensor of a file is not of floats in a shape, all of them finite unless
// infinite is set.
func CheckTensor(f tensorfile.File, name string, shape sym.Shape, infinite bool) error {
	t, ok := f.Tensors[name]
	switch {
	case !ok:
		return fmt.Errorf("tensor %q is missing", name)
	case t.F32 == nil || !slices.Equal(t.Shape, fileShape(shape)):
		return fmt.Errorf("tensor %q has shape %v, expected %v of type F32", name, t.Shape, shape)
	case !infinite && !t.Finite():
		return fmt.Errorf("tensor %q is not finite", name)
	}
	return nil
}

// checked returns the state of a file.
func checked(
	f tensorfile.File, tensors []Tensor, numbers int, belongs func(map[string]string) error,
) (s State, err error) {
	if err := belongs(f.Metadata); err != nil {
		return s, err
	}
	s.Metadata, s.Tensors = f.Metadata, map[string][]float32{}
	if s.Step, err = strconv.Atoi(f.Metadata[stepKey]); err != nil || s.Step < 0 {
		return s, fmt.Errorf("step is %q, expected at least 0", f.Metadata[stepKey])
	}
	if s.JournalBytes, err = strconv.ParseInt(f.Metadata[bytesKey], 10, 64); err != nil || s.JournalBytes < 0 {
		return s, fmt.Errorf("metrics_bytes is %q, expected a length", f.Metadata[bytesKey])
	}
	if len(f.Tensors) != len(tensors)+1 {
		return s, fmt.Errorf("holds %d tensors, expected %d", len(f.Tensors), len(tensors)+1)
	}
	for _, t := range tensors {
		if err := CheckTensor(f, t.Name, t.Shape, t.Infinite); err != nil {
			return s, err
		}
		s.Tensors[t.Name] = f.Tensors[t.Name].F32
	}
	s.Numbers = f.Tensors[numbersKey].F64
	if len(s.Numbers) != numbers {
		return s, fmt.Errorf("tensor %q has %d numbers, expected %d", numbersKey, len(s.Numbers), numbers)
	}
	for i, v := range s.Numbers {
		if !(math.Abs(v) <= largestNumber) {
			return s, fmt.Errorf(
				"number %d of tensor %q is %v, expected a finite number that a run can have", i,
				numbersKey, v,
			)
		}
	}
	return s, nil
}

// largestNumber bounds what a state can say of seconds and sums: a sum of as many losses as a run
// can have, each as large as a float32, is below it.
const largestNumber = math.MaxFloat32 * float64(1<<32)
