package study

import (
	"fmt"
	"math"
	"slices"

	"github.com/goccy/go-yaml"
)

// What a study may be at most. All of its runs are held in memory, and looked at every two seconds.
const (
	mostSeeds    = 10000
	mostTrials   = 10000
	mostRuns     = 50000
	mostAttempts = 1000
	longestName  = 64     // of a queue of River
	runsFolder   = "runs" // beside the studies' folders
)

// validateExtent bounds the number of runs: those of tuning as if all cells had some, for a cell may turn out to. It counts
// cells without making them.
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
			count(s.Methods, func(m Method) bool { return len(m.Settings) == 0 || slices.Contains(m.Settings, t.Name) }),
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

// validateWhole returns the first count that is no whole number: the decoder cuts 4.5 to 4.
func validateWhole(text []byte) error {
	var s struct {
		Seeds, Attempts, Curves any
		TrainSizes              []any `yaml:"train_sizes"`
		Settings                []struct {
			TrainSizes []any `yaml:"train_sizes"`
		}
		Tuning *struct{ Trials, Keep, Seeds any }
	}
	if yaml.Unmarshal(text, &s) != nil {
		return nil // which Read has said
	}
	whole := func(name string, values ...any) error {
		for _, v := range values {
			if f, ok := v.(float64); ok && f != math.Trunc(f) {
				return fmt.Errorf("%s is %v, expected a whole number", name, v)
			}
		}
		return nil
	}
	checks := []error{whole("seeds", s.Seeds), whole("attempts", s.Attempts), whole("curves", s.Curves), whole("train_sizes", s.TrainSizes...)}
	for _, t := range s.Settings {
		checks = append(checks, whole("settings: train_sizes", t.TrainSizes...))
	}
	if t := s.Tuning; t != nil {
		checks = append(checks, whole("tuning: trials", t.Trials), whole("tuning: keep", t.Keep), whole("tuning: seeds", t.Seeds))
	}
	for _, err := range checks {
		if err != nil {
			return err
		}
	}
	return nil
}
