package report

import (
	"fmt"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// DotPlots are dot plots (Cleveland 1984) side by side over the same axis, which begins at 0: a row for
// each thing that is measured, with a dot for each series and a line between the outermost two. A
// legend stands beside the first rows of the first one, which therefore should be short.
type DotPlots struct {
	Value  Axis
	Series []string // what the dots are, the first one filled
	Panels []DotPanel
	Text   string // the caption
}

// DotPanel is one of the plots.
type DotPanel struct {
	Title string
	Mark  float64 // a value with a line through all rows, none if 0
	Rows  []DotRow
}

// DotRow is what was measured of one thing.
type DotRow struct {
	Name   string
	Values []float64 // one for each series; NaN where there is none
	Note   string    // stands at the right edge
}

// Caption returns the text.
func (d DotPlots) Caption() string { return d.Text }

func (d DotPlots) size() (vg.Length, vg.Length) {
	rows := 0
	for _, p := range d.Panels {
		rows = max(rows, len(p.Rows))
	}
	return 8.6 * vg.Inch, vg.Inch + vg.Length(rows)*0.21*vg.Inch
}

// opaque reports that the figure is white between its plots and around them, too: it stands in documents,
// which may be dark.
func (d DotPlots) opaque() bool { return true }

func (d DotPlots) plots() ([][]*plot.Plot, error) {
	var row []*plot.Plot
	most := 0.0
	for _, panel := range d.Panels {
		most = max(most, d.Value.shown(panel.Mark))
		for _, r := range panel.Rows {
			for _, v := range r.Values {
				if d.Value.drawable(v) {
					most = max(most, d.Value.shown(v))
				}
			}
		}
	}
	for i, panel := range d.Panels {
		p, err := d.plot(panel, most, i == 0)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", panel.Title, err)
		}
		row = append(row, p)
	}
	return [][]*plot.Plot{row}, nil
}

// notesAt is where notes stand, and axisEnd where the rows' lines end, relative to the largest value.
const notesAt, axisEnd = 1.17, 1.15

// plot draws a panel whose axis reaches beyond most, the first row on top.
func (d DotPlots) plot(panel DotPanel, most float64, legend bool) (*plot.Plot, error) {
	p := newPlot(panel.Title, false)
	p.Legend.XOffs, p.Legend.ThumbnailWidth = -vg.Points(42), vg.Points(10) // left of the notes
	d.Value.apply(&p.X, nil)
	p.Add(&plotter.Grid{Vertical: plotter.DefaultGridLineStyle})
	if panel.Mark > 0 {
		if err := addMark(p, d.Value.shown(panel.Mark), len(panel.Rows)); err != nil {
			return nil, err
		}
	}
	points := make([]plotter.XYs, len(d.Series))
	var names []string
	var notes plotter.XYLabels
	for i := range panel.Rows {
		r := panel.Rows[len(panel.Rows)-1-i]
		names = append(names, r.Name)
		if len(r.Values) != len(d.Series) {
			return nil, fmt.Errorf("%s: %d values, expected one for each of %d series",
				r.Name, len(r.Values), len(d.Series))
		}
		low, high := math.Inf(1), math.Inf(-1)
		for k, v := range r.Values {
			if math.IsNaN(v) {
				continue
			}
			if !d.Value.drawable(v) {
				return nil, fmt.Errorf("%s: found %v, which the axis cannot show", r.Name, v)
			}
			v = d.Value.shown(v)
			low, high = min(low, v), max(high, v)
			points[k] = append(points[k], plotter.XY{X: v, Y: float64(i)})
		}
		if low > high {
			continue
		}
		for _, l := range []struct {
			from, to float64
			style    draw.LineStyle
		}{
			{0, axisEnd * most, plotter.DefaultGridLineStyle},
			{low, high, draw.LineStyle{Color: pale(palette[0]), Width: vg.Points(2)}},
		} {
			line, err := plotter.NewLine(plotter.XYs{{X: l.from, Y: float64(i)}, {X: l.to, Y: float64(i)}})
			if err != nil {
				return nil, err
			}
			line.LineStyle = l.style
			p.Add(line)
		}
		notes.XYs = append(notes.XYs, plotter.XY{X: notesAt * most, Y: float64(i)})
		notes.Labels = append(notes.Labels, r.Note)
	}
	if len(names) == 0 {
		return p, nil
	}
	if err := d.dots(p, points, legend); err != nil {
		return nil, err
	}
	labels, err := plotter.NewLabels(notes)
	if err != nil {
		return nil, err
	}
	for i := range labels.TextStyle {
		labels.TextStyle[i].Font.Size, labels.TextStyle[i].YAlign = vg.Points(8), -0.4 // in the middle of digits
	}
	p.Add(labels)
	p.NominalY(names...)
	p.Y.Tick.Label.Font.Size = vg.Points(8)
	p.Y.Min, p.Y.Max = -0.6, float64(len(names))-0.4
	p.X.Min, p.X.Max = 0, (notesAt+0.15)*most
	return p, nil
}

// dots draws the series, the first one last so that it lies on top.
func (d DotPlots) dots(p *plot.Plot, points []plotter.XYs, legend bool) error {
	for k := len(points) - 1; k >= 0; k-- {
		style := styleAt(k + 1)
		glyph := style.glyph(vg.Points(3.2))
		glyph.Shape = draw.RingGlyph{}
		if k == 0 {
			glyph.Shape = draw.CircleGlyph{}
		}
		scatter, err := plotter.NewScatter(points[k])
		if err != nil {
			return err
		}
		scatter.GlyphStyle = glyph
		p.Add(scatter)
		if legend {
			p.Legend.Add(d.Series[k], scatter)
		}
	}
	return nil
}

// addMark draws a dashed line through all rows.
func addMark(p *plot.Plot, x float64, rows int) error {
	line, err := plotter.NewLine(plotter.XYs{{X: x, Y: -0.6}, {X: x, Y: float64(rows) - 0.4}})
	if err != nil {
		return err
	}
	line.LineStyle = draw.LineStyle{
		Color: palette[0], Width: vg.Points(1), Dashes: []vg.Length{vg.Points(4), vg.Points(3)},
	}
	p.Add(line)
	return nil
}
