package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gradreg/gradreg/internal/plural"
	"github.com/gradreg/gradreg/stats"
)

// ComparisonOptions are how a comparison is shown.
type ComparisonOptions struct {
	Caption string
	Value   string // what is compared: test_accuracy
	Lower   bool   // less of the value is better
	Percent bool   // values are fractions; shown in percent, and written to CSV as they are
	// Published are values to set beside, by name of the group.
	Published map[string]float64
}

// unit is a value's factor and decimals on a screen: percent to two places are a test image of
// 10,000.
func (o ComparisonOptions) unit() (factor float64, decimals int, suffix string) {
	if o.Percent {
		return 100, 2, ", %"
	}
	return 1, 4, ""
}

// absent stands where there is nothing; CSV has an empty field there.
const absent = "–"

// ComparisonTable describes methods beside their baseline: mean ± sd, n, paired difference with its
// interval, p value corrected by Holm; and where values are published, those and the verdict.
func ComparisonTable(list []stats.Comparison, o ComparisonOptions) Table {
	_, _, suffix := o.unit()
	t := Table{Caption: o.Caption, Columns: []Column{
		{Head: "method"},
		{
			Head: spaced(o.Value) + suffix, Right: true,
			Fields: []string{o.Value, o.Value + "_sd", o.Value + "_low", o.Value + "_high"},
		},
		{Head: "n", Right: true, Fields: []string{"run_count"}},
		{
			Head: "to baseline", Right: true,
			Fields: []string{"difference", "difference_low", "difference_high", "pair_count"},
		},
		{Head: "p (Holm)", Right: true, Fields: []string{"p", "p_holm", "p_least"}},
	}}
	if len(o.Published) > 0 {
		t.Columns = append(
			t.Columns, Column{Head: "published", Right: true, Fields: []string{"published"}},
			Column{Head: "verdict"},
		)
	}
	best := o.best(list)
	for i, c := range list {
		row := []Cell{
			{Text: c.Name}, o.meanCell(c),
			{Text: strconv.Itoa(c.Summary.N), Values: []Number{Num(float64(c.Summary.N))}},
			o.differenceCell(c), pCell(c),
		}
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

// best returns the index of the best mean, −1 if there is none.
func (o ComparisonOptions) best(list []stats.Comparison) int {
	best := -1
	for i, c := range list {
		if c.Summary.N > 0 && (best < 0 || c.Summary.Mean != list[best].Summary.Mean &&
			(c.Summary.Mean < list[best].Summary.Mean) == o.Lower) {
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
	if c.Summary.N > 1 {
		cell.Text += fmt.Sprintf(" ± %.*f", decimals, factor*c.Summary.SD)
		cell.Values = append(cell.Values, Num(c.Summary.SD))
	}
	if c.Interval != nil {
		cell.Values = append(cell.Values, Num(c.Interval.Low), Num(c.Interval.High))
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
	cell := Cell{
		Text:   signed(d.Difference.Mean),
		Values: []Number{Num(d.Difference.Mean), {}, {}, Num(float64(d.Difference.N))},
	}
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
	return Cell{
		Text:   FormatP(c.Paired.Corrected),
		Values: []Number{Num(c.Paired.P), Num(c.Paired.Corrected), Num(c.Paired.Least)},
	}
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
	notes := []string{"Mean ± standard deviation over seeds."}
	if note := differenceNote(list); note != "" {
		notes = append(notes, note, leastNote(list))
	}
	if few := withoutInterval(list); few != "" {
		notes = append(notes, few)
	}
	if published {
		for _, c := range list {
			if c.Interval != nil {
				notes = append(
					notes,
					fmt.Sprintf(
						"Verdict: where the published value lies beside the %s of our mean: inside "+
							"it, or our interval above or below the value.",
						c.Interval,
					),
				)
				break
			}
		}
	}
	return notes
}

// differenceNote says what differences and p values are, nothing where there are none.
func differenceNote(list []stats.Comparison) string {
	tested, least, most := 0, math.MaxInt, 0
	var kinds []string
	cut := ""
	for _, c := range list {
		if c.Paired == nil {
			continue
		}
		tested++
		least, most = min(least, c.Paired.Difference.N), max(most, c.Paired.Difference.N)
		if in := c.Paired.Interval; in != nil {
			if !slices.Contains(kinds, in.String()) {
				kinds = append(kinds, in.String())
			}
			if in.Cut {
				cut = ", cut where it reaches beyond what is possible"
			}
		}
	}
	if tested == 0 {
		return ""
	}
	note := "To baseline: mean difference of runs with the same seed"
	if len(kinds) > 0 {
		note += " and its " + strings.Join(kinds, " or, of few pairs, ") + cut
	}
	return fmt.Sprintf(
		"%s, %s; p of the two-sided sign-flip test, by Holm's correction over %d comparison%s.",
		note, counted(least, most, "pairs"), tested, plural.S(tested),
	)
}

// significant is the level that p values are held against where they are said to be out of reach.
const significant = 0.05

// leastNote says how small the p values of so many pairs can be at most, and whether that is small
// at all.
func leastNote(list []stats.Comparison) string {
	tested := 0
	least := map[int]float64{} // by number of pairs
	for _, c := range list {
		if c.Paired != nil {
			tested++
			least[c.Paired.Difference.N] = c.Paired.Least
		}
	}
	var parts []string
	var out []string // of reach, with so many pairs
	for _, n := range slices.Sorted(maps.Keys(least)) {
		corrected := min(1, least[n]*float64(tested))
		part := fmt.Sprintf("%d pair%s can give is %s", n, plural.S(n), FormatP(least[n]))
		if tested > 1 {
			part += fmt.Sprintf(", after the correction %s", FormatP(corrected))
		}
		if parts = append(parts, part); corrected > significant {
			out = append(out, strconv.Itoa(n))
		}
	}
	note := "The least p that " + strings.Join(parts, "; that ") + "."
	if len(out) > 0 {
		note += fmt.Sprintf(
			" With %s of them no difference, however large, comes to p ≤ %v.",
			strings.Join(out, " or "), significant,
		)
	}
	return note
}

// withoutInterval says that means of few runs have none.
func withoutInterval(list []stats.Comparison) string {
	for _, c := range list {
		if n := c.Summary.N; n > 0 && n < stats.FewestForInterval || c.Paired != nil && c.Paired.Interval == nil {
			return fmt.Sprintf("Fewer than %d runs or pairs have no interval.", stats.FewestForInterval)
		}
	}
	return ""
}
