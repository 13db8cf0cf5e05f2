package report

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"github.com/gradreg/gradreg/internal/atomicfile"
)

// Tiles are small pictures in rows, with lines of text under each.
type Tiles struct {
	Title   string     // one or more lines
	Columns int        // pictures in a row
	Heads   []string   // above the columns, if any
	Labels  [][]string // lines at the left of the rows, if any
	List    []Tile     // row by row
}

// Tile is a picture and its text.
type Tile struct {
	Picture image.Image // enlarged by a whole factor; nil leaves the place empty
	Lines   []string    // shortened where they are wider than the tile, before a bracket at their end
}

// The extents of tiles in pixels.
const (
	tileSide   = 112 // that a picture is enlarged to, at least to half of it
	tileWidth  = 152
	tileMargin = 10
	textSize   = 12
	lineHeight = 15
	labelWidth = 160 // of the widest label
)

// PNG draws the tiles.
func (t Tiles) PNG() ([]byte, error) {
	if t.Columns < 1 {
		return nil, fmt.Errorf("tiles in %d columns, expected at least 1", t.Columns)
	}
	face, err := tileFace()
	if err != nil {
		return nil, err
	}
	defer face.Close()
	place := t.places(face)
	canvas := image.NewRGBA(image.Rect(0, 0, place.width, place.height))
	draw.Draw(canvas, canvas.Bounds(), image.White, image.Point{}, draw.Src)
	pen := font.Drawer{Dst: canvas, Src: image.NewUniform(color.Gray{Y: 20}), Face: face}
	for i, line := range t.titleLines() {
		write(&pen, line, tileMargin, tileMargin+i*lineHeight, place.width-2*tileMargin)
	}
	for i, head := range t.Heads {
		write(&pen, head, place.left+i*place.tileWidth, place.headY, place.tileWidth-tileMargin)
	}
	for i, lines := range t.Labels {
		middle := place.top + i*place.tileHeight + (place.pictureHeight-len(lines)*lineHeight)/2
		for j, line := range lines {
			write(&pen, line, tileMargin, middle+j*lineHeight, labelWidth)
		}
	}
	for i, tile := range t.List {
		x, y := place.left+i%t.Columns*place.tileWidth, place.top+i/t.Columns*place.tileHeight
		if tile.Picture != nil {
			enlarge(canvas, tile.Picture, image.Pt(x, y))
		}
		for j, line := range tile.Lines {
			write(&pen, line, x, y+place.pictureHeight+3+j*lineHeight, place.tileWidth-tileMargin)
		}
	}
	var b bytes.Buffer
	err = png.Encode(&b, canvas)
	return b.Bytes(), err
}

// titleLines returns the lines of the title.
func (t Tiles) titleLines() []string {
	if t.Title == "" {
		return nil
	}
	return strings.Split(t.Title, "\n")
}

// WriteTiles draws tiles to a PNG file.
func WriteTiles(path string, t Tiles) error {
	data, err := t.PNG()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return atomicfile.WriteBytes(path, data)
}

// tilePlaces are where things stand, in pixels.
type tilePlaces struct {
	width, height                        int
	headY, left, top                     int // of the heads and the first row
	tileWidth, tileHeight, pictureHeight int
}

func (t Tiles) places(face font.Face) tilePlaces {
	p := tilePlaces{headY: tileMargin, left: tileMargin}
	for _, lines := range t.Labels {
		for _, line := range lines {
			p.left = max(p.left, 2*tileMargin+min(labelWidth, font.MeasureString(face, line).Ceil()))
		}
	}
	if n := len(t.titleLines()); n > 0 {
		p.headY += n*lineHeight + 6
	}
	p.top = p.headY
	if len(t.Heads) > 0 {
		p.top += lineHeight + 4
	}
	lines := 0
	for _, tile := range t.List {
		lines = max(lines, len(tile.Lines))
		if tile.Picture != nil {
			size, k := tile.Picture.Bounds().Size(), factor(tile.Picture)
			p.pictureHeight, p.tileWidth = max(p.pictureHeight, k*size.Y), max(p.tileWidth, k*size.X+tileMargin)
		}
	}
	p.tileHeight = p.pictureHeight + lines*lineHeight + tileMargin
	if lines > 0 {
		p.tileHeight += 3
	}
	if lines > 0 || len(t.Heads) > 0 {
		p.tileWidth = max(p.tileWidth, tileWidth)
	}
	rows := (len(t.List) + t.Columns - 1) / t.Columns
	p.width, p.height = p.left+t.Columns*p.tileWidth, p.top+rows*p.tileHeight
	return p
}

// factor is how much a picture is enlarged.
func factor(m image.Image) int {
	size := m.Bounds().Size()
	return max(1, tileSide/max(1, size.X, size.Y))
}

// enlarge draws a picture with its pixels as squares, as the network sees them.
func enlarge(canvas *image.RGBA, m image.Image, at image.Point) {
	k, bounds := factor(m), m.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			corner := at.Add(image.Pt((x-bounds.Min.X)*k, (y-bounds.Min.Y)*k))
			draw.Draw(
				canvas, image.Rectangle{corner, corner.Add(image.Pt(k, k))},
				image.NewUniform(m.At(x, y)), image.Point{}, draw.Over,
			)
		}
	}
}

// tileFace returns the face that tiles are labelled in.
func tileFace() (font.Face, error) {
	parsed, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return nil, err
	}
	return opentype.NewFace(parsed, &opentype.FaceOptions{Size: textSize, DPI: 72, Hinting: font.HintingFull})
}

// write writes a line with its top at y, shortened to a width: in its middle, for ends tell names
// apart as well as beginnings do.
func write(pen *font.Drawer, text string, x, y, width int) {
	if pen.MeasureString(text) > fixed.I(width) {
		tail := ""
		if i := strings.LastIndex(text, " ("); i >= 0 && strings.HasSuffix(text, ")") &&
			pen.MeasureString("…"+text[i:]) <= fixed.I(width) {
			text, tail = text[:i], text[i:]
		}
		for n := len([]rune(text)); n > 0; n-- {
			short := cutAll([]string{text}, n, n/2)[0] + tail
			if n == 1 || pen.MeasureString(short) <= fixed.I(width) {
				text = short
				break
			}
		}
	}
	pen.Dot = fixed.P(x, y+textSize-1)
	pen.DrawString(text)
}
