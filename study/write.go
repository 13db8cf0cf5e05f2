package study

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/report"
)

// The files of a report's folder, beside its tables and figures.
const (
	PageFile    = "report.html"
	ResultsFile = "results.json"
	SpecFile    = "study.yaml"
	RunsFile    = "runs.jsonl"
)

// Write writes the report to a folder, which is made if need be: study.yaml and runs.jsonl, from which the rest follows;
// results.json, each table as tables.txt, .md, .csv and .tex, each figure as SVG and PNG, and report.html with everything.
func (r *Report) Write(dir string, from Origin) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	r.Origin = &from
	if err := r.writeSources(dir); err != nil {
		return err
	}
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(filepath.Join(dir, ResultsFile), append(data, '\n')); err != nil {
		return err
	}
	if err := r.writeTables(dir); err != nil {
		return err
	}
	figures := r.Figures()
	for _, f := range figures {
		if err := report.WriteFigures(filepath.Join(dir, f.Name), f.Figure); err != nil {
			return err
		}
	}
	return report.WritePage(filepath.Join(dir, PageFile), r.page(figures))
}

// writeSources writes what the report follows from.
func (r *Report) writeSources(dir string) error {
	text, err := yaml.Marshal(r.spec)
	if err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(filepath.Join(dir, SpecFile), text); err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, RunsFile), func(w io.Writer) error { return WriteRuns(w, r.finished) })
}

// writeTables writes the tables in every form.
func (r *Report) writeTables(dir string) error {
	for format, name := range tableFiles {
		text, err := r.tables(format)
		if err != nil {
			return err
		}
		if err := atomicfile.WriteBytes(filepath.Join(dir, name), text); err != nil {
			return err
		}
	}
	return nil
}

// tableFiles are the names of the tables' files by format.
var tableFiles = map[string]string{"text": "tables.txt", "markdown": "tables.md", "csv": "tables.csv", "latex": "tables.tex"}

// NamedFigure is a figure with the name of its files.
type NamedFigure struct {
	Name string
	report.Figure
}

// Figures returns the report's figures: a box plot for each block, means over the train sizes where there are several, and
// learning curves where they were collected.
func (r *Report) Figures() []NamedFigure {
	var list []NamedFigure
	accuracy := report.Axis{Label: "test accuracy", Percent: true}
	sizes := map[int]bool{}
	for _, b := range r.Blocks {
		sizes[b.TrainSize] = true
	}
	if len(sizes) > 1 {
		list = r.sizeFigures(accuracy)
	}
	for i, b := range r.Blocks {
		boxes := report.Boxes{Title: b.title(), Value: accuracy}
		for _, c := range r.Cells {
			if !b.holds(c.Cell) {
				continue
			}
			g := report.BoxGroup{Name: c.Method, Method: c.Method, Values: c.accuracies()}
			if v, ok := b.Published[c.Method]; ok {
				g.Published = &v
			}
			if len(g.Values) > 0 {
				boxes.Groups = append(boxes.Groups, g)
			}
		}
		if len(boxes.Groups) > 0 {
			list = append(list, NamedFigure{"boxes-" + strconv.Itoa(i+1), boxes})
		}
		if f := r.bands(b); len(f.Series) > 0 {
			list = append(list, NamedFigure{"curves-" + strconv.Itoa(i+1), f})
		}
	}
	return list
}

// accuracies returns the test accuracies of the runs that did not diverge.
func (c CellReport) accuracies() []float64 {
	var list []float64
	for _, run := range c.ended() {
		list = append(list, run.TestAccuracy)
	}
	return list
}

// sizeFigures show the means over the train sizes, one for each data set and setting.
func (r *Report) sizeFigures(accuracy report.Axis) []NamedFigure {
	var list []NamedFigure
	var done []string
	for _, b := range r.Blocks {
		title := filepath.Base(b.Data)
		if b.Setting != "" {
			title += ", " + b.Setting
		}
		if slices.Contains(done, title) {
			continue
		}
		done = append(done, title)
		f := report.ErrorBars{Title: title, X: report.Axis{Label: "training images", Log: true}, Y: accuracy}
		for _, m := range r.methods() {
			s := report.BarSeries{Name: m, Method: m}
			for _, c := range r.Cells {
				if values := c.accuracies(); c.Data == b.Data && c.Setting == b.Setting && c.Method == m && c.TrainSize > 0 && len(values) > 0 {
					s.Points = append(s.Points, report.BarPoint{X: float64(c.TrainSize), Values: values})
				}
			}
			if len(s.Points) > 0 {
				f.Series = append(f.Series, s)
			}
		}
		if len(f.Series) > 0 {
			list = append(list, NamedFigure{"sizes-" + strconv.Itoa(len(done)), f})
		}
	}
	return list
}

// bands show the learning curves of a block.
func (r *Report) bands(b Block) report.Bands {
	f := report.Bands{
		Title: b.title(), X: report.Axis{Label: "step"}, Y: report.Axis{Label: "dev accuracy", Percent: true},
	}
	for _, c := range r.Cells {
		if !b.holds(c.Cell) {
			continue
		}
		s := report.BandSeries{Name: c.Method, Method: c.Method}
		for _, run := range c.ended() {
			if len(run.Curve) == 0 || len(s.X) > 0 && len(run.Curve) != len(s.X) {
				continue
			}
			s.X = nil
			var y []float64
			for _, p := range run.Curve {
				s.X, y = append(s.X, float64(p.Step)), append(y, p.DevAccuracy)
			}
			s.Runs = append(s.Runs, y)
		}
		if len(s.Runs) > 0 {
			f.Series = append(f.Series, s)
		}
	}
	return f
}

// page returns everything on one page.
func (r *Report) page(figures []NamedFigure) report.Page {
	p := report.Page{Title: r.Title, Summary: r.About, Commands: []string{r.Origin.Command}, Facts: r.facts()}
	tables := r.Tables()
	first := report.Section{Title: "Results", Tables: tables}
	if r.Missing > 0 {
		first.Text = fmt.Sprintf("%d final runs are not there yet.", r.Missing)
	}
	p.Sections = append(p.Sections, first)
	drawn := report.Section{Title: "Figures"}
	for _, f := range figures {
		drawn.Figures = append(drawn.Figures, f.Figure)
	}
	p.Sections = append(p.Sections, drawn)
	return p
}

// facts are what determines the numbers.
func (r *Report) facts() []report.Fact {
	b := r.Origin.Program
	list := []report.Fact{
		{Name: "runs made by", Value: strings.Join(r.Programs, "; ")},
		{Name: "report made by", Value: strings.TrimSpace(b.Version + " " + b.Commit)},
		{Name: "Go", Value: b.Go + " " + b.System}, {Name: "kernels", Value: r.Identity.CPU}, {Name: "date", Value: r.Origin.Date},
		{Name: "time of all runs", Value: fmt.Sprintf("%.0f s on one thread each", r.Seconds)},
	}
	if len(r.Machines) > 0 {
		list = append(list, report.Fact{Name: "machines", Value: strings.Join(r.Machines, "; ")})
	}
	if r.Source != "" {
		list = append(list, report.Fact{Name: "published values", Value: r.Source})
	}
	return list
}
