package augment

import (
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/gradreg/gradreg/internal/philox"
)

// Key is what the random numbers of an image are a function of.
type Key struct {
	Seed  uint64 // of the run
	Step  uint64
	Image uint32 // place in the batch
}

// The random numbers of an image, by what they decide.
const (
	drawFlip = iota
	drawX
	drawY
	drawAngle
	drawScale
	drawBrightness
	drawContrast
	drawSaturation
	drawCutX
	drawCutY
	drawCropX
	drawCropY
	drawArea
	drawRatio
	drawLeft
	drawTop
	draws
)

// stream separates these numbers from those of the training step.
const stream = 0x61756700

// numbers returns the uniform numbers of an image.
func (k Key) numbers() (u [draws]float64) {
	var x [draws]float32
	philox.Stream{Key: k.Seed, Step: k.Step, ID: stream}.Uniform(x[:], int(k.Image)*16)
	for i, v := range x {
		u[i] = float64(v)
	}
	return u
}

// spread maps a uniform number to [−size, size].
func spread(u, size float64) float64 { return (2*u - 1) * size }

// whole maps a uniform number to the integers −n … n.
func whole(u float64, n int) int { return int(u*float64(2*n+1)) - n }

// Apply writes the augmented form of the image src to dst, which do not overlap: c planes of h × w
// bytes.
func (p Pipeline) Apply(dst, src []byte, c, h, w int, key Key) {
	u := key.numbers()
	flip := p.Flip && u[drawFlip] < 0.5
	dx, dy := whole(u[drawX], int(p.Shift*float64(w))), whole(u[drawY], int(p.Shift*float64(h)))
	if p.Rotate == 0 && p.Scale == 0 && p.ResizedCrop == 0 {
		move(dst, src, c, h, w, flip, dx, dy)
	} else {
		p.affine(dst, src, c, h, w, flip, float64(dx), float64(dy), u)
	}
	if p.Crop > 0 {
		blankOutside(dst, c, h, w, whole(u[drawCropX], p.Crop), whole(u[drawCropY], p.Crop))
	}
	if p.Color > 0 {
		p.recolor(dst, c, h*w, u)
	}
	if p.Cutout > 0 {
		p.cut(dst, c, h, w, int(u[drawCutX]*float64(w)), int(u[drawCutY]*float64(h)))
	}
}

// move flips and shifts by whole pixels, fewer than there are, repeating the edge.
func move(dst, src []byte, c, h, w int, flip bool, dx, dy int) {
	begin, end := max(dx, 0), w+min(dx, 0) // the pixels of a row that do not repeat its edge
	for plane := range c {
		for y := range h {
			from := src[(plane*h+clamp(y-dy, h))*w:][:w]
			to := dst[(plane*h+y)*w:][:w]
			if flip {
				from := from[w-(end-dx):][:end-begin]
				for i, v := range from {
					to[end-1-i] = v
				}
			} else {
				copy(to[begin:end], from[begin-dx:])
			}
			fill(to[:begin], to[begin])
			fill(to[end:], to[end-1])
		}
	}
}

// fill sets all of a row's bytes.
func fill(row []byte, v byte) {
	for i := range row {
		row[i] = v
	}
}

func clamp(i, n int) int { return min(max(i, 0), n-1) }

// Places in an image are integers of 2⁻³² pixels, weights of pixels multiples of 2⁻¹⁰.
const (
	placeBits  = 32
	weightBits = 10
	weightOne  = 1 << weightBits
)

// affine rotates and scales about the centre after flip and shift, with bilinear interpolation.
//
// Pixel (x, y) comes from the place (sx, sy) = R(−angle)·(x − cx − dx, y − cy − dy)/scale + (cx,
// cy), which moves by the same step from pixel to pixel. Of a resized crop that is a place in the
// rectangle that was cut out.
func (p Pipeline) affine(dst, src []byte, c, h, w int, flip bool, dx, dy float64, u [draws]float64) {
	angle, scale := spread(u[drawAngle], p.Rotate)*math.Pi/180, 1+spread(u[drawScale], p.Scale)
	sin, cos := math.Sincos(angle)
	sin, cos = sin/scale, cos/scale
	cx, cy := float64(w-1)/2, float64(h-1)/2
	stepX, stepY := fixed(cos), fixed(-sin)
	if flip {
		stepX = -stepX
	}
	left, top, across, down := 0.0, 0.0, 1.0, 1.0
	if p.ResizedCrop > 0 {
		across, down = p.extents(u)
		left, top = u[drawLeft]*(1-across)*float64(w), u[drawTop]*(1-down)*float64(h)
		stepX, stepY = fixed(across*unfixed(stepX)), fixed(down*unfixed(stepY))
	}
	for y := range h {
		rx, ry := -cx-dx, float64(y)-cy-dy
		sx, sy := cos*rx+sin*ry+cx, -sin*rx+cos*ry+cy
		if flip {
			sx = float64(w-1) - sx
		}
		if p.ResizedCrop > 0 {
			sx, sy = left+across*(sx+0.5)-0.5, top+down*(sy+0.5)-0.5
		}
		interpolate(dst[y*w:], src, c, h, w, line{fixed(sx), fixed(sy), stepX, stepY})
	}
}

// extents returns which shares of width and height a resized crop takes.
func (p Pipeline) extents(u [draws]float64) (across, down float64) {
	area := p.ResizedCrop + (1-p.ResizedCrop)*u[drawArea]
	ratio := math.Exp(spread(u[drawRatio], math.Log(4./3)))
	return math.Min(math.Sqrt(area*ratio), 1), math.Min(math.Sqrt(area/ratio), 1)
}

