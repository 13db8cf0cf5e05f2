package report_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/report"
	"github.com/gradreg/gradreg/stats"
)

// tickNumbers returns the numbers that stand in an SVG picture as whole texts: those of the axes.
func tickNumbers(svg []byte) (list []float64) {
	for _, m := range regexp.MustCompile(`>\s*([−-]?\d+(?:\.\d+)?)\s*</text>`).FindAllSubmatch(svg, -1) {
		if v, err := strconv.ParseFloat(string(bytes.Replace(m[1], []byte("−"), []byte("-"), 1)), 64); err == nil {
			list = append(list, v)
		}
	}
	return list
}

// extremes are accuracies of few runs, of runs that are all alike, and of some whose intervals
// reach beyond 0 and 1.
var extremes = map[string][][]float64{
	"two far apart":     {{0.2, 0.9}, {0.5, 0.99}},
	"three at the top":  {{0.9, 1, 1}, {0.97, 0.7, 1}},
	"three at the base": {{0, 0.1, 0}, {0, 0.3, 0.02}},
	"all right":         {{1, 1, 1, 1}, {1, 1, 1, 1}},
	"all wrong":         {{0}, {0}},
	"all alike":         {{0.5, 0.5}, {0.5, 0.5}},
	"ten":               {around(0.97, 0.01, 10, 0), around(0.98, 0.01, 10, 1)},
}

// accuracyFigures returns figures of accuracies of two methods.
func accuracyFigures(runs [][]float64) map[string]report.Figure {
	axis := report.Axis{Label: "accuracy", Percent: true}
	step := report.Axis{Label: "step"}
	boxes := report.Boxes{Title: "t", Value: axis}
	bars := report.ErrorBars{Title: "t", X: step, Y: axis}
	bands, ranges := report.Bands{Title: "t", X: step, Y: axis}, report.Bands{Title: "t", X: step, Y: axis, Spread: report.SpreadRange}
	lines := report.Lines{Title: "t", X: step, Y: axis}
	for i, values := range runs {
		name := fmt.Sprintf("method %d", i)
		boxes.Groups = append(boxes.Groups, report.BoxGroup{Name: name, Values: values})
		bars.Series = append(bars.Series, report.BarSeries{Name: name, Points: []report.BarPoint{{X: 10, Values: values}, {X: 20, Values: values}}})
		curves := report.BandSeries{Name: name, X: []float64{10, 20}}
		for _, v := range values {
			curves.Runs = append(curves.Runs, []float64{v, v})
		}
		bands.Series, ranges.Series = append(bands.Series, curves), append(ranges.Series, curves)
		lines.Series = append(lines.Series, report.LineSeries{Name: name, X: []float64{10, 20}, Y: []float64{values[0], values[0]}})
	}
	return map[string]report.Figure{
		"boxes": boxes, "bars": bars, "bands": bands, "ranges": ranges, "lines": report.Sheet{Text: "t", Rows: [][]report.SheetPlot{{lines}}},
	}
}

// TestAccuracyAxes checks that no axis of accuracies has a mark outside of 0 to 100 %, whatever the
// runs are.
func TestAccuracyAxes(t *testing.T) {
	for kind, runs := range extremes {
		for name, f := range accuracyFigures(runs) {
			svg, err := report.SVG(f)
			if err != nil {
				t.Errorf("%s, %s: %v", name, kind, err)
				continue
			}
			if *pictures != "" {
				if err := os.WriteFile(filepath.Join(*pictures, name+" "+kind+".svg"), svg, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			numbers := tickNumbers(svg)
			if len(numbers) < 4 {
				t.Errorf("%s, %s: %d numbers at the axes", name, kind, len(numbers))
			}
			for _, v := range numbers {
				if v < 0 || v > 100 || math.IsNaN(v) {
					t.Errorf("%s, %s: %v at an axis", name, kind, v)
				}
			}
		}
	}
	path := filepath.Join(t.TempDir(), "curve.svg")
	for _, accuracy := range []float64{0, 0.5, 1} {
		y := []float64{accuracy, accuracy}
		if err := report.WriteCurve(path, report.Curve{Losses: []report.Series{{Name: "loss", X: []float64{1, 2}, Y: []float64{1, 2}}}, Axis: report.Axis{Label: "dev accuracy", Percent: true}, Score: report.Series{X: []float64{1, 2}, Y: y}}); err != nil {
			t.Fatal(err)
		}
		svg, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, below, _ := strings.Cut(string(svg), "dev accuracy")
		for _, v := range tickNumbers([]byte(below)) {
			if v < 0 || v > 100 {
				t.Errorf("%v at the axis of an accuracy of %v", v, accuracy)
			}
		}
	}
}

// TestIntervalCaptions checks that captions name intervals where there are some, and say which have
// none or are cut.
func TestIntervalCaptions(t *testing.T) {
	const interval, few, arrows, cut = "95 % Student t interval", "Fewer than 3 runs have no interval.", "An arrow: the interval", "Intervals are cut"
	for kind, want := range map[string][4]bool{
		"two far apart": {false, true}, "all wrong": {false, true}, "three at the top": {true, false, true, true}, "three at the base": {true, false, true, true}, "ten": {true},
	} {
		for name, f := range accuracyFigures(extremes[kind]) {
			if name == "ranges" || name == "lines" {
				continue
			}
			w := [4]bool{want[0], want[1], want[2] && name != "bands", want[3] && name == "bands"}
			for i, text := range []string{interval, few, arrows, cut} {
				if strings.Contains(f.Caption(), text) != w[i] {
					t.Errorf("%s, %s: the caption is %q, %q in it: expected %t", name, kind, f.Caption(), text, w[i])
				}
			}
		}
	}
}

// TestLeastPNote checks that a table says how small its p values can be at most, for every number
// of pairs.
func TestLeastPNote(t *testing.T) {
	runs := func(n int, shift float64) (list []stats.Observation) {
		for i := range n {
			list = append(list, stats.Observation{Seed: uint64(i), Value: 0.5 + shift + 0.01*float64(i%3)})
		}
		return list
	}
	note := func(sizes ...int) string {
		groups := []stats.Group{{Name: "none", Runs: runs(20, 0)}}
		for i, n := range sizes {
			groups = append(groups, stats.Group{Name: fmt.Sprint(i), Runs: runs(n, 0.1)})
		}
		list, err := stats.Compare(groups, "none", stats.Options{Fractions: true})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(report.ComparisonTable(list, report.ComparisonOptions{Value: "test_accuracy", Percent: true}).Notes, "\n")
	}
	for _, c := range []struct {
		sizes []int
		want  string
	}{
		{[]int{10, 10}, "The least p that 10 pairs can give is 0.0020, after the correction 0.0039.\n"},
		{[]int{5}, "The least p that 5 pairs can give is 0.062. With 5 of them no difference, however large, comes to p ≤ 0.05."},
		{[]int{6, 6}, "after the correction 0.062. With 6 of them no difference"},
		{[]int{2, 8}, "The least p that 2 pairs can give is 0.50, after the correction 1.00; that 8 pairs can give is 0.0078, after the correction 0.016. With 2 of them no"},
		{[]int{1}, "The least p that 1 pair can give is 1.00."},
	} {
		if got := note(c.sizes...) + "\n"; !strings.Contains(got, c.want) {
			t.Errorf("%v pairs: %q, expected %q", c.sizes, got, c.want)
		}
	}
	if got := note(); strings.Contains(got, "least p") {
		t.Errorf("of no comparison: %q", got)
	}
}
