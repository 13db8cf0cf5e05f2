package linear

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"golang.org/x/sync/errgroup"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"github.com/gradreg/gradreg/internal/bug"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/task"
)

// Data are the samples of a fit.
type Data struct {
	Features []float32 // [N, F]
	Dim      int       // F
	// Targets are what is learned of each: one-hot rows of classes, labels 0 or 1, numbers [N, K].
	Targets []float32
	Kinds   int // K
	Task    task.Task
}

// Options of a fit. The zero value finds λ.
type Options struct {
	L2    float64 // λ; 0 for cross-validation
	Folds int     // at most, 5 if 0
	Seed  uint64  // of the folds
	// Tried, if set, is called with how many λ were compared, first none, of at most so many.
	Tried func(tried, most int)
}

// Head is a linear model: outputs = xW + b.
type Head struct {
	Weights []float32 // [F, K]
	Offsets []float32 // [K]
	Fit
}

// Fit is how a head came about.
type Fit struct {
	L2    float64 `json:"l2"`   // λ, see the package's documentation
	Loss  float64 `json:"loss"` // mean over the samples
	Folds int     `json:"folds,omitempty"`
	// Candidates are the λ that were compared, from strong to weak; none where λ was given, or where
	// no sample could be held out.
	Candidates []Candidate `json:"candidates,omitempty"`
	Note       string      `json:"note,omitempty"` // what speaks against the choice
}

// Candidate is a λ and the mean loss of the samples that were held out.
type Candidate struct {
	L2   float64 `json:"l2"`
	Loss float64 `json:"loss"`
	// StandardError is that of the mean, as if the samples were independent.
	StandardError float64 `json:"standard_error"`
}

const (
	defaultFolds = 5
	// defaultL2 is λ where there is nothing to choose it by.
	defaultL2 = 1e-2
	// The grid of λ: decades down from 10^strongest, and half a decade beside the best one. Above the
	// first the features do not matter; below the last the fit of any samples that can be told apart is
	// sure of them.
	strongest, weakest = 1, -8
	// worsening is how many λ in a row without a new least loss end the search.
	worsening = 2
	// dearest is the share of what the features tell that a stronger λ than the best may cost.
	dearest = 0.05
	// The tolerances of gradients: enough to compare λ, and of the result, near what rounding allows.
	roughly, exactly = 1e-4, 1e-10
)

// Train fits a head. Samples that do not fit together are the input's fault, features that are not
// finite, too.
func Train(ctx context.Context, d Data, opt Options) (*Head, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, err
	}
	if err := d.check(); err != nil {
		return nil, err
	}
	loss, bend, err := lossOf(d.Task, d.Kinds)
	if err != nil {
		return nil, fault.Input(err)
	}
	basis, z, dim := newBasis(d.Features, d.Dim)
	t := &training{
		samples: samples{z, dim, d.Targets, d.Kinds, loss}, moments: secondMoments(z, dim), bend: bend,
		task: d.Task,
	}
	h := &Head{Fit: Fit{L2: opt.L2}}
	start := make([]float64, d.Kinds*(dim+1))
	if opt.L2 == 0 {
		if h.Fit, err = t.choose(ctx, opt); err != nil {
			return nil, err
		}
	}
	p, err := t.fit(t.all(), start, h.L2, exactly)
	if err != nil {
		return nil, err
	}
	h.Loss = t.mean(p, t.all())
	weights, offsets := basis.restore(p, d.Kinds)
	h.Weights, h.Offsets = narrow(weights), narrow(offsets)
	return h, nil
}

// check returns what is wrong with the samples.
func (d Data) check() error {
	if d.Dim < 1 || d.Kinds < 1 || len(d.Features) == 0 || len(d.Features)%d.Dim != 0 ||
		len(d.Targets) != len(d.Features)/d.Dim*d.Kinds {
		return fault.Inputf(
			"%d features in rows of %d and %d targets in rows of %d, expected as many rows of both, at least one",
			len(d.Features), d.Dim, len(d.Targets), d.Kinds,
		)
	}
	for i, v := range d.Features {
		if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
			return fault.Inputf("feature %d of sample %d is %v, expected finite numbers", i%d.Dim, i/d.Dim, v)
		}
	}
	return nil
}

