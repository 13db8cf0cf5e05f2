package classify

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"

	"github.com/gradreg/gradreg/internal/build"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/runfolder"
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
	best         best      // of a run that remembers its best state
}

// bestPrefix begins the names of the best state's tensors.
const bestPrefix = "best/"

// bestNumbers is how many numbers say of the best state when it was, and how good.
const bestNumbers = 4

// leaves are the inputs whose values a checkpoint holds: parameters, and then what the optimizer keeps.
func (e *trainer) leaves() []*sym.Expr {
	return append(nn.Exprs(e.Params.All()), e.State()...)
}

// tensors describes the leaves.
func (e *trainer) tensors() []runfolder.Tensor {
	var list []runfolder.Tensor
	parameters := len(e.Params.All())
	for i, leaf := range e.leaves() {
		list = append(list, runfolder.Tensor{Name: leaf.Name(), Shape: leaf.Shape(), Infinite: i >= parameters})
	}
	if e.config.keepsBest() {
		for _, p := range list[:parameters] {
			p.Name = bestPrefix + p.Name
			list = append(list, p)
		}
	}
	return list
}

// readParameters copies the values of the parameters, into memory that is given or new.
func (e *trainer) readParameters(into [][]float32) ([][]float32, error) {
	list := nn.Exprs(e.Params.All())
	if into == nil {
		for _, p := range list {
			into = append(into, make([]float32, p.Shape().Size()))
		}
	}
	for i, p := range list {
		if err := e.program.Read(p, into[i]); err != nil {
			return nil, err
		}
	}
	return into, nil
}

// writeParameters sets the values of the parameters.
func (e *trainer) writeParameters(values [][]float32) error {
	for i, p := range nn.Exprs(e.Params.All()) {
		if err := e.program.Write(p, values[i]); err != nil {
			return err
		}
	}
	return nil
}

// save writes a checkpoint.
func (e *trainer) save(path string, p progress) error {
	origins, err := json.Marshal(p.origins)
	if err != nil {
		return err
	}
	s := runfolder.State{
		Step: p.step, JournalBytes: p.metricsBytes, Numbers: append([]float64{p.seconds}, p.sums...),
		Tensors: map[string][]float32{}, Metadata: map[string]string{
			"format": checkpointFormat, versionKey: build.Current().Version, originsKey: string(origins),
			"config": e.config.hash(),
		},
	}
	if e.digest != "" {
		s.Metadata[digestKey] = e.digest
	}
	if e.config.remembersBest() {
		s.Numbers = append(s.Numbers, float64(p.best.step), p.best.quality, p.best.least, p.best.err)
	}
	for _, leaf := range e.leaves() {
		values := make([]float32, leaf.Shape().Size())
		if err := e.program.Read(leaf, values); err != nil {
			return err
		}
		s.Tensors[leaf.Name()] = values
	}
	if e.config.keepsBest() {
		for i, leaf := range nn.Exprs(e.Params.All()) {
			s.Tensors[bestPrefix+leaf.Name()] = s.Tensors[leaf.Name()] // before there is a best state
			if p.best.step > 0 {
				s.Tensors[bestPrefix+leaf.Name()] = p.best.values[i]
			}
		}
	}
	return runfolder.WriteState(path, s, e.tensors())
}

// restore reads a checkpoint of the same configuration. It changes nothing unless the whole file is
// right.
func (e *trainer) restore(path string) (progress, error) {
	sums, numbers := 1+len(e.regularizers), 2+len(e.regularizers)
	if e.config.remembersBest() {
		numbers += bestNumbers
	}
	s, err := runfolder.ReadState(path, e.tensors(), numbers, e.recognizes)
	if err != nil {
		return progress{}, err
	}
	p := progress{step: s.Step, metricsBytes: s.JournalBytes, seconds: s.Numbers[0], sums: s.Numbers[1:][:sums:sums]}
	if e.config.remembersBest() {
		err = e.restoreBest(&p, s, s.Numbers[1+sums:])
	}
	switch {
	case err != nil:
	case p.step > e.config.end():
		err = fmt.Errorf("step is %d, expected 0 to %d", p.step, e.config.end())
	case p.seconds < 0:
		err = fmt.Errorf("number 0 of tensor \"progress\" is %v, expected seconds", p.seconds)
	default:
		p.origins, err = readOrigins(s.Metadata)
	}
	if err != nil {
		return progress{}, fault.Inputf("%s: %w", path, err)
	}
	for _, leaf := range e.leaves() {
		if err := e.program.Write(leaf, s.Tensors[leaf.Name()]); err != nil {
			return progress{}, err
		}
	}
	return p, nil
}

// restoreBest takes the best state of a checkpoint.
func (e *trainer) restoreBest(p *progress, s runfolder.State, numbers []float64) error {
	step := numbers[0]
	if !(step >= 0 && step <= float64(s.Step)) || step != math.Trunc(step) {
		return fmt.Errorf("the best state is of step %v, expected 0 to %d", step, s.Step)
	}
	p.best = best{step: int(step), quality: numbers[1], least: numbers[2], err: numbers[3]}
	if !e.config.keepsBest() || p.best.step == 0 {
		return nil
	}
	for _, leaf := range nn.Exprs(e.Params.All()) {
		p.best.values = append(p.best.values, s.Tensors[bestPrefix+leaf.Name()])
	}
	return nil
}

// recognizes returns why a file is no checkpoint of the engine's configuration.
func (e *trainer) recognizes(metadata map[string]string) error {
	if got := metadata["format"]; got != checkpointFormat {
		return fmt.Errorf("format is %q, expected %q", got, checkpointFormat)
	}
	return e.belongs(metadata["config"])
}

// hash identifies what determines the run's numbers, less the images, wherever they lie, and where
// the run ends.
func (c Config) hash() string {
	c.DataDir, c.StopAfter = "", 0
	c.Data = c.Data.Identity()
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
