package picture

import (
	"image"
	"image/color"
	"math"

	"golang.org/x/image/draw"
)

// longestAspect bounds the ratio of a picture's extents that are scaled: the middle of a longer
// picture decides its crop, and a strip of one pixel would become millions.
const longestAspect = 4

// centreCrop scales the whole picture so that width × height pixels are the fit's share of it, and
// draws those in its middle.
func centreCrop(p Picture, width, height int, fit fitting, paper color.Color) *image.RGBA {
	from := p.Image.Bounds()
	if long := longestAspect * min(from.Dx(), from.Dy()); max(from.Dx(), from.Dy()) > long {
		from = centred(from, min(from.Dx(), long), min(from.Dy(), long))
	}
	w, h := from.Dx(), from.Dy() // as seen
	if p.Orientation.Transposes() {
		w, h = h, w
	}
	w, h = scaled(w, h, width, height, fit.share)
	x, y := middle(w, width), middle(h, height)
	// What is seen mirrored is stored at the other end.
	mirroredX, mirroredY := p.Orientation.mirrors()
	if mirroredX {
		x = w - width - x
	}
	if mirroredY {
		y = h - height - y
	}
	if p.Orientation.Transposes() {
		w, h, x, y, width, height = h, w, y, x, height, width
	}
	canvas := image.NewRGBA(image.Rect(0, 0, width, height))
	draw.Draw(canvas, canvas.Rect, image.NewUniform(paper), image.Point{}, draw.Src)
	to := image.Rect(-x, -y, w-x, h-y)
	if from.Size() == to.Size() {
		draw.Draw(canvas, to, fit.flat(p.Image, from), from.Min, draw.Over)
	} else {
		fit.kernel().Scale(canvas, to, fit.flat(p.Image, from), from, draw.Over, nil)
	}
	return p.Orientation.upright(canvas)
}

// scaled returns the extents of a picture of w × h scaled so that a share of the shorter one, and
// no more of the longer, is what is kept.
func scaled(w, h, width, height int, share float64) (int, int) {
	if w*height <= h*width { // the width is the scarce one
		to := extent(width, share)
		return to, max(int(float64(to)*float64(h)/float64(w)), height)
	}
	to := extent(height, share)
	return max(int(float64(to)*float64(w)/float64(h)), width), to
}

// extent returns how many pixels an extent has of which side are a share.
func extent(side int, share float64) int {
	return min(max(side, int(math.Floor(float64(side)/share))), MaxSide)
}

// middle returns where side pixels in the middle of an extent begin, halves to even as Python
// rounds.
func middle(extent, side int) int { return int(math.RoundToEven(float64(extent-side) / 2)) }
