package picture

import (
	"image"

	"golang.org/x/image/draw"
)

// The ways to give every pixel a colour where a picture has less of it than of brightness.
const (
	nearest      = "nearest"      // that of the sample whose area it lies in, as package image does
	interpolated = "interpolated" // between the nearest samples, as libjpeg does
)

// upsampler converts rows of a picture whose colours are subsampled (4:2:0, 4:2:2, 4:4:0) to RGB
// and interpolates the colours: a pixel takes 3/4 of the nearest sample and 1/4 of the next one, in
// each subsampled direction. It is libjpeg's "fancy upsampling" with its rounding, so that Pillow,
// and with it the loaders that networks were trained with, make the same of a file but for the
// rounding of the inverse cosine transform. As there, colours with a quarter of the columns (4:1:1,
// 4:1:0) and pictures of up to two columns of colours are not interpolated.
type upsampler struct {
	from           *image.YCbCr
	twiceX, twiceY bool
	sums           [2][]int32 // of each plane, a row of colour samples, weighted along y
}

// newUpsampler returns an upsampler of a picture.
func newUpsampler(img *image.YCbCr) *upsampler {
	u := &upsampler{from: img}
	switch img.SubsampleRatio {
	case image.YCbCrSubsampleRatio420:
		u.twiceX, u.twiceY = true, true
	case image.YCbCrSubsampleRatio422:
		u.twiceX = true
	case image.YCbCrSubsampleRatio440:
		u.twiceY = true
	}
	columns := (img.Rect.Max.X-1)/2 - img.Rect.Min.X/2 + 1
	if u.twiceX && columns <= 2 {
		u.twiceX, u.twiceY = false, false
	}
	if u.twiceX {
		u.sums = [2][]int32{make([]int32, columns), make([]int32, columns)}
	}
	return u
}

// row draws the part of row y that dst has.
func (u *upsampler) row(dst *image.RGBA, y int) {
	out := dst.Pix[dst.PixOffset(dst.Rect.Min.X, y):]
	img, x0 := u.from, dst.Rect.Min.X
	luma := img.Y[img.YOffset(x0, y):][:dst.Rect.Dx()]
	near, far := u.rowsBeside(y)
	if u.twiceX {
		u.weigh(near, far)
		for i := range luma {
			cb, cr := u.between(x0 + i)
			toRGB(out[4*i:][:4:4], luma[i], cb, cr)
		}
		return
	}
	bias := int32(1 + y&1) // of the rounding, as libjpeg's
	for i := range luma {
		n, f := img.COffset(x0+i, near), img.COffset(x0+i, far)
		cb := (3*int32(img.Cb[n]) + int32(img.Cb[f]) + bias) >> 2
		cr := (3*int32(img.Cr[n]) + int32(img.Cr[f]) + bias) >> 2
		toRGB(out[4*i:][:4:4], luma[i], cb, cr)
	}
}

// rowsBeside returns rows of the picture whose colours are the nearest to row y and the next to it.
func (u *upsampler) rowsBeside(y int) (near, far int) {
	switch {
	case !u.twiceY:
		return y, y
	case y&1 == 0:
		return y, max(y-2, u.from.Rect.Min.Y)
	}
	return y, min(y+1, u.from.Rect.Max.Y-1)
}

// weigh sums the colours of two rows, 3 of the near one and 1 of the far one.
func (u *upsampler) weigh(near, far int) {
	img := u.from
	n, f := img.COffset(img.Rect.Min.X, near), img.COffset(img.Rect.Min.X, far)
	for p, plane := range [2][]uint8{img.Cb, img.Cr} {
		sums := u.sums[p]
		a, b := plane[n:][:len(sums)], plane[f:][:len(sums)]
		for i := range sums {
			sums[i] = 3*int32(a[i]) + int32(b[i])
		}
	}
}

// between returns the colours of column x, of the sums of its row.
func (u *upsampler) between(x int) (cb, cr int32) {
	at := x/2 - u.from.Rect.Min.X/2
	next, bias := max(at-1, 0), int32(8)
	if x&1 == 1 {
		next, bias = min(at+1, len(u.sums[0])-1), 7
	}
	if !u.twiceY { // sums of a row with itself are 4 times too large, and libjpeg rounds otherwise
		bias = 4 + 4*int32(x&1)
	}
	weigh := func(sums []int32) int32 { return (3*sums[at] + sums[next] + bias) >> 4 }
	return weigh(u.sums[0]), weigh(u.sums[1])
}

// toRGB converts a pixel with the rounding of libjpeg (ITU-T T.871).
func toRGB(out []byte, luma uint8, cb, cr int32) {
	const half = 1 << 15
	y := int32(luma)
	cb, cr = cb-128, cr-128
	out[0] = clamped(y + (91881*cr+half)>>16)
	out[1] = clamped(y + (-22554*cb-46802*cr+half)>>16)
	out[2] = clamped(y + (116130*cb+half)>>16)
	out[3] = 255
}

// clamped cuts a value off at the ends of a byte.
func clamped(v int32) uint8 { return uint8(min(max(v, 0), 255)) }

// drawRow draws the row y that dst has of a picture.
type drawRow func(dst *image.RGBA, y int)

// rowsOf returns how rows of a picture without alpha are drawn.
func rowsOf(img *image.YCbCr, interpolate bool) drawRow {
	if interpolate {
		return newUpsampler(img).row
	}
	return func(dst *image.RGBA, y int) {
		row := image.Rect(dst.Rect.Min.X, y, dst.Rect.Max.X, y+1)
		draw.Draw(dst, row, img, row.Min, draw.Src)
	}
}
