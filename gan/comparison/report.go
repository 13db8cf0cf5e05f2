package comparison

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/report"
	"github.com/gradreg/gradreg/stats"
)

// Row is a variant on a data set.
type Row struct {
	Data, Variant string
	Runs          []Result // in the order of seeds, without those that diverged
	Diverged      int
	Missing       int // runs that are not done
}

// Report is what a comparison came to.
type Report struct {
	Spec *Spec
	Rows []Row
}

// NewReport sums up the runs of a spec.
func NewReport(s *Spec, done map[string]Result) (*Report, error) {
	runs, err := s.Runs()
	if err != nil {
		return nil, err
	}
	r := &Report{Spec: s}
	for _, run := range runs {
		i := slices.IndexFunc(r.Rows, func(w Row) bool { return w.Data == run.Data && w.Variant == run.Variant })
		if i < 0 {
			i = len(r.Rows)
			r.Rows = append(r.Rows, Row{Data: run.Data, Variant: run.Variant})
		}
		switch result, ok := run.in(done); {
		case !ok:
			r.Rows[i].Missing++
		case result.Diverged != "":
			r.Rows[i].Diverged++
		default:
			r.Rows[i].Runs = append(r.Rows[i].Runs, result)
		}
	}
	return r, nil
}

// values returns a score of the runs of a row; runs without it are left out.
func (w Row) values(score string) []float64 {
	var out []float64
	for _, r := range w.Runs {
		if v, ok := r.Scores[score]; ok {
			out = append(out, v)
		}
	}
	return out
}

// Tables returns a table for each data set: variants against scores, a mean with its interval by
// Student where there are three runs or more, else each run's value.
func (r *Report) Tables() []report.Table {
	var tables []report.Table
	for _, data := range r.Spec.Data {
		t := report.Table{
			Caption: fmt.Sprintf("%s: %s", path.Base(data), r.Spec.Title),
			Columns: []report.Column{
				{Head: "variant", Wrap: true},
				{Head: "runs", Right: true, Fields: []string{"runs", "diverged"}},
				{Head: "steps", Right: true, Fields: []string{"steps"}},
				{Head: "10¹² multiply-adds", Right: true, Fields: []string{"multiply_adds"}},
				{Head: "seconds", Right: true, Fields: []string{"seconds"}},
			},
			Notes: []string{
				"Means over seeds, with Student's 95 % interval from three runs on; of two runs both values.",
			},
		}
		for _, s := range r.Spec.Scores {
			t.Columns = append(
				t.Columns,
				report.Column{
					Head: strings.ReplaceAll(s, "_", " "), Name: s, Right: true,
					Fields: []string{s, s + " low", s + " high"},
				},
			)
		}
		for _, w := range r.Rows {
			if w.Data == data {
				t.Rows = append(t.Rows, r.cells(w))
			}
		}
		t.Notes = append(t.Notes, r.published(data)...)
		if len(t.Rows) > 0 {
			tables = append(tables, t)
		}
	}
	return tables
}

// published says what others report of the variants of a data set.
func (r *Report) published(data string) []string {
	var notes []string
	for _, v := range r.Spec.Variants {
		if len(v.Published) == 0 || len(v.Data) > 0 && !slices.Contains(v.Data, data) {
			continue
		}
		var parts []string
		for _, s := range r.Spec.Scores {
			if p, ok := v.Published[s]; ok {
				parts = append(parts, fmt.Sprintf("%s %s", strings.ReplaceAll(s, "_", " "), short(p)))
			}
		}
		notes = append(notes, fmt.Sprintf("Published of %s: %s (%s).", v.Name, strings.Join(parts, ", "), v.Source))
	}
	return notes
}

