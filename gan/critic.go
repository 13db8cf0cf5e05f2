package gan

import (
	"fmt"
	"path/filepath"
	"sync"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/model/generative"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// Critic is the critic of a run, as its checkpoint has it. Its methods may be called by any number of
// goroutines; they take turns.
type Critic struct {
	Config  Config
	Shape   []int // of a sample
	mutex   sync.Mutex
	program engine.Program
	samples *sym.Expr
}

// criticBatch is the number of samples that are judged at once.
const criticBatch = 256

// LoadCritic reads the critic of a run folder. What a regularizer changes about the critic, such as
// spectral norm, holds; augmentation does not.
func LoadCritic(dir string, threads int) (*Critic, error) {
	config, err := FolderConfig(dir)
	if err != nil {
		return nil, err
	}
	parts, err := config.resolve()
	if err != nil {
		return nil, err
	}
	shape, err := folderShape(dir)
	if err != nil {
		return nil, err
	}
	pair, err := generative.Parse(config.Network, shape)
	if err != nil {
		return nil, fault.Inputf("%s: %w", dir, err)
	}
	c := nn.NewContext(nn.NewParams(sym.NewGraph()).Scope(CriticScope), false, 0)
	x := c.Graph().Input("samples", sym.Float, append(sym.Shape{criticBatch}, shape...)...)
	scores := oneScore(gradreg.Transform(pair.Score, parts.regularizers)(c, x))
	p := &gradreg.Problem{Input: x, Outputs: scores, Batch: criticBatch}
	path := filepath.Join(dir, checkpointFile)
	file, err := tensorfile.ReadFile(path, func(h tensorfile.Header) error {
		if got := h.Metadata["format"]; got != checkpointFormat {
			return fmt.Errorf("format is %q, expected %q", got, checkpointFormat)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	on, err := engine.Native(engine.Options{Threads: threads, Convolution: config.Convolution})
	if err != nil {
		return nil, err
	}
	inCheckpoint := func(p *nn.Param) string { return p.Expr.Name() }
	program, err := programOf(on, c.Params.All(), file.Tensors, inCheckpoint, scores, slopes(p))
	if err != nil {
		return nil, fault.Inputf("%s: %w", path, err)
	}
	return &Critic{Config: config, Shape: shape, program: program, samples: x}, nil
}

// folderShape returns the shape of a run's samples, which its generator file says.
func folderShape(dir string) ([]int, error) {
	path, err := generatorPath(dir)
	if err != nil {
		return nil, err
	}
	var info GeneratorInfo
	_, err = tensorfile.ReadFile(path, func(h tensorfile.Header) error { return info.read(h.Metadata) })
	return info.Shape, err
}

// Close gives back what the critic holds.
func (c *Critic) Close() { c.program.Close() }

// Judge returns the score D(x_i) of each sample of rows [n, shape…] and the critic's slope there,
// ‖∂D/∂x_i‖, in units of a score over units of a sample.
func (c *Critic) Judge(samples []float32) (scores, slopes []float64, err error) {
	size := sym.Shape(c.Shape).Size()
	if len(samples)%size != 0 {
		return nil, nil, fmt.Errorf("gan: %d numbers of samples, expected rows of %d", len(samples), size)
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var batch [criticBatch]float32
	for from := 0; from < len(samples); from += criticBatch * size {
		part := samples[from:min(from+criticBatch*size, len(samples))]
		err := c.program.Fill(c.samples, func(dst []float32) { clear(dst[copy(dst, part):]) })
		if err != nil {
			return nil, nil, err
		}
		if err := c.program.Run(0, 0, 0); err != nil {
			return nil, nil, err
		}
		for i, all := range []*[]float64{&scores, &slopes} {
			if err := c.program.Output(i, batch[:]); err != nil {
				return nil, nil, err
			}
			for _, v := range batch[:len(part)/size] {
				*all = append(*all, float64(v))
			}
		}
	}
	return scores, slopes, nil
}
