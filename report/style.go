package report

import (
	"image/color"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/gradreg/gradreg/internal/spec"
)

// Style is how a method looks in every figure: a colour, and a shape and a dash that say the same
// to those who cannot tell the colours apart.
type Style struct {
	Color  color.RGBA
	Dashes []vg.Length
	Shape  draw.GlyphDrawer
}

// shapes are told apart at three points.
var shapes = []draw.GlyphDrawer{
	draw.CircleGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}, draw.CrossGlyph{},
	draw.RingGlyph{}, draw.PyramidGlyph{}, draw.BoxGlyph{}, draw.PlusGlyph{},
}

// styleCount is the number of styles. No two of them share colour and dash, colour and shape, or
// dash and shape.
const styleCount = 42

// styleAt returns combination i of colour, dash and shape. The first seven differ in all three.
// Each further round of colours moves the dashes on by five: with any other number dash and shape
// come together again sooner.
func styleAt(i int) Style {
	return Style{palette[i%len(palette)], dashes[dashAt(i)], shapes[i%len(shapes)]}
}

// dashAt returns which dash combination i has.
func dashAt(i int) int { return (i + 5*(i/len(palette))) % len(dashes) }

// styled lists the methods in the order of their styles: those that stand side by side most often
// come first, and a penalty and its combination with another have the hollow and the filled form of
// one shape.
var styled = []string{
	"none", "datagrad", "spectreg", "jacreg", "confidence", "spectreg+confidence", "datagrad+confidence",
	"weight-decay", "onehot", "frobreg", "label-smoothing", "random-onehot", "input-noise", "topk",
	"hoffman", "ross", "dropout", "finite-difference", "output-noise", "adversarial", "fgsm",
	"virtual-adversarial", "softmaxgrad", "datagrad-auto", "spectreg-random", "datagrad-random",
	"spectreg-noise", "datagrad-noise",
	"spectral-norm", "datagrad-l1", "datagrad-linf", "decoupled-weight-decay", "l2-sp", "delta",
}

// StyleOf returns the style of a method, by its name or text form, whatever its λ: datagrad:50
// looks as datagrad.
func StyleOf(method string) Style { return StylesOf([]string{method})[0] }

// StylesOf returns styles that tell the methods of a figure apart. A method that has a style of its
// own keeps it; one that is in no table, or stands there twice with different λ, gets one that is
// free, of a colour that few others have.
func StylesOf(methods []string) []Style {
	at := make([]int, len(methods))
	var taken []int
	for i, m := range methods {
		at[i] = slices.Index(styled, methodName(m))
		if slices.Contains(taken, at[i]) {
			at[i] = -1
		} else if at[i] >= 0 {
			taken = append(taken, at[i])
		}
	}
	styles := make([]Style, len(methods))
	for i := range methods {
		if at[i] < 0 {
			at[i] = freeStyle(taken)
			taken = append(taken, at[i])
		}
		styles[i] = styleAt(at[i])
	}
	return styles
}

// freeStyle returns a style whose colour, then whose dash and shape the fewest of those taken have;
// of several such the first that is no method's. Where all are taken, they come again.
func freeStyle(taken []int) int {
	best, least := len(taken)%styleCount, math.MaxInt
	for k := range styleCount {
		i := (len(styled) + k) % styleCount
		if slices.Contains(taken, i) {
			continue
		}
		alike := 0
		for _, t := range taken {
			if t%len(palette) == i%len(palette) {
				alike += styleCount
			}
			if dashAt(t) == dashAt(i) {
				alike++
			}
			if t%len(shapes) == i%len(shapes) {
				alike++
			}
		}
		if alike < least {
			best, least = i, alike
		}
	}
	return best
}

// look is what a series of a figure says about its style: Style, or the method whose style it is,
// or a name.
type look struct {
	style        *Style
	method, name string
}

// styles returns the styles of the series of a figure.
func styles(looks []look) []Style {
	var methods []string
	for _, l := range looks {
		if l.method == "" {
			l.method = l.name
		}
		methods = append(methods, l.method)
	}
	list := StylesOf(methods)
	for i, l := range looks {
		if l.style != nil {
			list[i] = *l.style
		}
	}
	return list
}

// methodName returns a text form, or several joined by +, without values and options.
func methodName(method string) string {
	parts := strings.Split(method, "+")
	for i, p := range parts {
		parts[i] = spec.NameOf(p)
	}
	return strings.Join(parts, "+")
}

// pale returns a colour mixed with white, for areas behind lines.
func pale(c color.RGBA) color.RGBA {
	mix := func(v uint8) uint8 { return uint8(255 - (255-int(v))/4) }
	return color.RGBA{mix(c.R), mix(c.G), mix(c.B), 255}
}

// translucent returns a style's colour for areas that may cover each other. The components are
// premultiplied.
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
