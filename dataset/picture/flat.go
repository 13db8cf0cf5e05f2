package picture

import (
	"image"
	"image/color"
)

// flatPixels is up to which size a picture's pixels are laid out anew for scaling, which takes 4
// bytes for each.
const flatPixels = 64 << 20

// flat returns the part r of a picture with a pixel's channels side by side, its colours
// interpolated if that is asked for. The scaler weighs each pixel with several others, and would
// convert it each time: without this, a photo takes longer to scale than to decode.
func flat(img image.Image, r image.Rectangle, interpolate bool) image.Image {
	return flatUpTo(img, r, interpolate, flatPixels)
}

// flatUpTo is flat that lays out at most so many pixels, and of larger pictures a row at a time,
// which is slower.
func flatUpTo(img image.Image, r image.Rectangle, interpolate bool, pixels int) image.Image {
	planes, ok := img.(*image.YCbCr)
	if !ok {
		return img // others are rare, or have 16 bits, which would be lost
	}
	draw := rowsOf(planes, interpolate)
	if r.Dx()*r.Dy() > pixels {
		return &rows{draw: draw, rect: r, row: image.NewRGBA(image.Rect(r.Min.X, 0, r.Max.X, 1)), y: r.Min.Y - 1}
	}
	out := image.NewRGBA(r)
	for y := r.Min.Y; y < r.Max.Y; y++ {
		draw(out, y)
	}
	return out
}

// rows is an opaque picture of which one row is laid out: the scaler reads a row to its end before
// the next.
type rows struct {
	draw drawRow
	rect image.Rectangle
	row  *image.RGBA
	y    int // of the row
}

// ColorModel implements [image.Image].
func (m *rows) ColorModel() color.Model { return color.RGBAModel }

// Bounds implements [image.Image].
func (m *rows) Bounds() image.Rectangle { return m.rect }

// Opaque says so to the scaler, which would look at every pixel.
func (m *rows) Opaque() bool { return true }

// At implements [image.Image].
func (m *rows) At(x, y int) color.Color { return m.RGBA64At(x, y) }

// RGBA64At implements [image.RGBA64Image].
func (m *rows) RGBA64At(x, y int) color.RGBA64 {
	if y != m.y {
		m.y = y
		m.row.Rect.Min.Y, m.row.Rect.Max.Y = y, y+1
		m.draw(m.row, y)
	}
	p := m.row.Pix[4*(x-m.rect.Min.X):][:4:4]
	return color.RGBA64{R: uint16(p[0]) * 0x101, G: uint16(p[1]) * 0x101, B: uint16(p[2]) * 0x101, A: 0xffff}
}
