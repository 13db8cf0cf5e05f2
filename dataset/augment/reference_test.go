package augment

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// drawn are an image and the random numbers that change it.
type drawn struct {
	c, h, w int
	image   []byte
	key     Key
}

func draw(t *rapid.T) drawn {
	d := drawn{c: rapid.SampledFrom([]int{1, 2, 3}).Draw(t, "c"), h: rapid.IntRange(1, 9).Draw(t, "h"), w: rapid.IntRange(1, 9).Draw(t, "w")}
	d.image = rapid.SliceOfN(rapid.Byte(), d.c*d.h*d.w, d.c*d.h*d.w).Draw(t, "image")
	d.key = Key{rapid.Uint64().Draw(t, "seed"), rapid.Uint64().Draw(t, "step"), rapid.Uint32Range(0, 1<<20).Draw(t, "place")}
	return d
}

// compare checks the pipeline's bytes against numbers, which they may miss by rounding and slack.
func (d drawn) compare(t *rapid.T, p Pipeline, want []float64, slack float64) {
	got := make([]byte, len(d.image))
	p.Apply(got, d.image, d.c, d.h, d.w, d.key)
	for i, v := range got {
		if math.Abs(float64(v)-want[i]) > 0.5+slack {
			t.Fatalf("%v: byte %d is %d, expected %v", p, i, v, want[i])
		}
	}
}

// TestAffineReference compares rotation, scale, shift and flip with their definition in float64, the bilinear interpolation of
// the image continued by its edge.
func TestAffineReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		p := Pipeline{Flip: rapid.Bool().Draw(t, "flip"), Shift: 0.3, Rotate: rapid.Float64Range(1, 180).Draw(t, "rotate"), Scale: rapid.Float64Range(0, 0.9).Draw(t, "scale")}
		u := d.key.numbers()
		dx, dy := float64(whole(u[drawX], int(0.3*float64(d.w)))), float64(whole(u[drawY], int(0.3*float64(d.h))))
		angle, scale := spread(u[drawAngle], p.Rotate)*math.Pi/180, 1+spread(u[drawScale], p.Scale)
		want := make([]float64, len(d.image))
		for i := range want {
			plane, y, x := i/(d.h*d.w), i/d.w%d.h, i%d.w
			cx, cy := float64(d.w-1)/2, float64(d.h-1)/2
			rx, ry := (float64(x)-cx-dx)/scale, (float64(y)-cy-dy)/scale
			sx, sy := math.Cos(angle)*rx+math.Sin(angle)*ry+cx, math.Cos(angle)*ry-math.Sin(angle)*rx+cy
			if p.Flip && u[drawFlip] < 0.5 {
				sx = 2*cx - sx
			}
			at := func(x, y float64) float64 {
				return float64(d.image[(plane*d.h+clamp(int(y), d.h))*d.w+clamp(int(x), d.w)])
			}
			x0, y0 := math.Floor(sx), math.Floor(sy)
			fx, fy := sx-x0, sy-y0
			want[i] = (1-fy)*((1-fx)*at(x0, y0)+fx*at(x0+1, y0)) + fy*((1-fx)*at(x0, y0+1)+fx*at(x0+1, y0+1))
		}
		d.compare(t, p, want, 2*255./weightOne) // a place is rounded down to a multiple of 1/weightOne in both directions
	})
}

// TestResizedCropReference compares a resized crop, alone and before a flip, with its definition in float64,
// and the rectangle with its bounds.
func TestResizedCropReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		p := Pipeline{Flip: rapid.Bool().Draw(t, "flip"), ResizedCrop: rapid.Float64Range(0.05, 1).Draw(t, "share")}
		u := d.key.numbers()
		area := p.ResizedCrop + (1-p.ResizedCrop)*u[drawArea]
		ratio := math.Pow(4./3, 2*u[drawRatio]-1)
		across, down := math.Min(1, math.Sqrt(area*ratio)), math.Min(1, math.Sqrt(area/ratio))
		if across*down > area*(1+1e-9) || across/down > 4./3+1e-9 || down/across > 4./3+1e-9 {
			t.Fatalf("%v of the width and %v of the height, expected %v of the area", across, down, area)
		}
		want := make([]float64, len(d.image))
		for i := range want {
			plane, y, x := i/(d.h*d.w), i/d.w%d.h, i%d.w
			if p.Flip && u[drawFlip] < 0.5 {
				x = d.w - 1 - x
			}
			sx := (u[drawLeft]*(1-across)+across*(float64(x)+0.5)/float64(d.w))*float64(d.w) - 0.5
			sy := (u[drawTop]*(1-down)+down*(float64(y)+0.5)/float64(d.h))*float64(d.h) - 0.5
			at := func(x, y float64) float64 {
				return float64(d.image[(plane*d.h+clamp(int(y), d.h))*d.w+clamp(int(x), d.w)])
			}
			x0, y0 := math.Floor(sx), math.Floor(sy)
			fx, fy := sx-x0, sy-y0
			want[i] = (1-fy)*((1-fx)*at(x0, y0)+fx*at(x0+1, y0)) + fy*((1-fx)*at(x0, y0+1)+fx*at(x0+1, y0+1))
		}
		d.compare(t, p, want, 2*255./weightOne)
	})
}

// TestColorReference compares the three factors of colour with their definitions, one after the other.
func TestColorReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := draw(t)
		p := Pipeline{Color: rapid.Float64Range(0.01, 1).Draw(t, "color")}
		u := d.key.numbers()
		factor := func(number int) float64 { return 1 + spread(u[number], p.Color) }
		area, mean := d.h*d.w, 0.0
		for _, v := range d.image {
			mean += float64(v) / float64(len(d.image))
		}
		want := make([]float64, len(d.image))
		for i := range want {
			grey := 0.0
			for plane := range d.c {
				grey += float64(d.image[plane*area+i%area]) / float64(d.c)
			}
			v := grey + (float64(d.image[i])-grey)*factor(drawSaturation)
			v = mean + (v-mean)*factor(drawContrast)
			want[i] = math.Min(math.Max(v*factor(drawBrightness), 0), 255)
		}
		d.compare(t, p, want, 7*255*math.Ldexp(1, -17)) // six weights of bytes, each rounded to 2⁻¹⁶, and the constant
	})
}
