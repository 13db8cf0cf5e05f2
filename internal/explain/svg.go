package explain

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/gradreg/gradreg/internal/layered"
)

// Sizes of text, in pixels. A letter of Helvetica takes some 0.56 of the font's size on the
// average; names are mostly narrow ones, shapes digits.
const (
	fontSize    = 10.0
	letterWidth = 5.6
	lineHeight  = 12.0
	padX, padY  = 9.0, 5.0
	border      = 10.0
)

// SVG returns the stage as a picture: operations in layers, from the inputs down to what is
// returned, which has a bold outline.
func (s Stage) SVG() []byte {
	d := s.draw()
	sizes := make([]layered.Size, len(d.nodes))
	for i, n := range d.nodes {
		sizes[i] = n.size()
	}
	plan := layered.Draw(sizes, d.edges)
	var b bytes.Buffer
	w, h := plan.Size.W+2*border, plan.Size.H+2*border
	fmt.Fprintf(&b, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "+
		"viewBox=\"%.0f %.0f %.0f %.0f\" font-family=\"Helvetica,Arial,sans-serif\" "+
		"font-size=\"%.0f\" text-anchor=\"middle\">\n",
		w, h, -border, -border, w, h, fontSize)
	fmt.Fprintf(
		&b,
		"<defs><marker id=\"head\" viewBox=\"0 0 6 6\" refX=\"6\" refY=\"3\" markerWidth=\"6\" "+
			"markerHeight=\"6\" orient=\"auto\"><path d=\"M0 0L6 3L0 6z\" fill=\"#666666\"/></marker></defs>\n",
	)
	fmt.Fprintf(
		&b,
		"<rect x=\"%.0f\" y=\"%.0f\" width=\"%.0f\" height=\"%.0f\" fill=\"#ffffff\"/>\n<g "+
			"fill=\"none\" stroke=\"#666666\">\n",
		-border, -border, w, h,
	)
	for _, l := range plan.Links {
		head := ""
		if l.End {
			head = " marker-end=\"url(#head)\""
		}
		middle := (l.From.Y + l.To.Y) / 2 // both ends are vertical, so that pieces of a line join smoothly
		fmt.Fprintf(
			&b, "<path d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f\"%s/>\n", l.From.X, l.From.Y,
			l.From.X, middle, l.To.X, middle, l.To.X, l.To.Y, head,
		)
	}
	b.WriteString("</g>\n")
	for i, n := range d.nodes {
		n.write(&b, plan.Centres[i], sizes[i])
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// size returns the room that a node's text needs in its shape.
func (n node) size() layered.Size {
	letters := 0
	for _, line := range n.lines {
		letters = max(letters, utf8.RuneCountInString(line))
	}
	s := layered.Size{W: letterWidth*float64(letters) + 2*padX, H: lineHeight*float64(len(n.lines)) + 2*padY}
	switch n.shape {
	case "ellipse":
		s.W, s.H = s.W*1.25, s.H*1.25
	case "parallelogram", "hexagon":
		s.W += 2 * slant
	}
	return s
}

// slant is how far a slanted side leans, and how much of a corner is cut off.
const slant = 8.0

// write draws a node.
func (n node) write(b *bytes.Buffer, at layered.Point, s layered.Size) {
	pen := 1.0
	if n.root {
		pen = 3
	}
	style := fmt.Sprintf("fill=%q stroke=\"#000000\" stroke-width=\"%.0f\"", n.fill, pen)
	if n.shape == "ellipse" {
		fmt.Fprintf(
			b, "<ellipse cx=\"%.1f\" cy=\"%.1f\" rx=\"%.1f\" ry=\"%.1f\" %s/>\n", at.X, at.Y, s.W/2,
			s.H/2, style,
		)
	} else {
		b.WriteString("<polygon points=\"")
		for i, p := range outline(n.shape, s) {
			if i > 0 {
				b.WriteString(" ")
			}
			fmt.Fprintf(b, "%.1f,%.1f", at.X+p.X, at.Y+p.Y)
		}
		fmt.Fprintf(b, "\" %s/>\n", style)
	}
	for i, line := range n.lines {
		// A line's baseline is a third of the font below its middle.
		y := at.Y + lineHeight*(float64(i)-float64(len(n.lines)-1)/2) + fontSize/3
		fmt.Fprintf(b, "<text x=\"%.1f\" y=\"%.1f\">", at.X, y)
		xml.EscapeText(b, []byte(line)) // a buffer takes everything
		b.WriteString("</text>\n")
	}
}

// outline returns the corners of a shape around 0.
func outline(shape string, s layered.Size) []layered.Point {
	x, y := s.W/2, s.H/2
	cut := math.Min(slant, y)
	switch shape {
	case "parallelogram":
		return []layered.Point{{X: -x + slant, Y: -y}, {X: x, Y: -y}, {X: x - slant, Y: y}, {X: -x, Y: y}}
	case "hexagon":
		return []layered.Point{
			{X: -x + slant, Y: -y}, {X: x - slant, Y: -y}, {X: x}, {X: x - slant, Y: y},
			{X: -x + slant, Y: y}, {X: -x},
		}
	case "octagon":
		return []layered.Point{
			{X: -x + cut, Y: -y}, {X: x - cut, Y: -y}, {X: x, Y: -y + cut}, {X: x, Y: y - cut},
			{X: x - cut, Y: y}, {X: -x + cut, Y: y}, {X: -x, Y: y - cut}, {X: -x, Y: -y + cut},
		}
	case "note":
		return []layered.Point{{X: -x, Y: -y}, {X: x - cut, Y: -y}, {X: x, Y: -y + cut}, {X: x, Y: y}, {X: -x, Y: y}}
	}
	return []layered.Point{{X: -x, Y: -y}, {X: x, Y: -y}, {X: x, Y: y}, {X: -x, Y: y}}
}
