package cli

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/gan/features"
	"github.com/gradreg/gradreg/gan/score"
)

// TestFlatScores: every score that there is can be a column of a study, so that a name which is not
// refused before the runs has numbers after them.
func TestFlatScores(t *testing.T) {
	matrix := func(n, d int, value func(i, k int) float32) score.Matrix {
		m := score.Matrix{N: n, D: d}
		for i := range n {
			for k := range d {
				m.Values = append(m.Values, value(i, k))
			}
		}
		return m
	}
	cloud := func(shift float32) score.Matrix {
		return matrix(60, 2, func(i, k int) float32 { return shift + float32((i+7*k)*(i+3)%31)/31 })
	}
	classes := matrix(60, 2, func(i, k int) float32 { return []float32{0.25, 0.75}[(i+k)%2] })
	report, err := score.Measure(score.Sets{
		Features: "features", Real: cloud(0), Other: cloud(0.1), Generated: cloud(0.2),
		Classifier: "classifier", GeneratedClasses: classes, OtherClasses: classes, Shares: []float64{0.5, 0.5},
	}, score.Options{Kernel: score.KernelOptions{Size: 20}})
	if err != nil {
		t.Fatal(err)
	}
	flat := flatScores(features.Scores{
		Reports: []score.Report{report}, Copying: &features.Copying{}, Modes: &score.ModeScore{},
		Gaussians: &score.GaussianScore{},
	})
	maps.DeleteFunc(flat, func(name string, _ float64) bool { return strings.HasSuffix(name, " of real") })
	got, want := slices.Sorted(maps.Keys(flat)), slices.Sorted(slices.Values(score.Keys()))
	if !slices.Equal(got, want) {
		t.Errorf("flat scores are %v, expected %v", got, want)
	}
}