// cells returns the row of a table.
func (r *Report) cells(w Row) []report.Cell {
	count := fmt.Sprint(len(w.Runs))
	if w.Diverged > 0 {
		count += fmt.Sprintf(", %d diverged", w.Diverged)
	}
	if w.Missing > 0 {
		count += fmt.Sprintf(", %d to come", w.Missing)
	}
	cells := []report.Cell{
		{Text: w.Variant},
		{Text: count, Values: []report.Number{report.Num(float64(len(w.Runs))), report.Num(float64(w.Diverged))}},
	}
	mean := func(of func(Result) float64, format string, scale float64) report.Cell {
		if len(w.Runs) == 0 {
			return report.Cell{Text: "–", Values: []report.Number{{}}}
		}
		sum := 0.0
		for _, run := range w.Runs {
			sum += of(run)
		}
		v := sum / float64(len(w.Runs))
		if v == 0 { // nothing was counted
			return report.Cell{Text: "–", Values: []report.Number{{}}}
		}
		return report.Cell{Text: fmt.Sprintf(format, v*scale), Values: []report.Number{report.Num(v)}}
	}
	cells = append(cells,
		mean(func(r Result) float64 { return float64(r.Steps) }, "%.0f", 1),
		mean(func(r Result) float64 { return r.MultiplyAdds }, "%.1f", 1e-12),
		mean(func(r Result) float64 { return r.Seconds }, "%.0f", 1),
	)
	for _, s := range r.Spec.Scores {
		cells = append(cells, scoreCell(w.values(s)))
	}
	return cells
}

// scoreCell shows the values of a score.
func scoreCell(v []float64) report.Cell {
	none := report.Cell{Text: "–", Values: make([]report.Number, 3)}
	switch {
	case len(v) == 0:
		return none
	case len(v) < stats.FewestForInterval:
		var texts []string
		for _, x := range v {
			texts = append(texts, short(x))
		}
		return report.Cell{
			Text: strings.Join(texts, ", "), Values: []report.Number{report.Num(stats.Summarize(v).Mean), {}, {}},
		}
	}
	m := stats.Summarize(v).Mean
	in, err := stats.MeanInterval(v, 0.95)
	if err != nil {
		return none
	}
	return report.Cell{
		Text:   fmt.Sprintf("%s (%s – %s)", short(m), short(in.Low), short(in.High)),
		Values: []report.Number{report.Num(m), report.Num(in.Low), report.Num(in.High)},
	}
}

// short writes a number with three digits that count.
func short(v float64) string {
	switch a := math.Abs(v); {
	case a >= 100:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	case a >= 1 || v == 0:
		return fmt.Sprintf("%.2f", v)
	case a < 0.001:
		return fmt.Sprintf("%.1e", v)
	}
	return fmt.Sprintf("%.3f", v)
}

// Write writes the tables as tables.md and table-1.csv and so on into the folder, and trajectories as
// figures.
func (r *Report) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	var md bytes.Buffer
	for i, t := range r.Tables() {
		if err := t.Write(&md, "markdown"); err != nil {
			return err
		}
		md.WriteString("\n")
		var csv bytes.Buffer
		if err := t.Write(&csv, "csv"); err != nil {
			return err
		}
		if err := atomicfile.WriteBytes(filepath.Join(dir, fmt.Sprintf("table-%d.csv", i+1)), csv.Bytes()); err != nil {
			return err
		}
	}
	if err := atomicfile.WriteBytes(filepath.Join(dir, "tables.md"), md.Bytes()); err != nil {
		return err
	}
	const perFigure = 4 // panels side by side that a page has room for
	n := 0
	for panels := range slices.Chunk(r.trajectories(), perFigure) {
		n++
		if err := report.WritePanels(filepath.Join(dir, fmt.Sprintf("trajectories-%d.svg", n)), panels); err != nil {
			return err
		}
	}
	return nil
}

// trajectories draws the curves of runs that have some.
func (r *Report) trajectories() []report.Panel {
	var panels []report.Panel
	for _, w := range r.Rows {
		if len(w.Runs) == 0 || w.Runs[0].Curve == nil {
			continue
		}
		p := report.Panel{Title: w.Variant, X: "θ", Y: "ψ"}
		s := report.Series{Name: "from (1, 1)"}
		for _, at := range w.Runs[0].Curve {
			s.Add(at[0], at[1])
		}
		p.Series = append(p.Series, s)
		panels = append(panels, p)
	}
	return panels
}
