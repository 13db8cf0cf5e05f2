package evaluation

import (
	"fmt"
	"math"
	"strconv"

	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/report"
	"github.com/gradreg/gradreg/stats"
	"github.com/gradreg/gradreg/task"
)

// Difference is a run beside the first one on the same test images, of a task without classes: the
// mean over the images of what this run has more than the first, of labels the share that is
// right, of numbers the squared error.
type Difference struct {
	Mean     float64
	Interval *stats.Interval // Student's at 95 %, nil for few images
	P        float64         // of the sign-flip test of the images' differences
	PHolm    float64         // corrected for the number of runs that are compared (Holm 1979)
	// Meaning says in a sentence what it means, with the runs' names.
	Meaning string
}

// hasClasses reports whether the result is that of a classifier.
func (r Result) hasClasses() bool { return r.Logits != nil }

// intervalLevel is the level of the intervals of scores.
const intervalLevel = 0.95

// scored is what the answers of a task without classes are worth.
type scored struct {
	task.Metrics
	of       task.Quality
	interval *[2]float64 // of the quality, 95 %; nil for few images
}

// scored judges the answers. The interval is Student's of the mean over the images, of numbers that
// of the mean squared error, whose root the quality is.
func (r Result) scored() scored {
	s := scored{of: r.Task.Quality()}
	var err error
	if s.Metrics, err = r.Answers.Judge(r.Task); err != nil {
		return s
	}
	values, err := assess.PerImage(r.Answers, r.Task)
	if err != nil || len(values) < stats.FewestForInterval {
		return s
	}
	in, err := stats.MeanInterval(values, intervalLevel)
	if err != nil {
		return s
	}
	if s.of.Fraction {
		in = in.Within(0, 1)
		s.interval = &[2]float64{in.Low, in.High}
	} else {
		s.interval = &[2]float64{math.Sqrt(max(in.Low, 0)), math.Sqrt(in.High)}
	}
	return s
}

// intervalText writes an interval of a quality, a dash for none.
func (s scored) intervalText() string {
	if s.interval == nil {
		return "–"
	}
	return s.of.Bare(s.interval[0]) + " to " + s.of.Bare(s.interval[1])
}

// compareTargets sets all runs beside the first.
func compareTargets(all []Result) error {
	first, err := assess.PerImage(all[0].Answers, all[0].Task)
	if err != nil {
		return err
	}
	var ps []float64
	for i := range all[1:] {
		r := &all[i+1]
		values, err := assess.PerImage(r.Answers, r.Task)
		if err != nil {
			return err
		}
		if len(values) != len(first) {
			return fault.Inputf("%s has %d test images, expected the %d of the first", r.Dir, len(values), len(first))
		}
		for j := range values {
			values[j] -= first[j]
		}
		r.Apart = &Difference{Mean: stats.Summarize(values).Mean}
		if r.Apart.P, err = stats.SignFlip(values, stats.Resampling{}); err != nil {
			return fmt.Errorf("%s: %w", r.Dir, err)
		}
		if len(values) >= stats.FewestForInterval {
			in, err := stats.MeanInterval(values, intervalLevel)
			if err != nil {
				return err
			}
			r.Apart.Interval = &in
		}
		ps = append(ps, r.Apart.P)
	}
	for i, p := range stats.Holm(ps) {
		all[i+1].Apart.PHolm = p
		all[i+1].Apart.Meaning = apart(all[0], all[i+1])
	}
	return nil
}

// apart says in a sentence what the comparison of a run with the first one means.
func apart(first, second Result) string {
	d := second.Apart
	if d.Mean == 0 {
		return fmt.Sprintf("%s and %s are right alike.", first.Name, second.Name)
	}
	way := "more"
	if d.Mean < 0 {
		way = "less"
	}
	size := fmt.Sprintf("a mean squared error that is %.4g %s", math.Abs(d.Mean), way)
	if second.Task.Quality().Fraction {
		size = fmt.Sprintf("%.2f points %s of the labels right", 100*math.Abs(d.Mean), way)
	}
	return fmt.Sprintf("%s has %s than %s: the difference %s.",
		second.Name, size, first.Name, verdict(d.P, d.PHolm))
}

// targetNote says what columns about labels or numbers are.
func targetNote(t task.Task) string {
	if t == (task.MultiLabel{}) {
		return "AP: average precision, the mean precision over the images that have the label, ranked by " +
			"its logit; by chance the share that has it. F1 is the harmonic mean of precision and recall. " +
			"Means are over the labels that have such a value."
	}
	return "Errors are in the unit of each number. R²: 1 − mean squared error / variance of the targets; 0 " +
		"is the worth of always saying their mean."
}

