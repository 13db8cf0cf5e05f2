package toy

import (
	"context"
	"fmt"
	"math"

	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/fault"
)

// Options are what [Run] does. Zero values stand for the talk's, but that λ, seeds and what is
// measured are ours.
type Options struct {
	Problems     []string  `json:"problems"`      // all if empty
	Lambdas      []float64 `json:"lambdas"`       // 0, 0.001, 0.01 and 0.1 if empty
	Seeds        []uint64  `json:"seeds"`         // 1 … 5 if empty
	Steps        int       `json:"steps"`         // 10,000 if 0
	LearningRate float64   `json:"learning_rate"` // 0.01 if 0
	Points       int       `json:"points"`        // 100 if 0
	Places       int       `json:"places"`        // where the learned function is looked at; 2500 if 0
	Lines        int       `json:"lines"`         // through the weights; 5 if 0
	LineSteps    int       `json:"line_steps"`    // 51 if 0
	// FirstLook says that the numbers are no result: everything that is written says so, too.
	FirstLook bool `json:"quick_look,omitempty"`
	// Level is the instruction set, one of [engine.Levels]; that of this process if empty.
	Level   string `json:"-"`
	Threads int    `json:"-"` // 1 if 0
	// Memory, if not empty, is a folder in which trained networks are kept, so that a run that was
	// interrupted goes on. It is made if need be; who calls Run removes it when the result is safe.
	Memory string `json:"-"`
	// Log, if not nil, is called before each training with what it is.
	Log func(done, all int, text string) `json:"-"`
}

// resolved fills in what is not given.
func (o Options) resolved() Options {
	if len(o.Problems) == 0 {
		o.Problems = ProblemNames()
	}
	if len(o.Lambdas) == 0 {
		o.Lambdas = []float64{0, 0.001, 0.01, 0.1}
	}
	if len(o.Seeds) == 0 {
		o.Seeds = []uint64{1, 2, 3, 4, 5}
	}
	for _, d := range []struct {
		value *int
		given int
	}{{&o.Steps, 10000}, {&o.Points, 100}, {&o.Places, 2500}, {&o.Lines, 5}, {&o.LineSteps, 51}} {
		if *d.value == 0 {
			*d.value = d.given
		}
	}
	if o.LearningRate == 0 {
		o.LearningRate = 0.01
	}
	return o
}

// Quick returns options for a first look, some seconds long.
func Quick() Options {
	return Options{FirstLook: true, Steps: 1000, Seeds: []uint64{1}, Places: 400, Lines: 3, LineSteps: 21}
}

// validate returns what is wrong with resolved options.
func (o Options) validate() error {
	for _, c := range []struct {
		name  string
		value int
		least int
	}{
		{"steps", o.Steps, 1}, {"points", o.Points, 2}, {"places", o.Places, 4},
		{"lines", o.Lines, 1}, {"line steps", o.LineSteps, 2},
	} {
		if c.value < c.least {
			return fault.Inputf("%s is %d, expected at least %d", c.name, c.value, c.least)
		}
	}
	if !(o.LearningRate > 0) || math.IsInf(o.LearningRate, 0) {
		return fault.Inputf("learning rate is %v, expected a finite number above 0", o.LearningRate)
	}
	for i, l := range o.Lambdas {
		if !(l >= 0) || math.IsInf(l, 0) {
			return fault.Inputf("λ is %v, expected a finite number ≥ 0", l)
		}
		for _, other := range o.Lambdas[:i] {
			if l == other {
				return fault.Inputf("λ %v stands twice", l)
			}
		}
	}
	return nil
}

// decay is the learning rate's factor: 1, falling evenly to 0 over the last quarter of the steps,
// so that the numbers are those of a minimum and not of Adam's steps around it.
func (o Options) decay(step int) float64 {
	return min(1, 4*float64(o.Steps-step)/float64(o.Steps)+4/float64(o.Steps))
}

