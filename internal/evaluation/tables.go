package evaluation

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/report"
)

// matrixClasses is the largest number of classes whose confusion matrix is printed; of more, the
// most frequent errors are.
const matrixClasses = 20

// className is the number of characters that a class has in tables.
const className = 32

// cells makes a row of texts.
func cells(texts ...string) []report.Cell {
	row := make([]report.Cell, len(texts))
	for i, t := range texts {
		row[i] = report.Cell{Text: t}
	}
	return row
}

// percent writes a fraction in percent to two places: a test image of 10,000.
func percent(v float64) string { return fmt.Sprintf("%.2f", 100*v) }

// significant writes a number to three digits.
func significant(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }

// pValue writes a p value.
func pValue(p float64) string {
	switch {
	case p < 1e-99: // too small for a float64, or for anybody to care
		return "<1e-99"
	case p < 0.001:
		return fmt.Sprintf("%.0e", p)
	}
	return fmt.Sprintf("%.3f", p)
}

// signed writes a fraction in points with its sign, as the tables of studies do.
func signed(v float64) string { return strings.Replace(fmt.Sprintf("%+.2f", 100*v), "-", "−", 1) }

// right is a column of numbers.
func right(head string) report.Column { return report.Column{Head: head, Right: true} }

// Classes lists the accuracy of every class that has images, the worst first.
func Classes(d classify.Detail) report.Table {
	t := report.Table{
		Columns: []report.Column{{Head: "class"}, right("images"), right("accuracy, %"), {Head: "95 % interval"}},
	}
	list := fromWorst(d.TestClasses)
	var names []string
	for _, c := range list {
		names = append(names, c.Class)
	}
	names = report.Shorten(names, className)
	for i, c := range list {
		t.Rows = append(
			t.Rows,
			cells(
				names[i], strconv.Itoa(c.Images), percent(*c.Accuracy),
				percent(c.Interval[0])+" to "+percent(c.Interval[1]),
			),
		)
	}
	return t
}

// fromWorst orders classes by their accuracy, the worst first, without those that have no images.
func fromWorst(list []classify.ClassAccuracy) []classify.ClassAccuracy {
	list = slices.DeleteFunc(slices.Clone(list), func(c classify.ClassAccuracy) bool { return c.Accuracy == nil })
	slices.SortStableFunc(list, func(x, y classify.ClassAccuracy) int { return cmp.Compare(*x.Accuracy, *y.Accuracy) })
	return list
}

// WorstClasses names up to three classes that are recognized least, if there are more classes than
// that, and none of which every image is.
func WorstClasses(d classify.Detail) string {
	const shown = 3
	list := fromWorst(d.TestClasses)
	if len(list) <= shown {
		return ""
	}
	var names, parts []string
	for _, c := range list {
		names = append(names, c.Class)
	}
	for i, name := range report.Shorten(names, className)[:shown] {
		if accuracy := *list[i].Accuracy; accuracy < 1 {
			parts = append(parts, fmt.Sprintf("%s %s %%", name, belowOne(accuracy)))
		}
	}
	return strings.Join(parts, ", ")
}

// belowOne writes a fraction below 1 in percent to one place, and never as 100.
func belowOne(v float64) string {
	if text := fmt.Sprintf("%.1f", 100*v); text != "100.0" {
		return text
	}
	return "99.9"
}

