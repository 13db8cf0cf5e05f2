package study

import (
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gradreg/gradreg/report"
	"github.com/gradreg/gradreg/stats"
)

// Tables returns the report's tables: all means on one look where there are several blocks, each
// block's comparison, what each cell is, what tuning chose, and how long the final runs took.
func (r *Report) Tables() []report.Table {
	tables := r.unmarkedTables()
	for i, t := range tables {
		tables[i] = r.markTable(t)
	}
	return tables
}

func (r *Report) unmarkedTables() []report.Table {
	var tables []report.Table
	if len(r.Blocks) > 1 {
		tables = append(tables, r.overview())
	}
	for _, b := range r.Blocks {
		t := r.blockTable(b)
		if last := len(tables) - 1; last >= 0 && slices.Equal(tables[last].Notes, t.Notes) {
			tables[last].Notes = nil // said once, below the last table that it is true of
		}
		tables = append(tables, t)
	}
	for _, t := range []report.Table{r.trainings(), r.choices(), r.times()} {
		if len(t.Rows) > 0 {
			tables = append(tables, t)
		}
	}
	return tables
}

// blockTable compares the methods of a block that have a run.
func (r *Report) blockTable(b Block) report.Table {
	var there []stats.Comparison
	for _, c := range b.Comparisons {
		if c.Summary.N > 0 || c.Name == r.Baseline {
			there = append(there, c)
		}
	}
	t := report.ComparisonTable(there, report.ComparisonOptions{
		Caption: "Test " + r.quality().Name + ", " + b.title(), Value: field("test", r.quality()),
		Percent: r.quality().Fraction, Lower: !r.quality().Higher, Published: b.Published,
	})
	t.Keys = []report.Key{
		{Name: "data", Value: filepath.Base(b.Data)},
		{Name: "train_size", Value: strconv.Itoa(b.TrainSize)}, {Name: "setting", Value: b.Setting},
	}
	r.count(&t, b)
	if slices.ContainsFunc(r.Cells, func(c CellReport) bool { return b.holds(c.Cell) && len(c.Tuned) > 0 }) {
		t.Notes = append(
			t.Notes,
			"Where values were tuned, intervals and p values are conditional on those that tuning "+
				"chose: how another search would have ended is not in them.",
		)
	}
	t.Notes = append(t.Notes, r.gaps(b.holds)...)
	return t
}

// count writes the runs that are missing and those that diverged to CSV, where there are no notes.
func (r *Report) count(t *report.Table, b Block) {
	at := slices.IndexFunc(t.Columns, func(c report.Column) bool { return c.Head == "n" })
	t.Columns[at].Fields = append(t.Columns[at].Fields, "missing_count", "diverged_count")
	for _, row := range t.Rows {
		for _, c := range r.Cells {
			if b.holds(c.Cell) && c.Method == row[0].Text {
				row[at].Values = append(
					row[at].Values, report.Num(float64(c.missing(r.Seeds))),
					report.Num(float64(len(c.Runs)-len(c.ended()))),
				)
			}
		}
	}
}

// methods returns the names of all methods that have a run, in the order of the cells.
func (r *Report) methods() []string {
	var list []string
	for _, c := range r.Cells {
		if len(c.ended()) > 0 && !slices.Contains(list, c.Method) {
			list = append(list, c.Method)
		}
	}
	return list
}

// overview has a row for each block and a column for each method.
func (r *Report) overview() report.Table {
	t := report.Table{
		Caption: "Test " + r.quality().Label() + ": mean ± standard deviation over seeds",
		Columns: []report.Column{{Name: "block"}},
	}
	methods := r.methods()
	for _, m := range methods {
		t.Columns = append(
			t.Columns,
			report.Column{Head: m, Right: true, Fields: []string{m, m + "_sd", m + "_run_count"}},
		)
	}
	for _, b := range r.Blocks {
		row := []report.Cell{{Text: b.title()}}
		best := r.quality().Worst()
		for _, c := range b.Comparisons {
			if c.Summary.N > 0 && r.quality().Compare(c.Summary.Mean, best) < 0 {
				best = c.Summary.Mean
			}
		}
		for _, m := range methods {
			cell := report.Cell{Text: "–"}
			if i := slices.IndexFunc(
				b.Comparisons, func(c stats.Comparison) bool { return c.Name == m },
			); i >= 0 && b.Comparisons[i].Summary.N > 0 {
				s := b.Comparisons[i].Summary
				cell = report.Cell{
					Text:   r.quality().Bare(s.Mean),
					Values: []report.Number{report.Num(s.Mean), {}, report.Num(float64(s.N))},
					Strong: s.Mean == best,
				}
				if s.N > 1 {
					cell.Text += " ± " + r.quality().Bare(s.SD)
					cell.Values[1] = report.Num(s.SD)
				}
			}
			row = append(row, cell)
		}
		t.Rows = append(t.Rows, row)
	}
	if text := r.fewerRuns(); text != "" {
		t.Notes = append(t.Notes, text)
	}
	if r.Missing > 0 {
		t.Notes = append(t.Notes, r.Unfinished())
	}
	return t
}

