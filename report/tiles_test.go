package report_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/gradreg/gradreg/report"
)

// TestTiles checks where pictures and text go: every pixel of a picture becomes a square, text stays within its tile.
func TestTiles(t *testing.T) {
	picture := image.NewRGBA(image.Rect(0, 0, 2, 3))
	picture.Set(1, 2, color.RGBA{255, 0, 0, 255})
	long := "a line that is far too long for the tile that it stands under"
	data, err := report.Tiles{Title: long + long + long, Columns: 2, Heads: []string{long, "b"}, List: []report.Tile{
		{Picture: picture, Lines: []string{long}}, {Lines: []string{"é — λ"}}, {Picture: picture},
	}}.PNG()
	if err != nil {
		t.Fatal(err)
	}
	got, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	red, black := 0, 0
	bounds := got.Bounds()
	for y := range bounds.Dy() {
		for x := range bounds.Dx() {
			switch r, g, b, _ := got.At(x, y).RGBA(); {
			case r == 0xffff && g == 0 && b == 0:
				red++
			case r == 0 && g == 0 && b == 0:
				black++
			}
			if x >= bounds.Dx()-9 && got.At(x, y) != (color.RGBA{255, 255, 255, 255}) {
				t.Fatalf("something is drawn in the right margin, at %d, %d", x, y)
			}
		}
	}
	const square = 37 * 37 // 112 / 3
	if red != 2*square || black != 0 {
		t.Errorf("%d red pixels and %d black ones, expected %d and 0: the rest of the picture is transparent", red, black, 2*square)
	}
	if _, err := (report.Tiles{}).PNG(); err == nil {
		t.Error("no columns are no error")
	}
	path := filepath.Join(t.TempDir(), "tiles.png")
	if err := report.WriteTiles(path, report.Tiles{Columns: 3}); err != nil {
		t.Error(err)
	}
	if data, err := os.ReadFile(path); err != nil || len(data) == 0 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
}

// TestConfusion looks for what the matrix has to show.
func TestConfusion(t *testing.T) {
	c := report.Confusion{Title: "test", Classes: []string{"cat", "dog", "horse"}, Counts: []int{907, 0, 13, 5, 811, 0, 0, 0, 0}}
	svg, err := report.SVG(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">907<", ">13<", ">5<", ">811<", ">horse<", ">true class<", ">predicted class<"} {
		if !bytes.Contains(svg, []byte(want)) {
			t.Errorf("%s is not in the picture", want)
		}
	}
	if bytes.Contains(svg, []byte(">0<")) {
		t.Error("zeros are in the picture")
	}
	if want := "test. Rows: true class, columns: predicted class; shade: share of the row; n = 1736 images."; c.Caption() != want {
		t.Errorf("caption is %q", c.Caption())
	}
	if _, err := report.SVG(report.Confusion{Classes: []string{"a"}}); err == nil {
		t.Error("no counts are no error")
	}
}