// Confusion is the confusion matrix, a dot for 0; of many classes the most frequent errors. Where
// the classes' names would make it wider than a page, they stand at the rows alone, and columns
// have the rows' numbers.
func Confusion(o classify.Outcome) report.Table {
	c := o.Logits.Confusion()
	names := report.Shorten(o.Classes, className)
	if c.Classes > matrixClasses {
		t := report.Table{Columns: []report.Column{{Head: "class"}, {Head: "taken for"}, right("images")}}
		for _, m := range c.Mixes(matrixClasses) {
			t.Rows = append(t.Rows, cells(names[m.Class], names[m.Predicted], strconv.Itoa(m.Count)))
		}
		return t
	}
	t := report.Table{Columns: []report.Column{{Head: `true \ predicted`}}}
	numbers := tooWide(names)
	if numbers {
		t.Columns = append(t.Columns, right("#"))
		t.Notes = []string{"Columns are the predicted classes by the rows' numbers."}
	}
	for i, name := range names {
		row := cells(name)
		if numbers {
			row, name = append(row, report.Cell{Text: strconv.Itoa(i + 1)}), strconv.Itoa(i+1)
		}
		t.Columns = append(t.Columns, right(name))
		for j := range o.Classes {
			text := "."
			if n := c.At(i, j); n > 0 {
				text = strconv.Itoa(n)
			}
			row = append(row, report.Cell{Text: text})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// tooWide tells whether a matrix with these names over its columns is wider than a page.
func tooWide(names []string) bool {
	const page = 100 // characters
	width, longest := 0, 0
	for _, name := range names {
		n := utf8.RuneCountInString(name)
		width, longest = width+2+max(n, 3), max(longest, n)
	}
	return width+longest > page
}

// label is what tables call a run: of several its number in the table of scores, for names are
// long.
func label(results []Result, i int) string {
	if len(results) == 1 {
		return results[i].Name
	}
	return strconv.Itoa(i + 1)
}

// Scores sets runs side by side, and gives them the numbers that other tables call them by.
func Scores(results []Result) report.Table {
	if !results[0].hasClasses() {
		return targetScores(results)
	}
	t := report.Table{Columns: []report.Column{
		right("#"), {Head: "run"}, right("accuracy, %"), {
			Head: "95 % interval",
		}, right("errors"), right("NLL"), right("ECE, points"), right("Brier"),
	}}
	for i, r := range results {
		s, d := r.Logits.Score(), r.Detail()
		t.Rows = append(t.Rows, cells(strconv.Itoa(i+1), r.Name, percent(s.Accuracy()),
			percent(d.TestInterval[0])+" to "+percent(d.TestInterval[1]),
			strconv.Itoa(s.Errors), fmt.Sprintf("%.4f", s.NLL()), percent(d.TestECE), fmt.Sprintf("%.4f", d.TestBrier)))
	}
	return t
}

// Comparisons sets each run beside the first.
func Comparisons(results []Result) report.Table {
	if !results[0].hasClasses() {
		return targetComparisons(results)
	}
	t := report.Table{
		Columns: []report.Column{
			{
				Head: "compared with 1",
			}, right("accuracy, points"), {
				Head: "95 % interval",
			}, right("only 1 right"), right("only this right"), right("p"), right("p (Holm)"),
		},
		Notes: append(
			Meanings(results),
			"p: McNemar's exact test of the images that only one of both gets right; Holm: "+
				"corrected for the number of runs compared.",
		),
	}
	for i, r := range results[1:] {
		p := r.Paired
		low, high := p.Interval()
		t.Rows = append(t.Rows, cells(strconv.Itoa(i+2), signed(p.Difference()), signed(low)+" to "+signed(high),
			strconv.Itoa(p.OnlyFirst), strconv.Itoa(p.OnlySecond), pValue(p.P), pValue(p.PHolm)))
	}
	return t
}

// quantity is a part of a slope.
type quantity struct {
	name, label string // JSON key, words
	log         bool   // spread over magnitudes
	of          func(s assess.Slope) float64
}

// quantities lists what slopes tell.
func quantities() []quantity {
	return []quantity{
		{"input_gradient_norm", "‖∂L/∂x‖", true, func(s assess.Slope) float64 { return s.Gradient }},
		{"jacobian_norm", "‖J‖_F", true, func(s assess.Slope) float64 { return s.Jacobian }},
		{"margin", "logit margin", false, func(s assess.Slope) float64 { return s.Margin }},
		{"boundary_distance", "distance to boundary", false, func(s assess.Slope) float64 { return s.Distance }},
	}
}

// values returns a quantity at all images.
func (q quantity) values(list []assess.Slope) []float64 {
	out := make([]float64, len(list))
	for i, s := range list {
		out[i] = q.of(s)
	}
	return out
}

// Slopes lists how the slopes of runs are distributed.
func Slopes(results []Result) report.Table {
	t := report.Table{
		Columns: []report.Column{
			{Head: "quantity"}, {Head: "run"}, {Head: "images"}, right("n"), right("mean"),
			right("mean square"), right("5 %"), right("median"), right("95 %"),
		},
		Notes: []string{"Derivatives are with respect to the normalized input, as training's " +
			"penalties are; the distance, margin over the norm of the difference of " +
			"the Jacobian's rows, is in L2 for pixels in [0, 1]; margin and distance are negative for wrong answers."},
	}
	for _, q := range quantities() {
		for i, r := range results {
			for _, part := range []struct {
				name string
				list []assess.Slope
			}{{"test", r.TestSlopes}, {"train", r.TrainSlopes}} {
				if part.list == nil { // there are no training images
					continue
				}
				s := assess.NewSpectrum(q.values(part.list))
				t.Rows = append(t.Rows, cells(q.label, label(results, i), part.name,
					strconv.Itoa(s.Images), significant(s.Mean), significant(s.MeanSquare),
					significant(s.Quantiles[0]), significant(s.Quantiles[2]), significant(s.Quantiles[4])))
			}
		}
	}
	return t
}

// Curves lists accuracies in percent as images are changed more and more, a table for each kind of
// change.
func Curves(results []Result) []report.Table {
	var all []report.Table
	for k, c := range results[0].Curves {
		t := report.Table{Caption: curveTitle(c.Name), Columns: []report.Column{{Head: "run"}}}
		for _, p := range c.Points {
			t.Columns = append(t.Columns, right(sizeText(p.Size)))
		}
		for i, r := range results {
			row := cells(label(results, i))
			for _, p := range r.Curves[k].Points {
				row = append(row, report.Cell{Text: fmt.Sprintf("%.1f", 100*p.Score.Accuracy())})
			}
			t.Rows = append(t.Rows, row)
		}
		all = append(all, t)
	}
	return all
}

// sizeText writes a size to three digits, one that has more and is so many steps of a byte as
// those: 8/255.
func sizeText(v float64) string {
	text := significant(v)
	if exact, err := strconv.ParseFloat(text, 64); err == nil && exact == v {
		return text
	}
	if steps := math.Round(255 * v); steps/255 == v {
		return fmt.Sprintf("%.0f/255", steps)
	}
	return text
}

// curveTitle describes a curve by its name.
func curveTitle(name string) string {
	titles := map[string]string{
		"noise":     "Accuracy, %, under Gaussian noise of standard deviation σ",
		"fgsm-linf": "Accuracy, %, under FGSM, L∞ ε", "pgd-linf": "Accuracy, %, under PGD, L∞ ε",
		"fgsm-l2": "Accuracy, %, under FGSM, L2 ε", "pgd-l2": "Accuracy, %, under PGD, L2 ε",
	}
	return titles[name]
}