// choices says what tuning chose.
func (r *Report) choices() report.Table {
	t := report.Table{
		Caption: "What tuning on dev images chose",
		Columns: []report.Column{
			{Head: "cell"},
			{Head: "trials", Right: true, Fields: []string{"trials", "distinct_trials"}},
			{Head: "chosen"},
			{Head: "dev " + r.quality().Label(), Right: true, Fields: []string{field("dev", r.quality())}},
		},
	}
	var edges []string
	for _, c := range r.Cells {
		if len(c.Tuned) == 0 || c.Values == nil {
			continue
		}
		var chosen []string
		for _, name := range c.Tuned {
			chosen = append(chosen, fmt.Sprintf("%s %s", name, strconv.FormatFloat(c.Values[name], 'g', -1, 64)))
		}
		cell := report.Cell{Text: "–"}
		for _, trial := range c.Trials {
			if dev := trial.dev(); maps.Equal(trial.Values, c.Values) && len(dev) > 0 {
				if last := dev[len(dev)-1]; last != nil {
					cell = report.Cell{Text: r.quality().Bare(*last), Values: []report.Number{report.Num(*last)}}
				}
			}
		}
		t.Rows = append(t.Rows, []report.Cell{
			{Text: c.label()}, c.trialsCell(), {Text: strings.Join(chosen, ", ")}, cell,
		})
		for _, name := range c.atEdge() {
			edges = append(edges, c.label()+" ("+name+")")
		}
	}
	if slices.ContainsFunc(t.Rows, func(row []report.Cell) bool { return row[1].Values[0] != row[1].Values[1] }) {
		t.Notes = append(
			t.Notes,
			"Trials with the same values are one run, which they share; in brackets, how many have different ones.",
		)
	}
	if len(edges) > 0 {
		t.Notes = append(
			t.Notes,
			"Chosen at an end of what was tried, beyond which there may be better: "+strings.Join(edges, "; ")+".",
		)
	}
	return t
}

// trialsCell says how many trials there were, and of how many different values: the same values are
// one run.
func (c CellReport) trialsCell() report.Cell {
	distinct := 0
	for i, t := range c.Trials {
		if !slices.ContainsFunc(
			c.Trials[:i],
			func(other TrialReport) bool { return maps.Equal(other.Values, t.Values) },
		) {
			distinct++
		}
	}
	cell := report.Cell{
		Text:   strconv.Itoa(len(c.Trials)),
		Values: []report.Number{report.Num(float64(len(c.Trials))), report.Num(float64(distinct))},
	}
	if distinct < len(c.Trials) {
		cell.Text += fmt.Sprintf(" (%d different)", distinct)
	}
	return cell
}

// sharing explains why fewer runs were trained than trials and cells have, nothing if it is not so.
func (r *Report) sharing() string {
	if r.Shared == 0 {
		return ""
	}
	return fmt.Sprintf("Trials and cells have %d runs together, %d of which are the same as another "+
		"of them, with the same configuration: these are shared, and %d runs were trained.",
		r.Trained+r.Shared, r.Shared, r.Trained)
}

// atEdge returns the tuned parameters whose chosen value is the least or the largest of three or
// more that were tried.
func (c CellReport) atEdge() []string {
	var list []string
	for _, name := range c.Tuned {
		tried := map[float64]bool{}
		for _, trial := range c.Trials {
			tried[trial.Values[name]] = true
		}
		values := slices.Sorted(maps.Keys(tried))
		if v := c.Values[name]; len(values) > 2 && (v == values[0] || v == values[len(values)-1]) {
			list = append(list, name)
		}
	}
	return list
}

// times says how long the final runs took, beside those of the baseline.
func (r *Report) times() report.Table {
	t := report.Table{
		Caption: "Time of a final run on one thread",
		Columns: []report.Column{
			{Head: "cell"}, {Head: "median, s", Right: true, Fields: []string{"run_seconds"}},
			{Head: "to baseline", Right: true, Fields: []string{"relative_time"}},
		},
		Notes: []string{"With the search for λ, where it is open. Whatever else the machine did is in it."},
	}
	for _, b := range r.Blocks {
		baseline := math.NaN()
		for _, c := range r.Cells {
			if b.holds(c.Cell) && c.Method == r.Baseline {
				baseline = c.medianSeconds()
			}
		}
		for _, c := range r.Cells {
			seconds := c.medianSeconds()
			if !b.holds(c.Cell) || math.IsNaN(seconds) {
				continue
			}
			row := []report.Cell{
				{Text: c.label()},
				{Text: fmt.Sprintf("%.1f", seconds), Values: []report.Number{report.Num(seconds)}},
				{Text: "–"},
			}
			if ratio := seconds / baseline; !math.IsNaN(ratio) {
				row[2] = report.Cell{Text: fmt.Sprintf("%.2f", ratio), Values: []report.Number{report.Num(ratio)}}
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// medianSeconds returns the median time of the runs, NaN of none.
func (c CellReport) medianSeconds() float64 {
	var list []float64
	for _, run := range c.ended() {
		list = append(list, run.Seconds)
	}
	slices.Sort(list)
	n := len(list)
	if n == 0 {
		return math.NaN()
	}
	return (list[(n-1)/2] + list[n/2]) / 2
}
