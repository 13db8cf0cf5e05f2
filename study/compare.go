package study

import (
	"cmp"
	"slices"

	"github.com/gradreg/gradreg/task"
)

// Comparison is how a run that was trained again stands to what is recorded of it.
type Comparison struct {
	Differs []string `json:"differs,omitempty"`      // scores that are others
	Lacks   []string `json:"not_recorded,omitempty"` // scores of which nothing is recorded
}

// Equal reports whether everything is recorded and the same.
func (c Comparison) Equal() bool { return len(c.Differs) == 0 && len(c.Lacks) == 0 }

// Compare compares a run that was trained again with what is recorded of it, to the last bit: all
// scores and the learning curve. The program's first versions recorded the accuracy alone; the
// names are those in the records.
func (r Result) Compare(recorded Result) Comparison {
	var c Comparison
	compare := func(name string, same, lacks bool) {
		switch {
		case same:
		case lacks:
			c.Lacks = append(c.Lacks, name)
		default:
			c.Differs = append(c.Differs, name)
		}
	}
	compare("diverged", (r.Diverged == "") == (recorded.Diverged == ""), false)
	compare("accuracy", r.Accuracy == recorded.Accuracy, false)
	compare("nll", r.NLL == recorded.NLL, recorded.NLL == 0)
	compare("images", r.Images == recorded.Images, recorded.Images == 0)
	compare("calibrated_nll", r.Calibrated == recorded.Calibrated, recorded.Calibrated == 0)
	compare("ece", r.ECE == recorded.ECE, recorded.ECE == 0)
	compare("metrics", equal(r.Metrics, recorded.Metrics), false)
	compare("quality_curve", slices.Equal(r.QualityCurve, recorded.QualityCurve), len(recorded.QualityCurve) == 0)
	compare("curve", slices.Equal(r.Curve, recorded.Curve), len(recorded.Curve) == 0)
	return c
}

// equal reports whether metrics are the same, or there are none of both.
func equal(a, b *task.Metrics) bool { return a == b || a != nil && b != nil && *a == *b }

// Builds returns the commits of the program that runs were made by, those of most runs first, and
// how many runs record none.
func Builds(runs []Result) (commits []string, without int) {
	count := map[string]int{}
	for _, r := range runs {
		if r.Commit == "" {
			without++
			continue
		}
		if count[r.Commit]++; count[r.Commit] == 1 {
			commits = append(commits, r.Commit)
		}
	}
	slices.SortFunc(
		commits,
		func(a, b string) int { return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b)) },
	)
	return commits, without
}
