package picture

import "image"

// fullRange makes of a lossy WebP picture what package image takes it for. VP8 stores luma in 16 …
// 235 and chroma in 16 … 240 (ITU-R BT.601; RFC 6386, section 9.2), image.YCbCr means 0 … 255 of
// the same primaries, and golang.org/x/image/webp passes the bytes on as they are
// (golang/go#40173), so that black would come out as 16. Values are rounded; those outside the
// range are cut off, as libwebp does.
func fullRange(img image.Image) {
	var planes *image.YCbCr
	switch m := img.(type) {
	case *image.YCbCr:
		planes = m
	case *image.NYCbCrA:
		planes = &m.YCbCr
	default: // lossless WebP is RGB
		return
	}
	luma, chroma := stretch(16, 219, 0), stretch(128, 224, 128)
	for i, v := range planes.Y {
		planes.Y[i] = luma[v]
	}
	for i := range planes.Cb {
		planes.Cb[i], planes.Cr[i] = chroma[planes.Cb[i]], chroma[planes.Cr[i]]
	}
}

// stretch returns the table of (v − zero)·255/extent + to, rounded, in 0 … 255.
func stretch(zero, extent, to int) (table [256]uint8) {
	for v := range table {
		n := 2*(v-zero)*255 + extent // twice, and a half for rounding
		q := n / (2 * extent)
		if n < 0 && n%(2*extent) != 0 { // Go rounds to zero
			q--
		}
		table[v] = uint8(min(max(q+to, 0), 255))
	}
	return table
}
