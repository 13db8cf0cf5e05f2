package train

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
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
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
	r.classifier.load(r.engine)
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
	return rate(float64(most), float64(s.Len()))
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
	g := sym.NewGraph()
	params := nn.NewParams(g)
	shape, classes := r.data.Shape, len(r.data.Classes)
	x, y := g.Input("x", sym.Float, cfg.Batch, shape.C, shape.H, shape.W), g.Input("y", sym.Int, cfg.Batch)
	var pairs *mixed
	if r.engine.mixed != nil {
		pairs = newMixed(g, cfg.Batch)
	}
	problem := gradreg.NewProblem(task.Classification{}, nn.NewContext(params, true, 0), x, pairs.targets(y, classes), func(c *nn.Context, x *sym.Expr) *sym.Expr {
		return r.engine.model.Logits(c, x, classes)
	})
	value := gradreg.Penalties(problem, []gradreg.Regularizer{penalty})[0]
	if err := gradreg.Refused(value); err != nil {
		return 0, fault.Input(err)
	}
	var squares []*sym.Expr
	for _, e := range []*sym.Expr{problem.Loss(), value} {
		sum := g.Const(0)
		for _, d := range sym.Gradient(e, nn.Exprs(params.Trainable())...) {
			sum = sym.Add(sum, sym.Sum(sym.Square(d)))
		}
		squares = append(squares, sum)
	}
	program, err := plan.Compile(squares, nil, plan.Options{Level: r.engine.level, Threads: r.Threads})
	if err != nil {
		return 0, err
	}
	defer program.Close()
	for _, p := range params.All() {
		switch {
		case p.Auxiliary: // of the penalty, which the run does not have
			p.Fill(program.Float(p.Expr), cfg.Seed)
		case program.Takes(p.Expr):
			copy(program.Float(p.Expr), r.engine.program.Float(r.engine.params.Graph().Input("param/"+p.Name, sym.Float, p.Expr.Shape()...)))
		}
	}
	const batches = 16
	var loss, other float64
	for i := range batches {
		share := r.batches.Fill(cfg.Steps+i, program.Float(x), program.Int(y))
		pairs.set(program, share, program.Int(y))
		if err := program.Run(cfg.Seed, uint64(cfg.Steps+i)); err != nil {
			return 0, err
		}
		loss, other = loss+float64(program.Output(0)[0]), other+float64(program.Output(1)[0])
	}
	scale := math.Sqrt(loss / other)
	if !(scale > 0) || math.IsInf(scale, 0) {
		return 0, fmt.Errorf("the gradients of loss and %s have norms %.3g and %.3g: no λ balances them", penalty.Name(), math.Sqrt(loss/batches), math.Sqrt(other/batches))
	}
	return scale, nil
}
