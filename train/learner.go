package train

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/nn"
)

// Learner is a training whose steps a program has, with what depends on the number of a step.
type Learner struct {
	*gradreg.Training
	Program engine.Program
	First   int // which step of the program is the first of the training's, see [gradreg.Training.Steps]
	Seed    uint64
	// Rate returns the learning rate of a step, counted from 1, and Planned for how many steps the
	// schedules of λ were planned when it was taken.
	Rate    func(step int) float64
	Planned func(step int) int

	latest []float64 // of the terms, when last taken
	turns  int       // that a loop takes within a step, 1 if 0
}

// Take takes a step, counted from 1, on the batch in the program's inputs. It returns the loss and
// the values R of all terms, of those that are not taken at this step the last one, NaN before the
// first. One that is not finite is a [Divergence], which names the step of the loop where a [Loop]
// takes several turns within one.
func (l *Learner) Take(step int) ([]float64, error) {
	if err := l.Prepare(l.Program, step, l.Planned(step), l.Rate(step)); err != nil {
		return nil, err
	}
	if err := l.Program.Run(l.First+l.At(step), l.Seed, uint64(step)); err != nil {
		return nil, err
	}
	if l.latest == nil {
		l.latest = slices.Repeat([]float64{math.NaN()}, 1+len(l.Terms))
	}
	output := 0
	for i := range l.latest {
		if i > 0 && !l.Active(i-1, step) {
			continue
		}
		value, err := engine.Scalar(l.Program, output)
		if err != nil {
			return nil, err
		}
		l.latest[i] = float64(value)
		output++
		if math.IsNaN(l.latest[i]) || math.IsInf(l.latest[i], 0) {
			return l.latest, l.Diverged((step-1)/max(l.turns, 1)+1, l.label(i), l.latest[i])
		}
	}
	return slices.Clone(l.latest), nil
}

// label names value i of a step.
func (l *Learner) label(i int) string {
	if i == 0 {
		return "loss"
	}
	return l.Terms[i-1].Name
}

// Divergence is the error of a training whose numbers are no longer finite: the same training will
// always end so.
type Divergence struct{ error }

// NewDivergence returns a Divergence that says err.
func NewDivergence(err error) Divergence { return Divergence{err} }

// ErrDiverged is what errors.Is finds in every Divergence.
var ErrDiverged = errors.New("diverged")

// Is reports whether target is [ErrDiverged].
func (d Divergence) Is(target error) bool { return target == ErrDiverged }

// Unwrap returns what was found.
func (d Divergence) Unwrap() error { return d.error }

// Diverged is the error of a step at which something has a value that is not finite. It names the
// largest parameters.
func (l *Learner) Diverged(step int, what string, value float64) error {
	type norm struct {
		name string
		norm float64
	}
	var norms []norm
	err := l.Params.Each(l.Program, func(p *nn.Param, values []float32) error {
		sum := 0.0
		for _, v := range values {
			sum += float64(v) * float64(v)
		}
		if p.Trainable {
			norms = append(norms, norm{p.Name, math.Sqrt(sum)})
		}
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(norms, func(a, b norm) int { // NaN first, then the largest
		return cmp.Or(
			-cmp.Compare(number(math.IsNaN(a.norm)), number(math.IsNaN(b.norm))),
			-cmp.Compare(a.norm, b.norm),
		)
	})
	var largest []string
	for _, n := range norms[:min(3, len(norms))] {
		largest = append(largest, fmt.Sprintf("%s %.3g", n.name, n.norm))
	}
	return Divergence{fmt.Errorf("%s is %v at step %d; largest parameter norms: %s; try a lower learning rate or λ",
		what, value, step, strings.Join(largest, ", "))}
}

// number returns 1 for true.
func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Finite reports whether all parameters are.
func (l *Learner) Finite() (bool, error) {
	finite := true
	err := l.Params.Each(l.Program, func(_ *nn.Param, values []float32) error {
		finite = finite && tensorfile.Tensor{F32: values}.Finite()
		return nil
	})
	return finite, err
}

// MeanWeight returns λ of a term at a step in the mean over the steps, so that every=k does not
// count.
func (l *Learner) MeanWeight(term, step int) float64 {
	return l.Weight(term, step, l.Planned(step)) / float64(max(l.Terms[term].Schedule.Every, 1))
}
