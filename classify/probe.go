package classify

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"time"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// Trial is how a configuration did on dev images.
type Trial struct {
	Images      int     `json:"images"`
	Accuracy    float64 `json:"accuracy"`
	NLL         float64 `json:"nll"`
	Calibrated  float64 `json:"calibrated_nll"` // see [assess.Logits.Calibrated]
	Temperature float64 `json:"temperature"`
	Seconds     float64 `json:"seconds"`            // spent training
	Chance      float64 `json:"chance,omitempty"`   // share of the most frequent class among the images
	Diverged    string  `json:"diverged,omitempty"` // why the run ended early; the numbers are then NaN
}

// DivergedTrial is a trial that ended early, for a reason and after some seconds of training.
func DivergedTrial(reason string, seconds float64) Trial {
	return Trial{Accuracy: nan, NLL: nan, Calibrated: nan, Temperature: nan, Seconds: seconds, Diverged: reason}
}

// Probe trains a configuration and scores it on dev images: images of the training file that the configuration leaves, or
// where it leaves none the last fifth of the training images, which it then does without. Test images are not looked at. A
// run whose numbers become infinite is a Trial, not an error. A folder, if there is one, holds the state to resume from and
// never a result.
func Probe(ctx context.Context, cfg Config, opt Options) (Trial, error) {
	r, err := probe(ctx, cfg, opt)
	defer r.close()
	if Diverged(err) {
		return DivergedTrial(err.Error(), r.progress.seconds), nil
	}
	if err != nil {
		return Trial{}, err
	}
	if err := r.classifier.load(r.engine); err != nil {
		return Trial{}, err
	}
	logits := assess.Logits{Classes: len(r.data.Classes)}
	var score assess.Score
	err = r.classifier.each(r.division.Dev, r.devTables, func(values []float32, labels []uint8) error {
		return errors.Join(logits.Add(values, labels), score.Add(values, logits.Classes, labels))
	})
	if err != nil {
		return Trial{}, err
	}
	if math.IsNaN(score.NLL()) || math.IsInf(score.NLL(), 0) {
		return DivergedTrial(errNotFinite.Error(), r.progress.seconds), nil
	}
	t := Trial{Images: score.Images, Accuracy: score.Accuracy(), NLL: score.NLL(), Seconds: r.progress.seconds}
	t.Calibrated, t.Temperature = logits.Calibrated()
	t.Chance = chance(r.division.Dev)
	return t, nil
}

// chance returns the share of the most frequent class.
func chance(s dataset.Subset) float64 {
	counts := map[uint8]int{}
	most := 0
	for _, k := range s.Index {
		counts[s.Labels[k]]++
		most = max(most, counts[s.Labels[k]])
	}
	return float64(most) / float64(max(s.Len(), 1))
}

// probe trains.
func probe(ctx context.Context, cfg Config, opt Options) (*run, error) {
	if opt.Threads == 0 {
		opt.Threads = runtime.GOMAXPROCS(0)
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	cfg.EvalEvery = 0
	r := &run{Options: opt, probing: true}
	if err := r.prepare(ctx, cfg); err != nil {
		return r, err
	}
	return r, r.fit(ctx)
}

// holdOut takes the last fifth of the training images, which are in random order, for dev where there are no others.
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

// GradientScale trains a configuration and returns ‖∇L‖/‖∇R‖ there: the λ at which the penalty R moves the parameters as
// much as the loss L does. It is the root of the ratio of mean squares over some batches that the training did not get to.
func GradientScale(ctx context.Context, cfg Config, penalty gradreg.Regularizer, opt Options) (float64, error) {
	opt.Dir, opt.Resume = "", false
	r, err := probe(ctx, cfg, opt)
	defer r.close()
	if err != nil {
		return 0, err
	}
	cfg.Batch = r.config.Batch
	p := r.engine.parts
	p.regularizers = []gradreg.Regularizer{penalty}
	t, err := p.training(cfg.Batch, r.data.Shape, len(r.data.Classes))
	if err != nil {
		return 0, err
	}
	var squares []*sym.Expr
	for _, e := range []*sym.Expr{t.Loss, t.Terms[0].Value} {
		sum := e.Graph().Const(0)
		for _, d := range sym.Gradient(e, nn.Exprs(t.Params.Trainable())...) {
			sum = sym.Add(sum, sym.Sum(sym.Square(d)))
		}
		squares = append(squares, sum)
	}
	program, err := r.on.Compile(engine.Step{Outputs: squares})
	if err != nil {
		return 0, err
	}
	defer program.Close()
	// Auxiliary parameters are of the penalty, which the run does not have.
	if err := errors.Join(t.Params.Initialize(program, cfg.Seed), r.engine.Params.CopyTo(t.Params, r.engine.program, program)); err != nil {
		return 0, err
	}
	const batches = 16
	images, labels := make([]float32, t.X.Shape().Size()), make([]int32, cfg.Batch)
	var loss, other float64
	for i := range batches {
		share := r.batches.Fill(cfg.Steps+i, images, labels)
		if err := t.Feed(program, images, labels, share); err != nil {
			return 0, err
		}
		if err := program.Run(0, cfg.Seed, uint64(cfg.Steps+i)); err != nil {
			return 0, err
		}
		for k, sum := range []*float64{&loss, &other} {
			v, err := engine.Scalar(program, k)
			if err != nil {
				return 0, err
			}
			*sum += float64(v)
		}
	}
	scale := math.Sqrt(loss / other)
	if !(scale > 0) || math.IsInf(scale, 0) {
		return 0, fmt.Errorf("the gradients of loss and %s have norms %.3g and %.3g: no λ balances them", penalty.Name(), math.Sqrt(loss/batches), math.Sqrt(other/batches))
	}
	return scale, nil
}
