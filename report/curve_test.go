package report_test

import (
	"encoding/xml"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/report"
)

// TestWriteCurve checks that curves of any content make a well-formed picture that names their series.
func TestWriteCurve(t *testing.T) {
	line := func(name string, y ...float64) report.Series {
		s := report.Series{Name: name}
		for i, v := range y {
			s.Add(float64(100*i), v)
		}
		return s
	}
	for name, c := range map[string]report.Curve{
		"empty":        {Title: "nothing"},
		"usual":        {Losses: []report.Series{line("loss", 2, 1, 0.5), line("datagrad", 0.1, 0, 1e-9)}, Axis: report.Axis{Label: "dev accuracy", Percent: true}, Score: line("dev accuracy", 0.5, 0.9)},
		"zeros":        {Losses: []report.Series{line("loss", 0, 0)}},
		"one point":    {Losses: []report.Series{line("loss", 1)}, Axis: report.Axis{Label: "dev accuracy", Percent: true}, Score: line("dev accuracy", 0.5)},
		"huge":         {Losses: []report.Series{line("loss", 1e308, math.MaxFloat64, 5e-324)}, Axis: report.Axis{Label: "dev accuracy", Percent: true}, Score: line("dev accuracy", -1e308, 1e308)},
		"not a number": {Losses: []report.Series{line("loss", math.NaN(), math.Inf(1), 3)}},
	} {
		path := filepath.Join(t.TempDir(), "curve.svg")
		if err := report.WriteCurve(path, c); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if name == "usual" && (!strings.Contains(string(data), ">datagrad<") || !strings.Contains(string(data), ">dev accuracy<")) {
			t.Errorf("%s: a series is missing", name)
		}
		if strings.Contains(string(data), "dev accuracy") != (len(c.Score.Y) > 0) {
			t.Errorf("%s: a panel for a dev accuracy that nobody measured, or none for one", name)
		}
		d := xml.NewDecoder(strings.NewReader(string(data)))
		for {
			if _, err := d.Token(); err == io.EOF {
				break
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
				break
			}
		}
	}
}

// TestOnePoint checks that a series of a single point can be seen: a line needs two.
func TestOnePoint(t *testing.T) {
	ink := func(points int) int {
		path := filepath.Join(t.TempDir(), "curve.svg")
		var c report.Curve
		for _, name := range []string{"loss", "λ·R of datagrad"} {
			s := report.Series{Name: name}
			for i := range points {
				s.Add(60, 0.5+float64(i))
			}
			c.Losses = append(c.Losses, s)
		}
		if err := report.WriteCurve(path, c); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(data), "A") // arcs of dots
	}
	if one, none := ink(1), ink(0); one <= none {
		t.Errorf("a point draws %d arcs, nothing %d", one, none)
	}
}
