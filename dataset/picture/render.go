package picture

import (
	"image"
	"image/color"

	"golang.org/x/image/draw"

	"github.com/gradreg/gradreg/internal/fault"
)

// padding is the grey beside a padded picture: in the middle of the range, so that after
// normalization it is near zero.
var padding = image.NewUniform(color.Gray{Y: 128})

// Render draws a picture upright into a square of side × side pixels, all opaque; what is
// transparent in the picture shows paper. Scaling is separable with the Catmull-Rom filter (cubic,
// a = −½), which is widened by the factor when it shrinks, so that every pixel of the picture
// counts and fine patterns become grey, not moiré: the result agrees with PyTorch's antialiased
// bicubic interpolation but for rounding. A picture that is a square of that side keeps its bytes.
// A side outside 1 to MaxSide, an unknown fit and a picture without pixels are errors.
func Render(p Picture, side int, fit Fit, paper color.Color) (*image.RGBA, error) {
	return RenderTo(p, side, side, fit, paper)
}

// RenderTo is Render into width × height pixels.
func RenderTo(p Picture, width, height int, fit Fit, paper color.Color) (*image.RGBA, error) {
	f, err := parseFit(string(fit))
	switch {
	case err != nil:
		return nil, err
	case width < 1 || height < 1 || width > MaxSide || height > MaxSide || width > MaxPixels/height:
		return nil, fault.Inputf(
			"an image of %dx%d pixels, expected 1 to %d a side and at most %d", width, height,
			MaxSide, MaxPixels,
		)
	case p.Image == nil || p.Image.Bounds().Empty():
		return nil, fault.Inputf("a picture without pixels")
	case paper == nil:
		return nil, fault.Inputf("no colour of paper")
	}
	return render(p, width, height, f, paper), nil
}

// render draws what RenderTo has checked.
func render(p Picture, width, height int, fit fitting, paper color.Color) *image.RGBA {
	if fit.resizes() {
		return centreCrop(p, width, height, fit, paper)
	}
	if p.Orientation.Transposes() { // turned after scaling, when it is small
		width, height = height, width
	}
	canvas := image.NewRGBA(image.Rect(0, 0, width, height))
	from, to := p.Image.Bounds(), canvas.Rect
	switch fit.kind {
	case Stretch:
	case Pad:
		draw.Draw(canvas, to, padding, image.Point{}, draw.Src)
		to = within(to, from.Dx(), from.Dy())
	default:
		from = within(from, width, height)
	}
	draw.Draw(canvas, to, image.NewUniform(paper), image.Point{}, draw.Src)
	if from.Size() == to.Size() {
		draw.Draw(canvas, to, fit.flat(p.Image, from), from.Min, draw.Over)
	} else {
		draw.CatmullRom.Scale(canvas, to, fit.flat(p.Image, from), from, draw.Over, nil)
	}
	return p.Orientation.upright(canvas)
}

// within returns the largest rectangle in the middle of r whose sides are as w to h, rounded to
// pixels.
func within(r image.Rectangle, w, h int) image.Rectangle {
	if r.Dx()*h > r.Dy()*w {
		return centred(r, max(1, (r.Dy()*w+h/2)/h), r.Dy())
	}
	return centred(r, r.Dx(), max(1, (r.Dx()*h+w/2)/w))
}

// centred returns the rectangle of that size in the middle of r.
func centred(r image.Rectangle, w, h int) image.Rectangle {
	x, y := r.Min.X+(r.Dx()-w)/2, r.Min.Y+(r.Dy()-h)/2
	return image.Rect(x, y, x+w, y+h)
}

// IsGrey reports whether every pixel of an opaque picture is grey.
func IsGrey(img *image.RGBA) bool {
	for i := 0; i+3 < len(img.Pix); i += 4 {
		if img.Pix[i] != img.Pix[i+1] || img.Pix[i] != img.Pix[i+2] {
			return false
		}
	}
	return true
}

// Planes returns the pixels of an opaque picture as bytes [channels, H, W]: red, green and blue for
// 3 channels, for 1 luma (0.299 R + 0.587 G + 0.114 B), which is a grey pixel's value.
func Planes(img *image.RGBA, channels int) []byte {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := make([]byte, channels*w*h)
	for i := range w * h {
		pixel := img.Pix[i/w*img.Stride+i%w*4:][:4:4]
		if channels == 1 {
			out[i] = Luma(pixel[0], pixel[1], pixel[2])
		} else {
			out[i], out[w*h+i], out[2*w*h+i] = pixel[0], pixel[1], pixel[2]
		}
	}
	return out
}

// Luma returns 0.299 R + 0.587 G + 0.114 B, rounded.
func Luma(r, g, b byte) byte {
	return color.GrayModel.Convert(color.RGBA{r, g, b, 255}).(color.Gray).Y
}
