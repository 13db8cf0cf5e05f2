package classify

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"slices"

	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
)

// defaultDepthRate is how much less each part of a pretrained network learns than the part behind it:
// as much.
const defaultDepthRate = 1

// byDepth returns an optimizer with a learning rate for each part of a pretrained network: that of
// the configuration for the head, and depthRate times that of the part behind it for the others.
func byDepth(o optim.Optimizer, m model.Backbone, depthRate float64) optim.Optimizer {
	parts := m.Parts()
	return optim.WithRates(o, func(p *nn.Param) float64 {
		at := slices.Index(parts, model.PartOf(p.Name, ""))
		if at < 0 {
			return 1
		}
		return math.Pow(depthRate, float64(len(parts)-1-at))
	})
}

// isPretrained reports whether a parameter of a network that is finetuned begins with the file's
// weights: all do but the head, which knows other classes.
func isPretrained(p *nn.Param) bool { return model.PartOf(p.Name, "") != model.Head }

// beginFinetuning gives a run that finetunes the weights of the pretrained network, and a head that is fitted
// to its features of the training images: with one that knows nothing, the first steps would spoil
// what the network knows. A run that goes on has its weights in its checkpoint.
func (r *run) beginFinetuning(ctx context.Context) error {
	if r.Resume {
		if _, err := os.Stat(r.path(checkpointFile)); !errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	f := &frozen{}
	if !r.measuring { // how long a step takes does not depend on what the head knows
		var err error
		if f, err = r.firstHead(ctx); err != nil {
			return err
		}
	}
	values, err := r.network.Values(r.engine.Params, false)
	if err != nil {
		return err
	}
	for _, p := range r.engine.Params.All() {
		of := p
		if p.StartOf != nil {
			of = p.StartOf
		}
		v := values[of.Name]
		if f.head != nil && !isPretrained(of) {
			v = f.headValues(of)
		}
		if v == nil {
			continue // what a penalty keeps
		}
		if err := r.engine.program.Write(p.Expr, v); err != nil {
			return err
		}
	}
	return nil
}

// loadStarts gives the copies of pretrained weights that penalties keep the values of the file.
func (r *run) loadStarts(params *nn.Params, program engine.Program) error {
	if r.network == nil {
		return nil
	}
	values, err := r.network.Values(r.engine.Params, false)
	if err != nil {
		return err
	}
	for _, p := range params.All() {
		if p.StartOf == nil || !program.Takes(p.Expr) {
			continue
		}
		if v := values[p.StartOf.Name]; v != nil {
			if err := program.Write(p.Expr, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// firstHead fits a head to the features of the training images.
func (r *run) firstHead(ctx context.Context) (*frozen, error) {
	f, err := r.newFrozen(r.config)
	if err != nil {
		return nil, err
	}
	defer f.close()
	defer r.noteCache(f)
	if err := f.embed(ctx, r.Embedding, r.division.Train); err != nil {
		return nil, err
	}
	return f, r.fitHead(ctx, f)
}

// checkDepthRate returns what is wrong with the rates by depth.
func (c *Config) checkDepthRate() error {
	switch {
	case c.DepthRate != 0 && !c.Finetunes():
		return fault.Fieldf("depth_rate is %v, but only a network that is finetuned has rates by depth", c.DepthRate)
	case !(c.DepthRate >= 0 && c.DepthRate <= 1):
		return fault.Fieldf("depth_rate is %v, expected more than 0 and at most 1", c.DepthRate)
	case c.Finetunes() && c.DepthRate == 0:
		c.DepthRate = defaultDepthRate
	}
	return nil
}
