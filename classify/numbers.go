package classify

import (
	"slices"
	"sync"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/sym"
)

// Numbers returns the version of the numbers that a configuration trains to here: the last
// [NumericsVersion] that changed the bits of such a run. Its model, its batch, its convolution,
// whether it has a pretrained network and the λ of its head are read.
func Numbers(cfg Config) (int, error) {
	m, err := cfg.architecture()
	if err != nil {
		return 0, fault.Inputf("model: %w", err)
	}
	convolution, err := cfg.Convolution.Resolve()
	if err != nil {
		return 0, err
	}
	return cfg.numbers(numbersOf(m, convolution == engine.DirectConvolution)), nil
}

// numbers returns the version of a run whose network has the given one.
func (c *Config) numbers(network int) int {
	if c.pretrained() {
		network = max(network, filterNumerics)
		if c.HeadL2 == 0 {
			network = foundHeadNumerics
		}
	}
	return max(network, batchNumbers(c.Batch))
}

// pretrained reports whether a run begins with a pretrained network, whose batch norms are fixed
// whatever the model says. The file's name may be left out of a run's key, its digest is not.
func (c *Config) pretrained() bool { return c.Backbone != "" || c.BackboneSHA256 != "" }

// batchNumbers returns the version of the numbers that a batch of n images has at least: of more
// than 128 the sums over the batch are made in more parts than those of version 2.
func batchNumbers(n int) int {
	if n > 128 {
		return largeBatchNumerics
	}
	return directNumerics
}

// numbersOf returns the version of a model, whatever images it is for: only the channels of its
// convolutions matter.
func numbersOf(m model.Model, direct bool) int {
	key := knownModel{m.String(), direct}
	if v, ok := knownNumbers.Load(key); ok {
		return v.(int)
	}
	v := filterNumerics
	for _, size := range []int{32, 64, 224} { // the smallest that the model takes
		c, err := newClassifier(m, dataset.Shape{C: 3, H: size, W: size}, 2, 1)
		if err == nil {
			v = networkNumbers(c.logits, direct)
			break
		}
	}
	knownNumbers.Store(key, v)
	return v
}

// knownNumbers are the versions of models by knownModel: a study asks for every run.
var knownNumbers sync.Map

// knownModel is a model's text form, and whether its convolutions are direct.
type knownModel struct {
	model  string
	direct bool
}

// networkNumbers returns the version of a network whose convolutions are direct or not.
func networkNumbers(logits *sym.Expr, direct bool) int {
	switch {
	case !direct && engine.Phases(logits):
		return phaseNumerics
	case scaledFilters(logits), engine.Stems(logits):
		return filterNumerics
	case !direct && engine.Transforms(logits), engine.ManyFilters(logits):
		return winogradNumerics
	}
	return directNumerics
}

// scaledFilters reports whether a convolution has filters that are computed from weights, as those
// are before a batch norm of fixed statistics.
func scaledFilters(logits *sym.Expr) bool {
	return slices.ContainsFunc(sym.Topological(logits), func(e *sym.Expr) bool {
		op := e.Op()
		return (op == sym.OpConv || op == sym.OpDepthwiseConv) && e.Args()[1].Op() != sym.OpInput
	})
}

// numbers returns the version of the run's numbers.
func (r *run) numbers() int {
	direct := r.config.Convolution == engine.DirectConvolution
	return r.config.numbers(networkNumbers(r.classifier.logits, direct))
}