// Trained is a trained network and what was measured of it.
type Trained struct {
	Problem   string  `json:"problem"`
	Lambda    float64 `json:"lambda"`
	Seed      uint64  `json:"seed"`
	Loss      float64 `json:"loss"`      // mean squared error at the training points
	Penalty   float64 `json:"penalty"`   // mean squared slope at the training points
	Objective float64 `json:"objective"` // loss + λ·penalty; a function with steps between the points has 0
	// SlopeAt, SlopeBetween and SlopeEverywhere are root mean square slopes: at the training
	// points, in the middle between each and its nearest neighbour, and over the whole domain.
	SlopeAt         float64 `json:"slope_at"`
	SlopeBetween    float64 `json:"slope_between"`
	SlopeEverywhere float64 `json:"slope_everywhere"`
	SlopeLargest    float64 `json:"slope_largest"`
	// TrueSlope is the root mean square slope of the problem's function over the domain.
	TrueSlope float64 `json:"true_slope"`
	Error     float64 `json:"error"` // root mean square distance from the problem's function over the domain
	Lines     []Line  `json:"lines,omitempty"`

	x      points
	side   int
	places [][]float64
	values []float64
	slopes []float64
}

// Result is what [Run] found.
type Result struct {
	Options Options   `json:"options"`
	Trained []Trained `json:"fits"`
}

// Run trains and measures every problem with every λ and seed. A cancelled context ends it with the
// context's error.
func Run(ctx context.Context, o Options) (*Result, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, err
	}
	o = o.resolved()
	if err := o.validate(); err != nil {
		return nil, err
	}
	on, err := engine.Native(engine.Options{Level: o.Level})
	if err != nil {
		return nil, err
	}
	o.Level = on.Name()
	r := &Result{Options: o}
	all := len(o.Problems) * len(o.Lambdas) * len(o.Seeds)
	for _, name := range o.Problems {
		p, err := problemNamed(name)
		if err != nil {
			return nil, err
		}
		for _, lambda := range o.Lambdas {
			for _, seed := range o.Seeds {
				if o.Log != nil {
					o.Log(len(r.Trained), all, fmt.Sprintf("%s, λ %v, seed %d", name, lambda, seed))
				}
				fit, err := one(ctx, p, lambda, seed, o, seed == o.Seeds[0])
				if err != nil {
					return nil, err
				}
				r.Trained = append(r.Trained, fit)
			}
		}
	}
	return r, nil
}

// one trains and measures a network; lines of its loss surface only if asked for.
func one(ctx context.Context, p Problem, lambda float64, seed uint64, o Options, surface bool) (Trained, error) {
	f := Trained{Problem: p.Name, Lambda: lambda, Seed: seed, x: p.sample(o.Points, seed)}
	w, err := fit(ctx, p, f.x, lambda, seed, o)
	if err != nil {
		return f, fmt.Errorf("%s, λ %v, seed %d: %w", p.Name, lambda, seed, err)
	}
	var slopes []float64
	if f.Loss, f.Penalty, _, _, err = measure(w, f.x.x, f.x.y, o); err != nil {
		return f, err
	}
	f.Objective, f.SlopeAt = f.Loss+lambda*f.Penalty, math.Sqrt(f.Penalty)
	if _, _, _, slopes, err = measure(w, f.x.between(), nil, o); err != nil {
		return f, err
	}
	f.SlopeBetween = rootMeanSquare(slopes)
	f.places, f.side = p.grid(o.Places)
	if _, _, f.values, f.slopes, err = measure(w, f.places, nil, o); err != nil {
		return f, err
	}
	f.SlopeEverywhere = rootMeanSquare(f.slopes)
	errors, truth := make([]float64, len(f.places)), make([]float64, len(f.places))
	for i, x := range f.places {
		errors[i], truth[i] = f.values[i]-p.f(x), p.slope(x)
		f.SlopeLargest = max(f.SlopeLargest, f.slopes[i])
	}
	f.Error, f.TrueSlope = rootMeanSquare(errors), rootMeanSquare(truth)
	if surface {
		f.Lines, err = lines(w, f.x, p.Dim, lambda, seed, o)
	}
	return f, err
}

func rootMeanSquare(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return math.Sqrt(sum / float64(len(x)))
}
