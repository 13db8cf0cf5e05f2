package study

import (
	"path/filepath"
	"slices"
	"strconv"

	"github.com/gradreg/gradreg/report"
	"github.com/gradreg/gradreg/stats"
)

// NamedFigure is a figure with the name of its files.
type NamedFigure struct {
	Name string
	report.Figure
}

// Figures returns the report's figures: means over the train sizes where there are several, a box
// plot for each block, and learning curves where they were collected.
func (r *Report) Figures() []NamedFigure {
	answer, others := r.figures()
	return append(answer, others...)
}

// figures returns the figures that answer the study's question, over the train sizes or else the
// box plots, and the others.
func (r *Report) figures() (answer, others []NamedFigure) {
	styles := r.styles()
	score := r.axis("test")
	sizes := map[int]bool{}
	for _, b := range r.Blocks {
		sizes[b.TrainSize] = true
	}
	if len(sizes) > 1 {
		answer = r.sizeFigures(score, styles)
	}
	boxesAnswer := len(answer) == 0
	for i, b := range r.Blocks {
		boxes := report.Boxes{Title: r.marked(b.title()), Value: score}
		for _, c := range r.Cells {
			if !b.holds(c.Cell) {
				continue
			}
			g := report.BoxGroup{Name: c.Method, Style: styles[c.Method], Values: c.scores()}
			if v, ok := b.Published[c.Method]; ok {
				g.Published = &v
			}
			if len(g.Values) > 0 {
				boxes.Groups = append(boxes.Groups, g)
			}
		}
		switch named := (NamedFigure{"boxes-" + strconv.Itoa(i+1), boxes}); {
		case len(boxes.Groups) == 0:
		case boxesAnswer:
			answer = append(answer, named)
		default:
			others = append(others, named)
		}
		if f := r.bands(b, styles); len(f.Series) > 0 {
			others = append(others, NamedFigure{"curves-" + strconv.Itoa(i+1), f})
		}
	}
	return answer, others
}

// axis returns the axis of the study's quality on test or dev images.
func (r *Report) axis(part string) report.Axis {
	return report.Axis{Label: part + " " + r.quality().Name, Percent: r.quality().Fraction}
}

// scores returns what the test images say of the runs that did not diverge.
func (c CellReport) scores() []float64 {
	var list []float64
	for _, run := range c.ended() {
		list = append(list, run.score())
	}
	return list
}

// styles returns the style of each method in all figures of the report.
func (r *Report) styles() map[string]*report.Style {
	var methods []string
	for _, c := range r.Cells {
		if !slices.Contains(methods, c.Method) {
			methods = append(methods, c.Method)
		}
	}
	styles := map[string]*report.Style{}
	for i, s := range report.StylesOf(methods) {
		styles[methods[i]] = &s
	}
	return styles
}

// sizeFigures show the means over the train sizes and the gains, one for each data set and setting.
func (r *Report) sizeFigures(score report.Axis, styles map[string]*report.Style) []NamedFigure {
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
		f := report.ErrorBars{
			Title: r.marked(title), Baseline: r.Baseline,
			X: report.Axis{Label: "training images", Log: true}, Y: score,
		}
		for _, m := range r.methods() {
			s := report.BarSeries{Name: m, Style: styles[m], Gains: r.gains(b, m)}
			for _, c := range r.Cells {
				if values := c.scores(); c.Data == b.Data && c.Setting == b.Setting &&
					c.Method == m && c.TrainSize > 0 && len(values) > 0 {
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

// gains returns a method's differences to the baseline over the train sizes, for a block's data and
// setting.
func (r *Report) gains(at Block, method string) []report.BarGain {
	var list []report.BarGain
	for _, b := range r.Blocks {
		there := slices.ContainsFunc(b.Comparisons, func(c stats.Comparison) bool { return c.Name == r.Baseline })
		if b.Data != at.Data || b.Setting != at.Setting || b.TrainSize == 0 || !there {
			continue
		}
		for _, c := range b.Comparisons {
			if c.Name == method && c.Paired != nil {
				list = append(list, report.BarGain{X: float64(b.TrainSize), Paired: *c.Paired})
			}
		}
	}
	return list
}

// bands show the learning curves of a block.
func (r *Report) bands(b Block, styles map[string]*report.Style) report.Bands {
	f := report.Bands{
		Title: r.marked(b.title()), X: report.Axis{Label: "step"}, Y: r.axis("dev"),
	}
	for _, c := range r.Cells {
		if !b.holds(c.Cell) {
			continue
		}
		s := report.BandSeries{Name: c.Method, Style: styles[c.Method]}
		for _, run := range c.ended() {
			x, y := run.points()
			if len(x) == 0 || len(s.X) > 0 && len(x) != len(s.X) {
				continue
			}
			s.X, s.Runs = x, append(s.Runs, y)
		}
		if len(s.Runs) > 0 {
			f.Series = append(f.Series, s)
		}
	}
	return f
}
