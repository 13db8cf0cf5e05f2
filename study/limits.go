package study

import (
	"fmt"
	"slices"
)

// What a study may be at most. All of its runs are held in memory, and looked at every two seconds.
const (
	mostSeeds    = 10000
	mostTrials   = 10000
	mostRuns     = 50000
	mostAttempts = 1000
	mostRounds   = 100    // each keeps half of the trials or fewer, so that after 14 one is left
	longestName  = 64     // of a queue of River
	runsFolder   = "runs" // beside the studies' folders
)

// validateExtent bounds the number of runs: those of tuning as if all cells had some, for a cell
// may turn out to. It counts cells without making them.
func (s *Spec) validateExtent() error {
	each := s.Seeds
	if s.Tuning != nil && s.tunes() {
		for i := range s.Tuning.Rounds {
			if each += s.Tuning.runs(i); each > mostRuns {
				break
			}
		}
	}
	runs := 0
	for _, t := range s.Settings {
		cells := 1
		for _, n := range []int{
			count(s.Data, func(d string) bool { return len(t.Data) == 0 || slices.Contains(t.Data, d) }),
			count(s.TrainSizes, func(n int) bool { return len(t.TrainSizes) == 0 || slices.Contains(t.TrainSizes, n) }),
			count(
				s.Methods,
				func(m Method) bool { return len(m.Settings) == 0 || slices.Contains(m.Settings, t.Name) },
			),
		} {
			cells = min(cells*n, mostRuns+1)
		}
		if runs += cells * min(each, mostRuns+1); runs > mostRuns {
			return fmt.Errorf("the study has more than %d runs, expected fewer seeds, trials or cells", mostRuns)
		}
	}
	return nil
}

// tunes reports whether a parameter of the study may be open.
func (s *Spec) tunes() bool {
	open := func(all map[string]Parameter) bool {
		for _, p := range all {
			if p.free() {
				return true
			}
		}
		return false
	}
	return open(s.Parameters) ||
		slices.ContainsFunc(s.Settings, func(t Setting) bool { return open(t.Parameters) }) ||
		slices.ContainsFunc(s.Methods, func(m Method) bool { return open(m.Parameters) })
}

func count[T any](list []T, holds func(T) bool) int {
	n := 0
	for _, e := range list {
		if holds(e) {
			n++
		}
	}
	return n
}
