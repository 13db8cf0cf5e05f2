package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/gradreg/gradreg/study/stats"
)

// ComparisonOptions are how a comparison is shown.
type ComparisonOptions struct {
	Caption string
	Value   string // what is compared: test_accuracy
	Percent bool   // values are fractions; shown in percent, and written to CSV as they are
	// Published are values to set beside, by name of the group.
	Published map[string]float64
}

// unit is a value's factor and decimals on a screen: percent to two places are a test image of 10,000.
func (o ComparisonOptions) unit() (factor float64, decimals int, suffix string) {
	if o.Percent {
		return 100, 2, ", %"
	}
	return 1, 4, ""
}

// absent stands where there is nothing; CSV has an empty field there.
const absent = "–"

// ComparisonTable describes methods beside their baseline: mean ± sd, n, paired difference with its interval, p value
// corrected by Holm; and where values are published, those and the verdict.
func ComparisonTable(list []stats.Comparison, o ComparisonOptions) Table {
	_, _, suffix := o.unit()
	t := Table{Caption: o.Caption, Columns: []Column{
		{Head: "method"},
		{Head: spaced(o.Value) + suffix, Right: true, Fields: []string{o.Value, o.Value + "_sd", o.Value + "_low", o.Value + "_high"}},
		{Head: "n", Right: true, Fields: []string{"run_count"}},
		{Head: "to baseline", Right: true, Fields: []string{"difference", "difference_low", "difference_high", "pair_count"}},
		{Head: "p (Holm)", Right: true, Fields: []string{"p", "p_holm"}},
	}}
	if len(o.Published) > 0 {
		t.Columns = append(t.Columns, Column{Head: "published", Right: true, Fields: []string{"published"}}, Column{Head: "verdict"})
	}
	best := bestMean(list)
	for i, c := range list {
		row := []Cell{{Text: c.Name}, o.meanCell(c), {Text: strconv.Itoa(c.Summary.N), Values: []Number{Num(float64(c.Summary.N))}}, o.differenceCell(c), pCell(c)}
		row[1].Strong = i == best && len(list) > 1
		if len(o.Published) > 0 {
			row = append(row, o.publishedCells(c)...)
		}
		t.Rows = append(t.Rows, row)
	}
	t.Notes = comparisonNotes(list, len(o.Published) > 0)
	return t
}

// spaced returns a key as words.
func spaced(key string) string {
	out := []rune(key)
	for i, r := range out {
		if r == '_' {
			out[i] = ' '
		}
	}
	return string(out)
}

// bestMean returns the index of the largest mean, −1 if there is none.
func bestMean(list []stats.Comparison) int {
	best := -1
	for i, c := range list {
		if c.Summary.N > 0 && (best < 0 || c.Summary.Mean > list[best].Summary.Mean) {
			best = i
		}
	}
	return best
}

// meanCell shows mean ± sd.
func (o ComparisonOptions) meanCell(c stats.Comparison) Cell {
	if c.Summary.N == 0 {
		return Cell{Text: absent}
	}
	factor, decimals, _ := o.unit()
	cell := Cell{Text: fmt.Sprintf("%.*f", decimals, factor*c.Summary.Mean), Values: []Number{Num(c.Summary.Mean)}}
	if c.Interval != nil {
		cell.Text += fmt.Sprintf(" ± %.*f", decimals, factor*c.Summary.SD)
		cell.Values = append(cell.Values, Num(c.Summary.SD), Num(c.Interval.Low), Num(c.Interval.High))
	}
	return cell
}

// differenceCell shows the mean difference and its interval.
func (o ComparisonOptions) differenceCell(c stats.Comparison) Cell {
	if c.Paired == nil {
		return Cell{Text: absent}
	}
	d := c.Paired
	factor, decimals, _ := o.unit()
	signed := func(v float64) string {
		return strings.Replace(fmt.Sprintf("%+.*f", decimals, factor*v), "-", "−", 1)
	}
	cell := Cell{Text: signed(d.Difference.Mean), Values: []Number{Num(d.Difference.Mean), {}, {}, Num(float64(d.Difference.N))}}
	if d.Interval != nil {
		cell.Text += " [" + signed(d.Interval.Low) + ", " + signed(d.Interval.High) + "]"
		cell.Values[1], cell.Values[2] = Num(d.Interval.Low), Num(d.Interval.High)
	}
	return cell
}

// pCell shows the corrected p value.
func pCell(c stats.Comparison) Cell {
	if c.Paired == nil {
		return Cell{Text: absent}
	}
	return Cell{Text: FormatP(c.Paired.Corrected), Values: []Number{Num(c.Paired.P), Num(c.Paired.Corrected)}}
}

// FormatP returns a p value with two significant digits, from 0.0001 up.
func FormatP(p float64) string {
	if p < 0.0001 {
		return "<0.0001"
	}
	decimals := min(4, max(2, 1-int(math.Floor(math.Log10(p)))))
	return strconv.FormatFloat(p, 'f', decimals, 64)
}

// publishedCells show a published value and the verdict of the own interval.
func (o ComparisonOptions) publishedCells(c stats.Comparison) []Cell {
	value, ok := o.Published[c.Name]
	if !ok {
		return []Cell{{Text: absent}, {Text: absent}}
	}
	factor, decimals, _ := o.unit()
	cells := []Cell{{Text: fmt.Sprintf("%.*f", decimals, factor*value), Values: []Number{Num(value)}}, {Text: absent}}
	if c.Interval != nil {
		cells[1].Text = string(stats.Judge(*c.Interval, value))
	}
	return cells
}

// comparisonNotes say what the columns are.
func comparisonNotes(list []stats.Comparison, published bool) []string {
	var notes []string
	tested, least, most := 0, math.MaxInt, 0
	var kind string
	for _, c := range list {
		if c.Paired == nil {
			continue
		}
		tested++
		least, most = min(least, c.Paired.Difference.N), max(most, c.Paired.Difference.N)
		if c.Paired.Interval != nil {
			kind = c.Paired.Interval.String()
		}
	}
	notes = append(notes, "Mean ± standard deviation over seeds.")
	if tested > 0 {
		note := "To baseline: mean difference of runs with the same seed"
		if kind != "" {
			note += " and its " + kind
		}
		notes = append(notes, fmt.Sprintf("%s, %s; p of the two-sided sign-flip test, by Holm's correction over %d comparisons.", note, counted(least, most, "pairs"), tested))
	}
	if published {
		for _, c := range list {
			if c.Interval != nil {
				notes = append(notes, fmt.Sprintf("Verdict: where the published value lies beside the %s of our mean: inside it, or our interval above or below the value.", c.Interval))
				break
			}
		}
	}
	return notes
}