// unfixed returns a place as a number of pixels.
func unfixed(place int64) float64 { return float64(place) / (1 << placeBits) }

// line is a row of places: the first one and the step to the next.
type line struct{ x, y, stepX, stepY int64 }

// fixed returns a number of pixels as a place.
func fixed(pixels float64) int64 { return int64(math.Round(pixels * (1 << placeBits))) }

// interpolate writes a row, w bytes at the beginning of each plane in dst, from places in src.
// Outside of src its edge is repeated.
func interpolate(dst, src []byte, c, h, w int, at line) {
	const half = 1 << (2*weightBits - 1)
	area := h * w
	for x := range w {
		x0, y0 := int(at.x>>placeBits), int(at.y>>placeBits)
		fx, fy := int(at.x>>(placeBits-weightBits))&(weightOne-1), int(at.y>>(placeBits-weightBits))&(weightOne-1)
		at.x, at.y = at.x+at.stepX, at.y+at.stepY
		left, right := clamp(x0, w), clamp(x0+1, w)
		top, bottom := clamp(y0, h)*w, clamp(y0+1, h)*w
		w11 := fx * fy
		w01, w10 := fx*weightOne-w11, fy*weightOne-w11
		w00 := weightOne*weightOne - w01 - w10 - w11
		for plane := 0; plane < c*area; plane += area {
			s := src[plane:][:area]
			sum := w00*int(s[top+left]) + w01*int(s[top+right]) + w10*int(s[bottom+left]) + w11*int(s[bottom+right])
			dst[plane+x] = byte((sum + half) >> (2 * weightBits))
		}
	}
}

// blankOutside shifts in place by whole pixels, with zeros where nothing was.
func blankOutside(img []byte, c, h, w, dx, dy int) {
	for plane := range c {
		p := img[plane*h*w:][:h*w]
		for i := range h {
			y := i // rows in the order in which none is overwritten before it is read
			if dy > 0 {
				y = h - 1 - i
			}
			row := p[y*w:][:w]
			if y-dy < 0 || y-dy >= h {
				clear(row)
				continue
			}
			from := p[(y-dy)*w:][:w]
			switch {
			case dx >= w || -dx >= w:
				clear(row)
			case dx >= 0:
				copy(row[dx:], from[:w-dx])
				clear(row[:dx])
			default:
				copy(row, from[-dx:])
				clear(row[w+dx:])
			}
		}
	}
}

// recolor changes saturation, contrast and brightness: with the factors S, C and B, the pixel's
// grey g, the mean over its channels, and the image's mean m, v becomes B·(m + C·(g + S·(v − g) −
// m)), which is B·C·S·v + B·C·(1 − S)·g + B·(1 − C)·m.
func (p Pipeline) recolor(img []byte, c, size int, u [draws]float64) {
	brightness, contrast := 1+spread(u[drawBrightness], p.Color), 1+spread(u[drawContrast], p.Color)
	saturation := 1 + spread(u[drawSaturation], p.Color)
	sum := 0
	for _, v := range img[:c*size] {
		sum += int(v)
	}
	mean := float64(sum) / float64(c*size)
	own, grey := weight(brightness*contrast*saturation), weight(brightness*contrast*(1-saturation)/float64(c))
	rest := weight(brightness*(1-contrast)*mean + 0.5) // to the nearest
	if c == 3 {
		r := img[:size]
		g, b := img[size:][:len(r)], img[2*size:][:len(r)]
		for i, v := range r {
			x, y, z := int32(v), int32(g[i]), int32(b[i])
			base := grey*(x+y+z) + rest
			r[i], g[i], b[i] = level(own*x+base), level(own*y+base), level(own*z+base)
		}
		return
	}
	for i := range size {
		base := int32(0)
		for at := i; at < c*size; at += size {
			base += int32(img[at])
		}
		base = grey*base + rest
		for at := i; at < c*size; at += size {
			img[at] = level(own*int32(img[at]) + base)
		}
	}
}

// weight returns a factor of a brightness in multiples of 2⁻¹⁶: sums of bytes times factors below 8
// stay below 2³¹.
func weight(v float64) int32 { return int32(math.Round(v * (1 << 16))) }

// level returns the byte of a weighted sum.
func level(sum int32) byte { return byte(min(max(sum>>16, 0), 255)) }

// cut blanks the square around a pixel, as far as it lies in the image.
func (p Pipeline) cut(img []byte, c, h, w, x, y int) {
	top, left := max(y-p.Cutout/2, 0), max(x-p.Cutout/2, 0)
	bottom, right := min(y-p.Cutout/2+p.Cutout, h), min(x-p.Cutout/2+p.Cutout, w)
	for plane := range c {
		var v byte
		if plane < len(p.background) {
			v = p.background[plane]
		}
		for r := top; r < bottom; r++ {
			fill(img[(plane*h+r)*w:][left:right], v)
		}
	}
}

// Mix returns the share of the first image of every pair in the batch of a step: Beta(α, α), at
// least ½, as pairs are exchangeable. It is 1 without Mixup. Image i is paired with image B − 1 −
// i.
func (p Pipeline) Mix(seed, step uint64) float64 {
	if p.Mixup == 0 {
		return 1
	}
	share := distuv.Beta{Alpha: p.Mixup, Beta: p.Mixup, Src: rand.NewPCG(seed^stream, step)}.Rand()
	return math.Max(share, 1-share)
}
