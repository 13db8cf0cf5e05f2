package report

import (
	"hash/fnv"
	"image/color"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Style is how a method looks in every figure: a colour, and a shape and a dash that say the same to those who cannot
// tell the colours apart.
type Style struct {
	Color  color.RGBA
	Dashes []vg.Length
	Shape  draw.GlyphDrawer
}

// shapes are told apart at three points.
var shapes = []draw.GlyphDrawer{
	draw.CircleGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.CrossGlyph{}, draw.RingGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, draw.PlusGlyph{},
}

// styleAt returns combination i of colour, dash and shape. The first seven differ in all three; of seven colours and dashes
// and eight shapes no two of the first 24 share dash and shape.
func styleAt(i int) Style {
	return Style{palette[i%len(palette)], dashes[(i+i/len(dashes))%len(dashes)], shapes[i%len(shapes)]}
}

// styled lists the methods in the order of their styles: those that stand side by side most often come first.
var styled = []string{
	"none", "datagrad", "spectreg", "jacreg", "confidence", "frobreg", "weight-decay",
	"label-smoothing", "onehot", "random-onehot", "softmaxgrad", "topk", "hoffman", "ross",
	"dropout", "finite-difference", "output-noise", "adversarial", "fgsm", "vat", "input-noise",
	"spectral-norm",
}

// StyleOf returns the style of a method, by its name or text form, whatever its λ: datagrad:50 looks as datagrad. A name
// that is in no table, such as datagrad+confidence, gets one of the styles that are left, always the same.
func StyleOf(method string) Style {
	name := methodName(method)
	for i, s := range styled {
		if s == name {
			return styleAt(i)
		}
	}
	h := fnv.New32a()
	h.Write([]byte(name))
	return styleAt(len(styled) + int(h.Sum32()%uint32(len(palette)*len(shapes)-len(styled))))
}

// methodName returns a text form, or several joined by +, without values and options.
func methodName(method string) string {
	parts := strings.Split(method, "+")
	for i, p := range parts {
		name, _, _ := strings.Cut(strings.TrimSpace(p), ":")
		parts[i] = name
	}
	return strings.Join(parts, "+")
}

// pale returns a colour mixed with white, for areas behind lines.
func pale(c color.RGBA) color.RGBA {
	mix := func(v uint8) uint8 { return uint8(255 - (255-int(v))/4) }
	return color.RGBA{mix(c.R), mix(c.G), mix(c.B), 255}
}

// translucent returns a style's colour for areas that may cover each other. The components are premultiplied.
func translucent(s Style) color.RGBA {
	const alpha = 60
	scale := func(v uint8) uint8 { return uint8(int(v) * alpha / 255) }
	return color.RGBA{scale(s.Color.R), scale(s.Color.G), scale(s.Color.B), alpha}
}

// line returns the style of lines.
func (s Style) line(width vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: s.Color, Dashes: s.Dashes, Width: width}
}

// glyph returns the style of marks.
func (s Style) glyph(radius vg.Length) draw.GlyphStyle {
	return draw.GlyphStyle{Color: s.Color, Radius: radius, Shape: s.Shape}
}
