package classify

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/build"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/sym"
)

// checkpointFormat is raised when the meaning of a checkpoint changes.
const checkpointFormat = "gradreg-checkpoint-1"

// progress is what a run has to remember beside weights and optimizer.
type progress struct {
	step         int       // steps taken
	metricsBytes int64     // length of metrics.jsonl that belongs to them
	sums         []float64 // loss and penalties since the last logged step
	seconds      float64   // time spent training
	origins      []Origin  // what computed the steps
}

// state returns every leaf that a checkpoint holds.
func (e *trainer) state() []*sym.Expr {
	var leaves []*sym.Expr
	for _, p := range e.Params.All() {
		leaves = append(leaves, p.Expr)
	}
	return append(leaves, e.State()...)
}

// save writes a checkpoint.
func (e *trainer) save(path string, p progress) error {
	origins, err := json.Marshal(p.origins)
	if err != nil {
		return err
	}
	metadata := map[string]string{
		"format": checkpointFormat, versionKey: build.Current().Version, originsKey: string(origins), "config": e.config.hash(),
		"step": strconv.Itoa(p.step), "metrics_bytes": strconv.FormatInt(p.metricsBytes, 10),
	}
	if e.digest != "" {
		metadata[digestKey] = e.digest
	}
	f := tensorfile.File{Tensors: map[string]tensorfile.Tensor{}, Metadata: metadata}
	for _, leaf := range e.state() {
		values := make([]float32, leaf.Shape().Size())
		if err := e.program.Read(leaf, values); err != nil {
			return err
		}
		f.Tensors[leaf.Name()] = tensorfile.Tensor{Shape: vectorShape(leaf.Shape()), F32: values}
	}
	numbers := append([]float64{p.seconds}, p.sums...)
	f.Tensors["progress"] = tensorfile.Tensor{Shape: []int{len(numbers)}, F64: numbers}
	return atomicfile.Write(path, func(w io.Writer) error { return tensorfile.Write(w, f) })
}

// vectorShape is the shape in a file, which has no scalars.
func vectorShape(s sym.Shape) []int {
	if len(s) == 0 {
		return []int{1}
	}
	return s
}

// restore reads a checkpoint of the same configuration. It changes nothing unless the whole file is right.
func (e *trainer) restore(path string) (progress, error) {
	f, err := tensorfile.ReadFile(path, e.describes)
	if err != nil {
		return progress{}, err
	}
	p, err := e.check(f)
	if err != nil {
		return progress{}, fault.Inputf("%s: %w", path, err)
	}
	for _, leaf := range e.state() {
		if err := e.program.Write(leaf, f.Tensors[leaf.Name()].F32); err != nil {
			return progress{}, err
		}
	}
	return p, nil
}

// recognizes returns why a file is no checkpoint of the engine's configuration.
func (e *trainer) recognizes(metadata map[string]string) error {
	if got := metadata["format"]; got != checkpointFormat {
		return fmt.Errorf("format is %q, expected %q", got, checkpointFormat)
	}
	return e.belongs(metadata["config"])
}

// describes returns why a checkpoint with a header cannot be the engine's, which bounds what is read of it.
func (e *trainer) describes(h tensorfile.Header) error {
	if err := e.recognizes(h.Metadata); err != nil {
		return err
	}
	leaves := e.state()
	if len(h.Shapes) != len(leaves)+1 {
		return fmt.Errorf("holds %d tensors, expected %d", len(h.Shapes), len(leaves)+1)
	}
	for _, leaf := range leaves {
		if err := fitsShape(h, leaf.Name(), leaf.Shape()); err != nil {
			return err
		}
	}
	return fitsShape(h, "progress", sym.Shape{2 + len(e.regularizers)})
}

// check returns the progress of a checkpoint, or why it does not fit.
func (e *trainer) check(f tensorfile.File) (p progress, err error) {
	if err := e.recognizes(f.Metadata); err != nil {
		return p, err
	}
	if p.step, err = strconv.Atoi(f.Metadata["step"]); err != nil || p.step < 0 || p.step > e.config.end() {
		return p, fmt.Errorf("step is %q, expected 0 to %d", f.Metadata["step"], e.config.end())
	}
	if p.metricsBytes, err = strconv.ParseInt(f.Metadata["metrics_bytes"], 10, 64); err != nil || p.metricsBytes < 0 {
		return p, fmt.Errorf("metrics_bytes is %q, expected a length", f.Metadata["metrics_bytes"])
	}
	leaves := e.state()
	if len(f.Tensors) != len(leaves)+1 {
		return p, fmt.Errorf("holds %d tensors, expected %d", len(f.Tensors), len(leaves)+1)
	}
	for i, leaf := range leaves {
		fit := fits
		if i >= len(e.Params.All()) {
			fit = shaped // a square in the optimizer may be infinite: a run goes on with that, and so does one that is resumed
		}
		if err := fit(f, leaf.Name(), leaf.Shape()); err != nil {
			return p, err
		}
	}
	numbers := f.Tensors["progress"].F64
	if len(numbers) != 2+len(e.regularizers) {
		return p, fmt.Errorf("tensor \"progress\" has %d numbers, expected %d", len(numbers), 2+len(e.regularizers))
	}
	for i, v := range numbers {
		// A sum of as many losses as a run can have, each as large as a float32, is finite.
		if !(math.Abs(v) <= maxProgress) || i == 0 && v < 0 {
			return p, fmt.Errorf("number %d of tensor \"progress\" is %v, expected seconds and sums of losses", i, v)
		}
	}
	p.seconds, p.sums = numbers[0], numbers[1:]
	p.origins, err = readOrigins(f.Metadata)
	return p, err
}

// maxProgress bounds what a checkpoint can say of seconds and sums.
const maxProgress = math.MaxFloat32 * float64(1<<32)

// fitsShape returns why a file with a header cannot have tensor name in that shape.
func fitsShape(h tensorfile.Header, name string, shape sym.Shape) error {
	got, ok := h.Shapes[name]
	switch {
	case !ok:
		return fmt.Errorf("tensor %q is missing", name)
	case !slices.Equal(got, vectorShape(shape)):
		return fmt.Errorf("tensor %q has shape %v, expected %v", name, got, shape)
	}
	return nil
}

// fits returns why tensor name of f cannot be a finite float tensor of that shape.
func fits(f tensorfile.File, name string, shape sym.Shape) error {
	if err := shaped(f, name, shape); err != nil {
		return err
	}
	if !f.Tensors[name].Finite() {
		return fmt.Errorf("tensor %q is not finite", name)
	}
	return nil
}

// shaped returns why tensor name of f cannot be a float tensor of that shape.
func shaped(f tensorfile.File, name string, shape sym.Shape) error {
	t, ok := f.Tensors[name]
	switch {
	case !ok:
		return fmt.Errorf("tensor %q is missing", name)
	case t.F32 == nil || !slices.Equal(t.Shape, vectorShape(shape)):
		return fmt.Errorf("tensor %q has shape %v, expected %v of type F32", name, t.Shape, shape)
	}
	return nil
}

// hash identifies what determines the run's numbers, less the images, wherever they lie, and where the run ends.
func (c Config) hash() string {
	c.DataDir, c.StopAfter = "", 0
	if dataset.IsFolder(c.Data) {
		c.Data = ""
	}
	return c.text()
}

// text returns the SHA-256 of the configuration's text.
func (c Config) text() string {
	data, err := c.YAML()
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
