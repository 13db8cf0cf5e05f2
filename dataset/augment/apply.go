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

// Apply writes the augmented form of the image src to dst, which do not overlap: c planes of h × w bytes.
func (p Pipeline) Apply(dst, src []byte, c, h, w int, key Key) {
	u := key.numbers()
	flip := p.Flip && u[drawFlip] < 0.5
	dx, dy := whole(u[drawX], int(p.Shift*float64(w))), whole(u[drawY], int(p.Shift*float64(h)))
	if p.Rotate == 0 && p.Scale == 0 {
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

// move flips and shifts by whole pixels, repeating the edge.
func move(dst, src []byte, c, h, w int, flip bool, dx, dy int) {
	for plane := range c {
		for y := range h {
			from := src[(plane*h+clamp(y-dy, h))*w:][:w]
			to := dst[(plane*h+y)*w:][:w]
			if !flip && dx == 0 {
				copy(to, from)
				continue
			}
			for x := range to {
				at := clamp(x-dx, w)
				if flip {
					at = w - 1 - at
				}
				to[x] = from[at]
			}
		}
	}
}

func clamp(i, n int) int { return min(max(i, 0), n-1) }

// affine rotates and scales about the centre after flip and shift, with bilinear interpolation.
func (p Pipeline) affine(dst, src []byte, c, h, w int, flip bool, dx, dy float64, u [draws]float64) {
	angle, scale := spread(u[drawAngle], p.Rotate)*math.Pi/180, 1+spread(u[drawScale], p.Scale)
	sin, cos := math.Sincos(angle)
	sin, cos = sin/scale, cos/scale
	cx, cy := float64(w-1)/2, float64(h-1)/2
	for y := range h {
		for x := range w {
			rx, ry := float64(x)-cx-dx, float64(y)-cy-dy
			sx, sy := cos*rx+sin*ry+cx, -sin*rx+cos*ry+cy
			if flip {
				sx = float64(w-1) - sx
			}
			x0, y0 := math.Floor(sx), math.Floor(sy)
			fx, fy := sx-x0, sy-y0
			left, right := clamp(int(x0), w), clamp(int(x0)+1, w)
			top, bottom := clamp(int(y0), h)*w, clamp(int(y0)+1, h)*w
			for plane := range c {
				s := src[plane*h*w:][: h*w : h*w]
				upper := float64(s[top+left])*(1-fx) + float64(s[top+right])*fx
				lower := float64(s[bottom+left])*(1-fx) + float64(s[bottom+right])*fx
				dst[(plane*h+y)*w+x] = byte(upper*(1-fy) + lower*fy + 0.5)
			}
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

// recolor changes saturation, contrast and brightness.
func (p Pipeline) recolor(img []byte, c, size int, u [draws]float64) {
	brightness, contrast := 1+spread(u[drawBrightness], p.Color), 1+spread(u[drawContrast], p.Color)
	saturation := 1 + spread(u[drawSaturation], p.Color)
	sum := 0
	for _, v := range img[:c*size] {
		sum += int(v)
	}
	mean := float64(sum) / float64(c*size)
	for i := range size {
		grey := 0.0
		for plane := range c {
			grey += float64(img[plane*size+i])
		}
		grey /= float64(c)
		for plane := range c {
			v := float64(img[plane*size+i])
			v = grey + (v-grey)*saturation
			v = (mean + (v-mean)*contrast) * brightness
			img[plane*size+i] = byte(math.Min(math.Max(v, 0), 255) + 0.5)
		}
	}
}

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
			row := img[(plane*h+r)*w:][left:right]
			for i := range row {
				row[i] = v
			}
		}
	}
}

// Mix returns the share of the first image of every pair in the batch of a step: Beta(α, α), at least ½, as pairs are
// exchangeable. It is 1 without Mixup. Image i is paired with image B − 1 − i.
func (p Pipeline) Mix(seed, step uint64) float64 {
	if p.Mixup == 0 {
		return 1
	}
	share := distuv.Beta{Alpha: p.Mixup, Beta: p.Mixup, Src: rand.NewPCG(seed^stream, step)}.Rand()
	return math.Max(share, 1-share)
}
