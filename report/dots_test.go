package report_test

import (
	"math"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/report"
)

// TestDotPlots: rows, notes, series and titles stand in the figure; a row without a value of a series
// has no dot of it, and one that no axis can show is refused.
func TestDotPlots(t *testing.T) {
	d := report.DotPlots{
		Value: report.Axis{Label: "share", Percent: true}, Series: []string{"ours", "theirs"}, Text: "What it shows.",
		Panels: []report.DotPanel{
			{Title: "one", Mark: 1, Rows: []report.DotRow{{"a", []float64{0.5, 0.25}, "2.0 ×"}, {"b", []float64{1.5, math.NaN()}, ""}}},
			{Title: "two", Rows: []report.DotRow{{"c", []float64{math.NaN(), math.NaN()}, "none"}}},
			{Title: "empty"},
		},
	}
	svg, err := report.SVG(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">ours<", ">theirs<", ">one<", ">two<", ">empty<", ">a<", ">b<", ">c<", ">2.0 ×<", ">share, %<", ">150<"} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(string(svg), ">none<") {
		t.Error("a row without values has a note")
	}
	if d.Caption() != "What it shows." {
		t.Error(d.Caption())
	}
	for what, values := range map[string][]float64{"infinite": {math.Inf(1), 1}, "too few": {1}} {
		d.Panels[0].Rows[0].Values = values
		if _, err := report.SVG(d); err == nil || !strings.Contains(err.Error(), "one: a: ") {
			t.Errorf("%s: %v", what, err)
		}
	}
}
