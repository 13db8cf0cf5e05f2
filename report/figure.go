package report

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/foreign"
)

// Figure is a picture that can be drawn in several formats from one description.
type Figure interface {
	// Caption says what is drawn, which intervals and how many runs.
	Caption() string
	// plots returns rows of plots.
	plots() ([][]*plot.Plot, error)
	// size returns the extent of the whole.
	size() (width, height vg.Length)
}

// pngDPI is the resolution of PNG pictures: 8 inches are 1200 pixels.
const pngDPI = 150

// WriteFigure draws f in the format of the path's extension, .svg or .png.
func WriteFigure(path string, f Figure) error {
	data, err := draws(f, strings.ToLower(strings.TrimPrefix(filepath.Ext(path), ".")))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return atomicfile.WriteBytes(path, data)
}

// WriteFigures draws f as base.svg and base.png.
func WriteFigures(base string, f Figure) error {
	for _, ext := range []string{".svg", ".png"} {
		if err := WriteFigure(base+ext, f); err != nil {
			return err
		}
	}
	return nil
}

// SVG returns f as an SVG picture.
func SVG(f Figure) ([]byte, error) { return draws(f, "svg") }

// draws returns f in a format, svg or png.
func draws(f Figure, format string) ([]byte, error) {
	rows, err := f.plots()
	if err != nil {
		return nil, err
	}
	columns := fillRows(rows)
	width, height := f.size()
	tiles := draw.Tiles{
		Rows: len(rows), Cols: columns, PadX: vg.Points(16), PadY: vg.Points(12),
		PadTop: vg.Points(8), PadBottom: vg.Points(6), PadLeft: vg.Points(6), PadRight: vg.Points(14),
	}
	height += wrapTitles(rows, (width-tiles.PadLeft-tiles.PadRight)/vg.Length(max(1, columns))-tiles.PadX)
	var canvas interface {
		vg.CanvasSizer
		io.WriterTo
	}
	switch format {
	case "svg":
		canvas = vgsvg.New(width, height)
	case "png":
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(pngDPI))}
	default:
		return nil, fmt.Errorf("found format %q, expected svg or png", format)
	}
	whole := draw.New(canvas)
	if o, ok := f.(interface{ opaque() bool }); ok && o.opaque() {
		whole.SetColor(color.White)
		whole.Fill(whole.Rectangle.Path())
	}
	if t, ok := f.(interface{ title() string }); ok && t.title() != "" {
		whole = titled(whole, t.title())
	}
	for i, row := range plot.Align(rows, tiles, whole) {
		for j, c := range row {
			if rows[i][j] != nil {
				rows[i][j].Draw(c)
			}
		}
	}
	var b bytes.Buffer
	if _, err = canvas.WriteTo(&b); err != nil {
		return nil, err
	}
	if format == "svg" {
		return foreign.XML(b.Bytes()), nil
	}
	return b.Bytes(), nil
}

// writeSVG writes a canvas of vgsvg.
func writeSVG(path string, canvas io.WriterTo) error {
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return err
	}
	return atomicfile.WriteBytes(path, foreign.XML(b.Bytes()))
}

// titleLine is the height of a line of a title above several plots.
const titleLine = vg.Length(13)

// titleHeight returns the height that a title above several plots takes.
func titleHeight(title string) vg.Length {
	if title == "" {
		return 0
	}
	return vg.Length(strings.Count(title, "\n")+1)*titleLine + vg.Points(6)
}

// titled writes a title and returns what is left below it. Lines that are wider than the figure
// lose their middle.
func titled(c draw.Canvas, title string) draw.Canvas {
	style := draw.TextStyle{
		Color: color.Black, Font: plot.DefaultFont, YAlign: draw.YTop,
		Handler: plot.DefaultTextHandler,
	}
	style.Font.Size = vg.Points(10)
	at := vg.Point{X: c.Min.X + vg.Points(10), Y: c.Max.Y - vg.Points(6)}
	for line := range strings.SplitSeq(title, "\n") {
		for n := len([]rune(line)); n > 8 && style.Width(line) > c.Max.X-at.X-vg.Points(6); n-- {
			line = Middle(line, n)
		}
		c.FillText(style, at, line)
		at.Y -= titleLine
	}
	return draw.Crop(c, 0, 0, 0, -titleHeight(title))
}

// fillRows makes rows of the same length, places at their ends empty, and plots that can be drawn.
// It returns the length.
func fillRows(rows [][]*plot.Plot) (columns int) {
	for _, row := range rows {
		columns = max(columns, len(row))
		for _, p := range row {
			if p != nil {
				fillEmpty(&p.X)
				fillEmpty(&p.Y)
			}
		}
	}
	for i := range rows {
		rows[i] = append(rows[i], make([]*plot.Plot, columns-len(rows[i]))...)
	}
	return columns
}

// wrapTitles breaks titles that are wider than room into lines, and returns the height that these
// take in addition.
func wrapTitles(rows [][]*plot.Plot, room vg.Length) (height vg.Length) {
	for _, row := range rows {
		most := vg.Length(0)
		for _, p := range row {
			if p != nil {
				before := p.Title.TextStyle.Height(p.Title.Text)
				p.Title.Text = wrapped(p.Title.Text, p.Title.TextStyle.Width, room)
				most = max(most, p.Title.TextStyle.Height(p.Title.Text)-before)
			}
		}
		height += most
	}
	return height
}

// wrapped breaks the lines of a text into lines that are no wider than room.
func wrapped(text string, width func(string) vg.Length, room vg.Length) string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, wrappedLine(line, width, room)...)
	}
	return strings.Join(lines, "\n")
}

// wrappedLine breaks a line between words. One that is wider alone is broken behind a sign that
// separates parts of it, as in the text form of a model, and a part that is wider alone anywhere.
func wrappedLine(text string, width func(string) vg.Length, room vg.Length) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if next := strings.TrimSpace(line + " " + word); width(next) <= room {
			line = next
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		line = ""
		for _, part := range separated(word) {
			if width(line+part) <= room {
				line += part
				continue
			}
			if line != "" {
				lines, line = append(lines, line), ""
			}
			for _, r := range part {
				if line != "" && width(line+string(r)) > room {
					lines, line = append(lines, line), ""
				}
				line += string(r)
			}
		}
	}
	return append(lines, line)
}

// separated cuts a word behind each sign that separates its parts.
func separated(word string) (parts []string) {
	for len(word) > 0 {
		n := strings.IndexAny(word, ",;:/+")
		if n < 0 {
			n = len(word) - 1
		}
		parts, word = append(parts, word[:n+1]), word[n+1:]
	}
	return parts
}

// fillEmpty gives a logarithmic axis without data a range, which it needs to be drawn, and one with
// one value alone some extent: gonum would take 1 from it, which may leave nothing.
func fillEmpty(a *plot.Axis) {
	_, log := a.Scale.(plot.LogScale)
	switch {
	case log && a.Min > a.Max:
		a.Min, a.Max = 1, 10
	case log && a.Min == a.Max:
		a.Min, a.Max = a.Min/2, a.Max*2
	}
}

// newPlot returns an empty plot with a legend inside, at the top left if left is set.
func newPlot(title string, left bool) *plot.Plot {
	p := plot.New()
	p.Title.Text = title
	p.Legend.Top, p.Legend.Left = true, left
	p.Legend.Padding, p.Legend.ThumbnailWidth = vg.Points(3), vg.Points(26)
	p.Legend.XOffs = vg.Points(-6)
	if left {
		p.Legend.XOffs = vg.Points(6)
	}
	p.Legend.TextStyle.Font.Size = 10
	return p
}
