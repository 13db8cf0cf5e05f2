package stats

import (
	"fmt"
	"slices"
)

// Observation is the result of one run.
type Observation struct {
	Seed  uint64  `json:"seed"`
	Value float64 `json:"value"`
}

// Group is the runs of one method.
type Group struct {
	Name string        `json:"name"`
	Runs []Observation `json:"runs"`
}

// Values returns the results in the order of the runs.
func (g Group) Values() []float64 {
	out := make([]float64, len(g.Runs))
	for i, r := range g.Runs {
		out[i] = r.Value
	}
	return out
}

// Options are how groups are compared. The zero value works.
type Options struct {
	Level      float64 // of intervals; 0.95 if 0
	Resampling Resampling
	// Fractions says that the values lie from 0 to 1, so that no interval reaches beyond: of
	// differences from −1 to 1.
	Fractions bool
}

func (o Options) level() float64 {
	if o.Level == 0 {
		return 0.95
	}
	return o.Level
}

// Comparison is a method beside a baseline.
type Comparison struct {
	Name    string  `json:"name"`
	Summary Summary `json:"summary"`
	// Interval is Student's interval of the method's own mean, nil for fewer than
	// [FewestForInterval] runs.
	Interval *Interval `json:"interval,omitempty"`
	// Paired is nil for the baseline itself, and where no seed is in both.
	Paired *Paired `json:"paired,omitempty"`
}

// Paired describes the differences method − baseline of runs with the same seed.
type Paired struct {
	Difference Summary `json:"difference"`
	// Interval is a bootstrap interval of the mean difference, Student's for three to seven pairs,
	// nil for fewer.
	Interval *Interval `json:"interval,omitempty"`
	// P is the p value of the sign-flip test, Corrected that after Holm's correction over the
	// table's comparisons.
	P         float64 `json:"p"`
	Corrected float64 `json:"p_holm"`
	// Least is the least P that so many pairs can give, see [LeastP].
	Least float64 `json:"p_least"`
}

// FewestForInterval is the least number of runs whose mean is given an interval. Student's interval
// of two is 18 standard errors long: it says nothing of their mean, and in a figure hides what
// others say.
const FewestForInterval = 3

// Compare describes every group, in their order, beside the baseline, which is one of them. Groups
// may have other seeds than the baseline: the pairs are the seeds of both. An error if there is no
// such baseline, a name or a group's seed stands twice, or a result is not finite.
func Compare(groups []Group, baseline string, o Options) ([]Comparison, error) {
	at := slices.IndexFunc(groups, func(g Group) bool { return g.Name == baseline })
	if at < 0 {
		return nil, fmt.Errorf("found no group %q, expected the baseline among the groups", baseline)
	}
	out := make([]Comparison, len(groups))
	var p []float64
	var tested []int
	names := map[string]bool{}
	for i, g := range groups {
		if names[g.Name] {
			return nil, fmt.Errorf("group %q stands twice", g.Name)
		}
		names[g.Name] = true
		c, err := describe(g, o)
		if err != nil {
			return nil, fmt.Errorf("group %q: %w", g.Name, err)
		}
		if d, err := Differences(g, groups[at]); err != nil {
			return nil, err
		} else if i != at && len(d) > 0 {
			if c.Paired, err = paired(d, o); err != nil {
				return nil, fmt.Errorf("group %q: %w", g.Name, err)
			}
			p, tested = append(p, c.Paired.P), append(tested, i)
		}
		out[i] = c
	}
	for k, corrected := range Holm(p) {
		out[tested[k]].Paired.Corrected = corrected
	}
	return out, nil
}

// describe summarizes a group by itself.
func describe(g Group, o Options) (Comparison, error) {
	x := g.Values()
	c := Comparison{Name: g.Name, Summary: Summarize(x)}
	if err := checkFinite(x); err != nil || len(x) < FewestForInterval {
		return c, err
	}
	interval, err := MeanInterval(x, o.level())
	if o.Fractions {
		interval = interval.Within(0, 1)
	}
	c.Interval = &interval
	return c, err
}

// paired describes differences, of which there is at least one.
func paired(d []float64, o Options) (*Paired, error) {
	out := &Paired{Difference: Summarize(d), Least: LeastP(len(d), o.Resampling)}
	var err error
	if out.P, err = SignFlip(d, o.Resampling); err != nil {
		return nil, err
	}
	if len(d) < FewestForInterval {
		return out, nil
	}
	interval, err := differenceInterval(d, o)
	if o.Fractions {
		interval = interval.Within(-1, 1)
	}
	out.Interval = &interval
	return out, err
}

// fewestResampled is the least number of pairs with enough different resamples for a bootstrap
// interval. Of normal values it holds the mean never with two and 83 times of 100 with three; with
// four it is five times as long as Student's on the average, with five 1.5 times and now and then
// twenty times, with eight 1.1 times.
const fewestResampled = 8

func differenceInterval(d []float64, o Options) (Interval, error) {
	if len(d) < fewestResampled {
		return MeanInterval(d, o.level())
	}
	return Bootstrap(d, o.level(), o.Resampling)
}

// Differences returns a − b for every seed that is in both, in the order of a. An error if a seed
// stands twice in one.
func Differences(a, b Group) ([]float64, error) {
	values, err := bySeed(b)
	if err != nil {
		return nil, err
	}
	if _, err := bySeed(a); err != nil {
		return nil, err
	}
	var d []float64
	for _, r := range a.Runs {
		if v, ok := values[r.Seed]; ok {
			d = append(d, r.Value-v)
		}
	}
	return d, nil
}

func bySeed(g Group) (map[uint64]float64, error) {
	values := map[uint64]float64{}
	for _, r := range g.Runs {
		if _, ok := values[r.Seed]; ok {
			return nil, fmt.Errorf("group %q: seed %d stands twice", g.Name, r.Seed)
		}
		values[r.Seed] = r.Value
	}
	return values, nil
}