// narrow rounds to float32.
func narrow(values []float64) []float32 {
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = float32(v)
	}
	return out
}

// training is a fit under way.
type training struct {
	samples
	moments *mat.SymDense
	bend    float64
	task    task.Task
	curve   *curvature // of the λ that was asked for last
}

// count returns the number of samples.
func (t *training) count() int { return len(t.targets) / t.kinds }

// all returns the numbers of all samples.
func (t *training) all() []int {
	list := make([]int, t.count())
	for i := range list {
		list[i] = i
	}
	return list
}

// fit returns the minimum for chosen samples and a λ.
func (t *training) fit(chosen []int, start []float64, l2, tolerance float64) ([]float64, error) {
	c, err := t.curvature(l2)
	if err != nil {
		return nil, err
	}
	o := &objective{
		samples: &t.samples, chosen: chosen, l2: l2, fixed: t.constants(chosen), f: make([]float64, t.kinds),
	}
	for turn := 0; ; turn++ {
		p, err := o.minimize(start, c, tolerance)
		if _, unfinished := errors.AsType[errUnfinished](err); !unfinished || turn == mostTurns {
			return p, err
		}
		// Where samples are told apart for sure the objective hardly bends any more: L-BFGS goes on in
		// coordinates that suit the place it has come to.
		if c, err = t.curvatureAt(p, chosen, l2); err != nil {
			return nil, err
		}
		start = p
	}
}

// mostTurns is how often a fit that did not end goes on in other coordinates.
const mostTurns = 10

// curvatureAt returns the factor for parameters p: the second moments with each sample's weight, the
// mean second derivative of its loss by an output.
func (t *training) curvatureAt(p []float64, chosen []int, l2 float64) (*curvature, error) {
	f, ahead := make([]float64, t.kinds), make([]float64, t.kinds)
	rows, sum := mat.NewDense(len(chosen), t.dim, nil), 0.0
	for i, n := range chosen {
		bend := 0.0
		t.outputs(f, p, n)
		for k := range f {
			const h = 1e-4 // of a loss whose derivative is smooth on a scale of 1
			slopes := [2]float64{}
			for side, step := range []float64{-h, h} {
				copy(ahead, f)
				ahead[k] += step
				t.loss(ahead, ahead, t.target(n))
				slopes[side] = ahead[k]
			}
			bend += max(slopes[1]-slopes[0], 0) / (2 * h) / float64(t.kinds)
		}
		sum += bend
		for j, v := range t.row(n) {
			rows.Set(i, j, math.Sqrt(bend)*v)
		}
	}
	var moments mat.SymDense
	moments.SymOuterK(1/float64(len(chosen)), rows.T())
	c, err := newCurvature(&moments, 1, l2)
	if err == nil {
		c.offset = math.Sqrt(max(sum/float64(len(chosen)), l2))
	}
	return c, err
}

// curvature returns the factor for a λ, which all folds share.
func (t *training) curvature(l2 float64) (*curvature, error) {
	if t.curve != nil && t.curve.l2 == l2 {
		return t.curve, nil
	}
	c, err := newCurvature(t.moments, t.bend, l2)
	if err == nil {
		t.curve = c
	}
	return c, err
}

// constants returns the labels that all chosen samples have, or none has, and the logit of their
// share with half a sample added on either side (Krichevsky and Trofimov 1981).
func (t *training) constants(chosen []int) map[int]float64 {
	if t.task != (task.MultiLabel{}) {
		return nil
	}
	fixed := map[int]float64{}
	for k := range t.kinds {
		have := 0.0
		for _, n := range chosen {
			have += float64(t.target(n)[k])
		}
		if all := float64(len(chosen)); have == 0 || have == all {
			fixed[k] = math.Log((have + 0.5) / (all - have + 0.5))
		}
	}
	return fixed
}

// strata returns the class of each sample, or one stratum where there are none.
func (t *training) strata() []int32 {
	out := make([]int32, t.count())
	if t.task != (task.Classification{}) {
		return out
	}
	for n := range out {
		for k, v := range t.target(n) {
			if v > t.target(n)[out[n]] {
				out[n] = int32(k)
			}
		}
	}
	return out
}

