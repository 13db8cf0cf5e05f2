package report

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/gradreg/gradreg/internal/atomicfile"
)

// Contact is a contact sheet: small images in rows, each row with a label at its left.
type Contact struct {
	Title string
	Rows  []ContactRow
}

// ContactRow is a row of a contact sheet.
type ContactRow struct {
	Label  string
	Detail string // below the label, smaller
	Images []image.Image
}

// Measures of a contact sheet in pixels.
const (
	contactTile   = 88  // the least side of an image: small ones are enlarged by a whole factor
	contactGap    = 4   // between images
	contactLabel  = 200 // the widest label; what is longer ends in …
	contactMargin = 12
	contactTitle  = 32
)

// WritePNG writes the sheet to a file, whole or not at all.
func (c Contact) WritePNG(path string) error {
	img, err := c.Draw()
	if err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error { return png.Encode(w, img) })
}

// Draw draws the sheet. Pixels of the images stay squares of one colour, so that it shows what a model sees.
func (c Contact) Draw() (*image.RGBA, error) {
	big, err := newPen(15)
	if err != nil {
		return nil, err
	}
	small, err := newPen(12)
	if err != nil {
		return nil, err
	}
	columns, labelled, side := 0, 0, 1
	for _, row := range c.Rows {
		columns = max(columns, len(row.Images))
		labelled = max(labelled, big.width(row.Label), small.width(row.Detail))
		for _, img := range row.Images {
			side = max(side, img.Bounds().Dx(), img.Bounds().Dy())
		}
	}
	labelled = min(labelled, contactLabel)
	factor := (contactTile + side - 1) / side
	step := factor*side + contactGap
	left := 2*contactMargin + labelled
	width := max(left+columns*step+contactMargin, big.width(c.Title)+2*contactMargin)
	sheet := image.NewRGBA(image.Rect(0, 0, width, contactTitle+len(c.Rows)*step+contactMargin))
	draw.Draw(sheet, sheet.Rect, image.White, image.Point{}, draw.Src)
	big.write(sheet, contactMargin, 22, width, c.Title, color.Black)
	for i, row := range c.Rows {
		top := contactTitle + i*step
		middle := top + factor*side/2
		big.write(sheet, contactMargin, middle, labelled, row.Label, color.Black)
		small.write(sheet, contactMargin, middle+17, labelled, row.Detail, color.Gray{Y: 100})
		for j, img := range row.Images {
			size := img.Bounds().Size().Mul(factor)
			at := image.Pt(left+j*step, top)
			draw.NearestNeighbor.Scale(sheet, image.Rectangle{at, at.Add(size)}, img, img.Bounds(), draw.Src, nil)
		}
	}
	return sheet, nil
}

// pen writes in one size.
type pen struct{ face font.Face }

// newPen returns a pen of that size in pixels. The font covers Latin, Greek and Cyrillic letters.
func newPen(size float64) (pen, error) {
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return pen{}, fmt.Errorf("the font of the sheet: %w", err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingFull})
	if err != nil {
		return pen{}, fmt.Errorf("the font of the sheet: %w", err)
	}
	return pen{face}, nil
}

// width returns the pixels that a text takes.
func (p pen) width(text string) int { return font.MeasureString(p.face, text).Ceil() }

// write writes a text with its base line at y, cut off where it would be wider than width.
func (p pen) write(sheet *image.RGBA, x, y, width int, text string, ink color.Color) {
	if p.width(text) > width {
		runes := []rune(text)
		for len(runes) > 0 && p.width(string(runes)+"…") > width {
			runes = runes[:len(runes)-1]
		}
		text = string(runes) + "…"
	}
	d := font.Drawer{Dst: sheet, Src: image.NewUniform(ink), Face: p.face, Dot: fixed.P(x, y)}
	d.DrawString(text)
}
