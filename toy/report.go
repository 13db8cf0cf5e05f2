package toy

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/build"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/report"
	"github.com/gradreg/gradreg/stats"
)

// style names the figures' styles: without the penalty, and with it; of one output it is FrobReg at
// the training points.
func style(lambda float64) string {
	if lambda == 0 {
		return "none"
	}
	return "frobreg"
}

// lambdaName names a λ on figures.
func lambdaName(lambda float64) string { return "λ " + spec.Format(lambda) }

// mark stands before titles and captions of a first look.
func (r *Result) mark() string {
	if r.Options.FirstLook {
		return report.QuickMark
	}
	return ""
}

// banner says of a first look that it is none.
func (r *Result) banner() string {
	if !r.Options.FirstLook {
		return ""
	}
	n := len(r.Options.Seeds)
	return fmt.Sprintf(
		"QUICK LOOK, NO RESULT: %d seed%s and %d steps.", n,
		map[bool]string{true: "", false: "s"}[n == 1], r.Options.Steps,
	)
}

// quantities are the columns of the table.
var quantities = []struct {
	head, field string
	of          func(Trained) float64
}{
	{"loss", "loss", func(f Trained) float64 { return f.Loss }},
	{"objective", "objective", func(f Trained) float64 { return f.Objective }},
	{"slope at points", "slope_at", func(f Trained) float64 { return f.SlopeAt }},
	{"between", "slope_between", func(f Trained) float64 { return f.SlopeBetween }},
	{"everywhere", "slope_everywhere", func(f Trained) float64 { return f.SlopeEverywhere }},
	{"largest", "slope_largest", func(f Trained) float64 { return f.SlopeLargest }},
	{"error", "error", func(f Trained) float64 { return f.Error }},
}

// Table shows means and standard deviations over seeds.
func (r *Result) Table() report.Table {
	t := report.Table{
		Caption: "A slope penalty at the training points",
		Columns: []report.Column{
			{Head: "problem"}, {Head: "λ", Right: true, Fields: []string{"lambda"}},
			{Head: "n", Right: true, Fields: []string{"run_count"}},
		},
		Notes: []string{
			"Mean ± standard deviation over seeds. Slopes are root mean squares of ‖∂f/∂x‖ at the " +
				"training points, in the middle between each and its nearest neighbour, and on a " +
				"grid over the domain; error is the root mean square distance from the true function on that grid.",
			"A function with steps between the points has loss 0, objective 0, slope 0 at the " +
				"points and no bound on the largest.",
		},
	}
	for _, q := range quantities {
		t.Columns = append(
			t.Columns,
			report.Column{Head: q.head, Right: true, Fields: []string{q.field, q.field + "_sd"}},
		)
	}
	for _, problem := range r.Options.Problems {
		for _, lambda := range r.Options.Lambdas {
			trained := r.of(problem, lambda)
			row := []report.Cell{{Text: problem}, {
				Text: spec.Format(lambda), Values: []report.Number{report.Num(lambda)},
			},
				{Text: strconv.Itoa(len(trained)), Values: []report.Number{report.Num(float64(len(trained)))}}}
			for _, q := range quantities {
				var values []float64
				for _, f := range trained {
					values = append(values, q.of(f))
				}
				s := stats.Summarize(values)
				cell := report.Cell{Text: fmt.Sprintf("%.3g", s.Mean), Values: []report.Number{report.Num(s.Mean)}}
				if s.N > 1 {
					cell.Text += fmt.Sprintf(" ± %.2g", s.SD)
					cell.Values = append(cell.Values, report.Num(s.SD))
				}
				row = append(row, cell)
			}
			t.Rows = append(t.Rows, row)
		}
	}
	if r.Options.FirstLook {
		t = t.Quick()
		t.Notes = append([]string{r.banner()}, t.Notes...)
	}
	return t
}

// of returns the networks of a problem and λ, by seed.
func (r *Result) of(problem string, lambda float64) []Trained {
	var out []Trained
	for _, f := range r.Trained {
		if f.Problem == problem && f.Lambda == lambda {
			out = append(out, f)
		}
	}
	return out
}

// firsts returns the first seed's network of a problem for each λ.
func (r *Result) firsts(problem string) []Trained {
	var out []Trained
	for _, lambda := range r.Options.Lambdas {
		out = append(out, r.of(problem, lambda)[:1]...)
	}
	return out
}

// Origin is what made a result.
type Origin struct {
	Command string     `json:"command"` // that repeats it
	Date    string     `json:"date"`    // year-month-day
	Kernels string     `json:"kernels"` // instruction set
	Program build.Info `json:"program"`
}

// NewOrigin describes a result of this program.
func NewOrigin(command string, now time.Time, level string) Origin {
	return Origin{Command: command, Date: now.UTC().Format(time.DateOnly), Kernels: level, Program: build.Current()}
}

// Write writes the result to a folder, which is made if need be: toy.json, toy.csv, each figure as
// SVG and PNG, and toy.html with all of it.
func (r *Result) Write(dir string, from Origin) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	page := report.Page{
		Title:   r.mark() + "A penalty that is not supposed to work",
		Warning: r.banner(),
		Summary: "The slope of the learned function is penalized at 100 training points only. A " +
			"function with steps between the points would satisfy the penalty; training does not find one.",
		Commands: []string{from.Command}, Facts: facts(r.Options, from),
		Sections: []report.Section{{Title: "Slopes at the points and between them", Tables: []report.Table{r.Table()}}},
	}
	for _, name := range r.Options.Problems {
		p, err := problemNamed(name)
		if err != nil {
			return err
		}
		learned, surface := r.learned(p), r.surface(p)
		for base, f := range map[string]report.Figure{name: learned, name + "-surface": surface} {
			if err := report.WriteFigures(filepath.Join(dir, base), f); err != nil {
				return err
			}
		}
		page.Sections = append(
			page.Sections,
			report.Section{Title: "y = " + p.Formula, Figures: []report.Figure{learned, surface}},
		)
	}
	if err := r.writeData(dir, from); err != nil {
		return err
	}
	return report.WritePage(filepath.Join(dir, "toy.html"), page)
}

// writeData writes the numbers.
func (r *Result) writeData(dir string, from Origin) error {
	data, err := json.Marshal(struct {
		Origin Origin `json:"origin"`
		*Result
	}{from, r})
	if err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(filepath.Join(dir, "toy.json"), append(data, '\n')); err != nil {
		return err
	}
	var b strings.Builder
	if err := r.Table().Write(&b, "csv"); err != nil {
		return err
	}
	return atomicfile.WriteBytes(filepath.Join(dir, "toy.csv"), []byte(b.String()))
}

// facts are what determines the numbers.
func facts(o Options, from Origin) []report.Fact {
	b := from.Program
	return []report.Fact{
		{
			Name: "gradreg", Value: strings.TrimSpace(b.Version + " " + b.Commit),
		}, {Name: "Go", Value: b.Go + " " + b.System},
		{Name: "kernels", Value: from.Kernels}, {Name: "date", Value: from.Date}, {
			Name: "network", Value: network.String(),
		},
		{
			Name: "training",
			Value: fmt.Sprintf(
				"%d points, all in each of %d steps of Adam, learning rate %v, over the last quarter down to 0",
				o.Points, o.Steps, o.LearningRate,
			),
		},
	}
}