// choose finds λ by cross-validation.
func (t *training) choose(ctx context.Context, opt Options) (Fit, error) {
	k := opt.Folds
	if k == 0 {
		k = defaultFolds
	}
	if k < 2 {
		return Fit{}, fault.Inputf("folds is %d, expected at least 2", k)
	}
	folds := divide(t.strata(), k, opt.Seed)
	if len(folds) < 2 {
		return Fit{L2: defaultL2, Note: fmt.Sprintf(
			"there are too few samples to hold any out: λ is %g, which nothing was compared with", defaultL2,
		)}, nil
	}
	found := Fit{Folds: len(folds)}
	starts := make([][]float64, len(folds))
	for i := range starts {
		starts[i] = make([]float64, t.kinds*t.width())
	}
	tried := func() {
		if opt.Tried != nil {
			const most = strongest - weakest + 1 + 2
			opt.Tried(len(found.Candidates), most)
		}
	}
	tried()
	var nearest [][]float64 // the folds' minima of the best λ
	least, best, since := math.Inf(1), 0.0, 0
	try := func(l2 float64) error {
		losses, err := t.heldOut(ctx, folds, starts, l2)
		if err != nil {
			return err
		}
		loss, stdev := stat.MeanStdDev(losses, nil)
		found.Candidates = append(found.Candidates, Candidate{l2, loss, stdev / math.Sqrt(float64(len(losses)))})
		tried()
		if since++; loss < least {
			least, since, best, nearest = loss, 0, l2, slices.Clone(starts)
		}
		return nil
	}
	for power := strongest; power >= weakest && since < worsening; power-- {
		if err := try(spec.Round(math.Pow(10, float64(power)), 3)); err != nil {
			return found, err
		}
	}
	for _, beside := range []float64{math.Sqrt(10) * best, best / math.Sqrt(10)} {
		copy(starts, nearest)
		if err := try(spec.Round(beside, 3)); err != nil {
			return found, err
		}
	}
	slices.SortFunc(found.Candidates, func(a, b Candidate) int { return cmp.Compare(b.L2, a.L2) })
	found.L2 = strongestOf(found.Candidates)
	switch best {
	case found.Candidates[0].L2:
		found.Note = "the strongest λ is the best: the features tell nothing of what is learned"
	case found.Candidates[len(found.Candidates)-1].L2:
		found.Note = "the weakest λ is the best: samples of a class may be copies of each other"
	}
	return found, nil
}

// strongestOf returns the strongest λ whose held-out loss is at most a standard error above the least,
// the rule of Breiman et al. (1984, section 3.4.3), and at most a share of what the features tell,
// the loss of the strongest λ less the least one: the loss of twenty samples has so large an error
// that the rule alone would leave hardly any of it. Candidates are sorted from strong to weak.
func strongestOf(candidates []Candidate) float64 {
	least := slices.MinFunc(candidates, func(a, b Candidate) int { return cmp.Compare(a.Loss, b.Loss) })
	most := least.Loss + min(least.StandardError, dearest*(candidates[0].Loss-least.Loss))
	for _, c := range candidates {
		if c.Loss <= most {
			return c.L2
		}
	}
	return least.L2
}

// heldOut returns the losses of the held-out samples of all folds for a λ. It replaces the starts by
// the folds' minima.
func (t *training) heldOut(ctx context.Context, folds []fold, starts [][]float64, l2 float64) ([]float64, error) {
	if _, err := t.curvature(l2); err != nil { // made here, the folds only read it
		return nil, err
	}
	losses := make([][]float64, len(folds))
	var bugs bug.Keeper
	group, ctx := errgroup.WithContext(ctx)
	for i, f := range folds {
		group.Go(func() (err error) {
			defer bugs.Keep()
			if err := ctx.Err(); err != nil {
				return err
			}
			if starts[i], err = t.fit(f.train, starts[i], l2, roughly); err != nil {
				return err
			}
			losses[i] = t.lossesOf(starts[i], f.held)
			return nil
		})
	}
	err := group.Wait()
	bugs.Raise()
	return slices.Concat(losses...), err
}
