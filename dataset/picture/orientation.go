package picture

import "image"

// Orientation is the value of the EXIF tag of that name (0x0112): where the first row and the first
// column of the stored picture are seen. 1 is upright; 2, 3 and 4 are that mirrored, turned by 180
// degrees, and both; 5 to 8 exchange rows and columns. Every other value counts as upright.
type Orientation uint16

// Transposes reports whether rows are seen as columns.
func (o Orientation) Transposes() bool { return o >= 5 && o <= 8 }

// mirrors reports whether columns and rows are seen in the opposite order of those that are stored,
// after an exchange of both if there is one.
func (o Orientation) mirrors() (columns, rows bool) {
	return o == 2 || o == 3 || o == 6 || o == 7, o == 3 || o == 4 || o == 7 || o == 8
}

// upright returns img as it is to be seen. It is called with small pictures, after scaling.
func (o Orientation) upright(img *image.RGBA) *image.RGBA {
	if o < 2 || o > 8 {
		return img
	}
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	if o.Transposes() {
		out = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			toX, toY := o.seen(x, y, w, h)
			copy(out.Pix[out.PixOffset(toX, toY):][:4], img.Pix[img.PixOffset(img.Rect.Min.X+x, img.Rect.Min.Y+y):][:4])
		}
	}
	return out
}

// seen returns where the stored pixel x, y of a picture of w × h is seen (EXIF 2.32, section 4.6.4,
// A).
func (o Orientation) seen(x, y, w, h int) (int, int) {
	switch o {
	case 2: // the first row is the top, the first column the right
		return w - 1 - x, y
	case 3: // bottom, right
		return w - 1 - x, h - 1 - y
	case 4: // bottom, left
		return x, h - 1 - y
	case 5: // left, top
		return y, x
	case 6: // right, top
		return h - 1 - y, x
	case 7: // right, bottom
		return h - 1 - y, w - 1 - x
	case 8: // left, bottom
		return y, w - 1 - x
	}
	return x, y
}