// Targets judges each label or number of a result by itself.
func Targets(r Result) report.Table {
	names := report.Shorten(r.Classes, className)
	t := report.Table{Notes: []string{targetNote(r.Task)}}
	if r.Task == (task.MultiLabel{}) {
		t.Columns = []report.Column{
			{Head: "label"}, right("images with it"), right("accuracy, %"), right("AP"), right("F1"),
			right("precision"), right("recall"),
		}
		for k, s := range assess.Labels(r.Answers) {
			t.Rows = append(t.Rows, cells(
				names[k], strconv.Itoa(s.Positives), percent(s.Accuracy()), share(s.AveragePrecision),
				share(s.F1()), share(s.Precision()), share(s.Recall()),
			))
		}
		return t
	}
	t.Columns = []report.Column{
		{Head: "number"}, right("RMSE"), right("mean absolute error"), right("mean error"), right("R²"),
		right("mean of the targets"), right("their standard deviation"),
	}
	for k, s := range assess.Numbers(r.Answers) {
		t.Rows = append(t.Rows, cells(
			names[k], four(s.RMSE), four(s.MAE), four(s.Bias), share(s.R2), four(s.Mean), four(s.SD),
		))
	}
	return t
}

// four writes a number to four digits.
func four(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

// share writes a number around 1, a dash for none.
func share(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return fmt.Sprintf("%.4f", v)
}

// overall returns the means over the labels or numbers that have a value.
func overall(r Result) (list []named) {
	if r.Task == (task.MultiLabel{}) {
		var ap, f1 []float64
		for _, s := range assess.Labels(r.Answers) {
			ap, f1 = append(ap, s.AveragePrecision), append(f1, s.F1())
		}
		return []named{
			{"mean AP", "mean_average_precision", meanOf(ap)}, {"mean F1", "mean_f1", meanOf(f1)},
		}
	}
	var mae, r2 []float64
	for _, s := range assess.Numbers(r.Answers) {
		mae, r2 = append(mae, s.MAE), append(r2, s.R2)
	}
	return []named{
		{"mean absolute error", "mean_absolute_error", meanOf(mae)}, {"mean R²", "mean_r2", meanOf(r2)},
	}
}

// named is a number with its names for people and for JSON.
type named struct {
	label, key string
	value      float64
}

// String writes the number for people.
func (n named) String() string {
	if n.key == "mean_absolute_error" {
		return four(n.value)
	}
	return share(n.value)
}

// meanOf returns the mean of the values that are numbers, NaN of none.
func meanOf(values []float64) float64 {
	sum, n := 0.0, 0
	for _, v := range values {
		if !math.IsNaN(v) {
			sum, n = sum+v, n+1
		}
	}
	return sum / float64(n)
}

// targetScores sets runs of a task without classes side by side.
func targetScores(results []Result) report.Table {
	q := results[0].Task.Quality()
	t := report.Table{Columns: []report.Column{
		right("#"), {Head: "run"}, right(q.Label()), {Head: "95 % interval"}, right("loss"),
	}}
	for _, n := range overall(results[0]) {
		t.Columns = append(t.Columns, right(n.label))
	}
	for i, r := range results {
		s := r.scored()
		row := cells(strconv.Itoa(i+1), r.Name, q.Bare(s.Quality), s.intervalText(), four(s.Loss))
		for _, n := range overall(r) {
			row = append(row, report.Cell{Text: n.String()})
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// targetComparisons sets each run beside the first.
func targetComparisons(results []Result) report.Table {
	head, show := "mean squared error", func(v float64) string { return fmt.Sprintf("%+.4g", v) }
	if results[0].Task.Quality().Fraction {
		head, show = "label accuracy, points", signed
	}
	t := report.Table{
		Columns: []report.Column{
			{Head: "compared with 1"}, right(head), {Head: "95 % interval"}, right("p"), right("p (Holm)"),
		},
		Notes: append(
			Meanings(results),
			"p: the sign-flip test of the images' differences; Holm: corrected for the number of runs compared.",
		),
	}
	for i, r := range results[1:] {
		d, interval := r.Apart, "–"
		if d.Interval != nil {
			interval = show(d.Interval.Low) + " to " + show(d.Interval.High)
		}
		t.Rows = append(t.Rows, cells(strconv.Itoa(i+2), show(d.Mean), interval, pValue(d.P), pValue(d.PHolm)))
	}
	return t
}

// targetText says what the intervals of a task without classes are.
func targetText(t task.Task) string {
	if t.Quality().Fraction {
		return "The label accuracy is the share of labels, over all test images, that are right; its interval " +
			"is Student's at 95 % of the images' shares. The loss is the mean binary cross-entropy in nats."
	}
	return "The root mean squared error is that over all numbers, in the unit of the data; its interval is " +
		"the root of Student's at 95 % of the images' mean squared errors. The loss is the mean squared error."
}
