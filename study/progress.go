package study

import (
	"cmp"
	"math"
	"slices"

	"github.com/gradreg/gradreg/task"
	"github.com/gradreg/gradreg/tune"
)

// Study is a study whose data are known. Its specification and identity stay as they are once it
// has been asked anything; it is used by one goroutine at a time.
type Study struct {
	Spec
	Identity Identity
	runs     map[runID]Run // that were asked for
}

// Results are finished runs by their key.
type Results map[string]Result

// Progress is where a study stands.
type Progress struct {
	Cells []CellProgress
}

// CellProgress is where a cell stands.
type CellProgress struct {
	Cell
	Rounds []Round // of tuning, as far as they are known; none where nothing is open
	Values Values  // of the final runs; nil as long as tuning goes on
	Final  []Run   // the final runs, by seed
	Space  []string
}

// Round is a round of tuning.
type Round struct {
	Trials []Trial
	Done   bool
}

// Trial is some values and what they came to in a round.
type Trial struct {
	Number int
	Values Values
	Runs   []Run // by seed
	// Of finished trials the means over the runs: of the quality, for classes the accuracy, and of
	// what decides where that is equal, the calibrated NLL of classes or the loss of another task.
	// The quality is infinite if a run diverged.
	Quality, Loss float64
}

// Progress returns where the study stands with some results: a pure function of them.
func (s *Study) Progress(results Results) (Progress, error) {
	var p Progress
	for _, c := range s.Cells() {
		cell, err := s.cell(c, results)
		if err != nil {
			return p, err
		}
		p.Cells = append(p.Cells, cell)
	}
	return p, nil
}

// Runs returns every run that is known to be needed, each once, in the order of importance.
func (p Progress) Runs() []Run {
	var runs []Run
	seen := map[string]bool{}
	add := func(list []Run) {
		for _, r := range list {
			if !seen[r.Key] {
				seen[r.Key] = true
				runs = append(runs, r)
			}
		}
	}
	for _, c := range p.Cells {
		for _, round := range c.Rounds {
			for _, t := range round.Trials {
				add(t.Runs)
			}
		}
	}
	// By seed before by cell: whoever looks at an unfinished study sees all its cells.
	for i := 0; ; i++ {
		any := false
		for _, c := range p.Cells {
			if i < len(c.Final) {
				add(c.Final[i : i+1])
				any = true
			}
		}
		if !any {
			return runs
		}
	}
}

// places returns how many places of cells, rounds and seeds have a result. Those with the same run
// share it.
func (p Progress) places(results Results) int {
	n := 0
	count := func(list []Run) {
		for _, r := range list {
			if _, ok := results[r.Key]; ok {
				n++
			}
		}
	}
	for _, c := range p.Cells {
		for _, round := range c.Rounds {
			for _, t := range round.Trials {
				count(t.Runs)
			}
		}
		count(c.Final)
	}
	return n
}

// width returns the number of trials in a round.
func (t *Tuning) width(round int) int {
	n := t.Trials
	for range round {
		n = (n + t.Keep - 1) / t.Keep
	}
	return n
}

// runs returns the number of runs in a round.
func (t *Tuning) runs(round int) int { return t.width(round) * t.Seeds }

// cell returns where a cell stands.
func (s *Study) cell(c Cell, results Results) (CellProgress, error) {
	out := CellProgress{Cell: c}
	space, err := s.space(c)
	if err != nil {
		return out, err
	}
	out.Space = space.free
	chosen := 0 // number of the trial whose values the final runs have
	if len(space.free) == 0 {
		out.Values = space.draws()[0]
	} else if chosen, err = s.tune(&out, space, results); err != nil {
		return out, err
	}
	if out.Values == nil {
		return out, nil
	}
	for seed := 1; seed <= s.Seeds; seed++ {
		r, err := s.run(Run{Cell: c, Trial: -1, Values: out.Values}, chosen, uint64(seed))
		if err != nil {
			return out, err
		}
		out.Final = append(out.Final, r)
	}
	return out, nil
}

// tune follows the rounds of tuning as far as the results go, and sets Values at their end to those
// of the trial that it returns.
func (s *Study) tune(out *CellProgress, space space, results Results) (chosen int, err error) {
	var left []Trial
	for n, values := range space.draws() {
		left = append(left, Trial{Number: n, Values: values})
	}
	q := s.Identity.quality()
	for i := range s.Tuning.Rounds {
		round := Round{Done: true}
		for _, t := range left {
			t.Runs = nil
			var quality, loss float64
			for seed := 1; seed <= s.Tuning.Seeds; seed++ {
				r, err := s.run(
					Run{Cell: out.Cell, Trial: t.Number, Round: i, Values: t.Values}, t.Number,
					uint64(seed),
				)
				if err != nil {
					return 0, err
				}
				t.Runs = append(t.Runs, r)
				result, ok := results[r.Key]
				round.Done = round.Done && ok
				quality += result.score(q) / float64(s.Tuning.Seeds)
				loss += result.loss() / float64(s.Tuning.Seeds)
			}
			t.Quality, t.Loss = quality, loss
			round.Trials = append(round.Trials, t)
		}
		out.Rounds = append(out.Rounds, round)
		if !round.Done {
			return 0, nil
		}
		kept := 1 // of the last round, whose trials no keep divides further
		if i+1 < len(s.Tuning.Rounds) {
			kept = s.Tuning.width(i + 1)
		}
		left = best(round.Trials, kept, q)
	}
	if math.IsInf(left[0].Quality, 0) {
		return 0, nil // everything diverged: there is nothing to run
	}
	out.Values = left[0].Values
	return left[0].Number, nil
}

// best returns the n best trials: by quality, then by loss, then by number.
func best(trials []Trial, n int, q task.Quality) []Trial {
	order := slices.Clone(trials)
	slices.SortStableFunc(order, func(a, b Trial) int {
		return cmp.Or(
			q.Compare(a.Quality, b.Quality), cmp.Compare(a.Loss, b.Loss),
			cmp.Compare(a.Number, b.Number),
		)
	})
	return order[:min(max(n, 1), len(order))]
}

// runID is what a run of a study follows from: of a final run, trial is the one whose values it
// has.
type runID struct {
	cell         Cell
	trial, round int
	final        bool
	seed         uint64
}

// run completes a run of a cell, trial, round and values by its configuration and key. It remembers
// them, for writing and hashing configurations is most of what Progress costs, and Progress is
// asked again after every result.
func (s *Study) run(r Run, trial int, seed uint64) (Run, error) {
	id := runID{r.Cell, trial, r.Round, r.Final(), seed}
	if known, ok := s.runs[id]; ok {
		return known, nil
	}
	var err error
	if r.Config, err = s.config(r.Cell, r.Values, seed); err != nil {
		return r, err
	}
	if !r.Final() {
		r.Config = tune.Shortened(r.Config, s.Tuning.Rounds[r.Round])
		r.Config.EvalEvery = 0
	}
	if r.Key, err = Key(r.Config, r.Final(), s.Identity); err != nil {
		return r, err
	}
	if s.runs == nil {
		s.runs = map[runID]Run{}
	}
	s.runs[id] = r
	return r, nil
}
