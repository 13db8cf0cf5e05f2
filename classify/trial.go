package classify

import (
	"context"
	"errors"
	"math"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/task"
)

// ProbeResult is how a configuration did on dev images.
type ProbeResult struct {
	Images      int     `json:"images"`
	Accuracy    float64 `json:"accuracy"`
	NLL         float64 `json:"nll"`
	Calibrated  float64 `json:"calibrated_nll"` // see [assess.Logits.Calibrated]
	Temperature float64 `json:"temperature"`
	Seconds     float64 `json:"seconds"`            // spent training
	Chance      float64 `json:"chance,omitempty"`   // share of the most frequent class among the images
	Diverged    string  `json:"diverged,omitempty"` // why the run ended early; the numbers are then NaN
	// Metrics judge a task that has no classes; the numbers about those are then 0.
	Metrics *task.Metrics `json:"metrics,omitempty"`
}

// DivergedProbe is a trial that ended early, for a reason and after some seconds of training.
func DivergedProbe(reason string, seconds float64) ProbeResult {
	return ProbeResult{Accuracy: nan, NLL: nan, Calibrated: nan, Temperature: nan, Seconds: seconds, Diverged: reason}
}

// Probe trains a configuration and scores it on dev images: images of the training file that the
// configuration leaves, or where it leaves none the last fifth of the training images, which it
// then does without. Test images are not looked at. A run whose numbers become infinite is a ProbeResult,
// not an error. A folder, if there is one, holds the state to resume from and never a result.
func Probe(ctx context.Context, cfg Config, opt Options) (ProbeResult, error) {
	if err := fault.NoContext(ctx); err != nil {
		return ProbeResult{}, err
	}
	r, err := probe(ctx, cfg, opt)
	defer r.close()
	if errors.Is(err, ErrDiverged) {
		return DivergedProbe(err.Error(), r.progress.seconds), nil
	}
	if err != nil {
		return ProbeResult{}, err
	}
	if err := r.classifier.load(r.engine); err != nil {
		return ProbeResult{}, err
	}
	if !r.hasClasses() {
		m, err := r.measure(r.division.Dev, r.devTables)
		if errors.Is(err, ErrDiverged) {
			return DivergedProbe(err.Error(), r.progress.seconds), nil
		}
		return ProbeResult{Images: m.Samples, Metrics: &m, Seconds: r.progress.seconds}, err
	}
	logits := assess.Logits{Classes: len(r.data.Classes)}
	var score assess.Score
	err = r.classifier.each(r.division.Dev, r.devTables, func(values []float32, labels []int32) error {
		return errors.Join(logits.Add(values, labels), score.Add(values, logits.Classes, labels))
	})
	if err != nil {
		return ProbeResult{}, err
	}
	if math.IsNaN(score.NLL()) || math.IsInf(score.NLL(), 0) {
		return DivergedProbe(errNotFinite.Error(), r.progress.seconds), nil
	}
	t := ProbeResult{Images: score.Images, Accuracy: score.Accuracy(), NLL: score.NLL(), Seconds: r.progress.seconds}
	t.Calibrated, t.Temperature = logits.Calibrated()
	t.Chance = chance(r.division.Dev)
	return t, nil
}

// chance returns the share of the most frequent class.
func chance(s dataset.Subset) float64 {
	counts := map[int32]int{}
	most := 0
	for _, k := range s.Index {
		counts[s.Labels[k]]++
		most = max(most, counts[s.Labels[k]])
	}
	return float64(most) / float64(max(s.Len(), 1))
}

// probe trains.
func probe(ctx context.Context, cfg Config, opt Options) (*run, error) {
	cfg.EvalEvery, cfg.Patience, cfg.Keep = 0, 0, ""
	r := &run{Options: opt.filled(), probing: true}
	if err := r.prepare(ctx, cfg); err != nil {
		return r, err
	}
	return r, r.fit(ctx)
}

// holdOut takes the last fifth of the training images, which are in random order, for dev where
// there are no others.
func (r *run) holdOut() {
	if r.division.Dev.Len() > 0 {
		return
	}
	r.division = heldOut(r.division)
	r.normalizer = dataset.Statistics(r.division.Train)
}

// heldOut returns a division with dev images.
func heldOut(d dataset.Division) dataset.Division {
	if d.Dev.Len() > 0 {
		return d
	}
	all := d.Train
	cut := max(1, all.Len()-all.Len()/5)
	d.Train = dataset.Subset{Part: all.Part, Index: all.Index[:cut]}
	d.Dev = dataset.Subset{Part: all.Part, Index: all.Index[cut:]}
	return d
}

// Trained is a training that has taken its steps, for whoever measures something of it.
type Trained struct{ run *run }

// Train trains a configuration as [Probe] does, and keeps the network in memory. Close
// frees it.
func Train(ctx context.Context, cfg Config, opt Options) (*Trained, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, err
	}
	opt.Dir, opt.Resume = "", false
	r, err := probe(ctx, cfg, opt)
	if err != nil {
		r.close()
		return nil, err
	}
	return &Trained{r}, nil
}

// Close gives the training back.
func (t *Trained) Close() { t.run.close() }

// Engine returns what compiled the training.
func (t *Trained) Engine() engine.Engine { return t.run.on }

// With makes the expressions of a step of the same network on the same images with other
// regularizers.
func (t *Trained) With(regularizers ...gradreg.Regularizer) (*gradreg.ClassifierTraining, error) {
	p := t.run.engine.parts
	p.regularizers = regularizers
	return p.training(t.run.config.Batch, t.run.data.Shape, len(t.run.data.Classes))
}

// Load gives the parameters of another training, in a program of its own, the values that this one
// came to. Those that this one does not have, which a penalty keeps, get their initial values: of
// pretrained weights those of their file.
func (t *Trained) Load(into *gradreg.ClassifierTraining, program engine.Program) error {
	return errors.Join(
		into.Params.Initialize(program, t.run.config.Seed),
		t.run.loadStarts(into.Params, program),
		t.run.engine.Params.CopyTo(into.Params, t.run.engine.program, program))
}

// Batch gives a program the images of a step's batch, counted from 0. From the configuration's Steps on
// they are batches that the training did not get to.
func (t *Trained) Batch(step int, into *gradreg.ClassifierTraining, program engine.Program) error {
	b := newBatch(t.run.config.Batch, t.run.data.Shape.Size())
	t.run.fill(step, b)
	return b.feed(into, program)
}
