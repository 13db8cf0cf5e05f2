package figures

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/gradreg/gradreg/gan"
)

// The bounds of an animation.
const (
	mostFrames = 60
	mostBytes  = 6 << 20
	widest     = 480 // pixels
)

// The time that a frame and the last one stay, in hundredths of a second.
const (
	frameTime = 20
	lastTime  = 250
)

// Palette is that of animations: a cube of 6 × 6 × 6 colours, and 40 greys between its own.
func Palette() color.Palette {
	var p color.Palette
	for r := range 6 {
		for g := range 6 {
			for b := range 6 {
				p = append(p, color.RGBA{uint8(51 * r), uint8(51 * g), uint8(51 * b), 255})
			}
		}
	}
	for i := range 5 { // eight between two greys of the cube
		for k := range 8 {
			v := uint8(51*i + (51*(k+1)+4)/9)
			p = append(p, color.RGBA{v, v, v, 255})
		}
	}
	return p
}

// Animate writes the sheets of a run as an animation, growth.gif. Of many it takes some, the last
// among them; a sheet that cannot be read is left out. Without a sheet it writes nothing.
func Animate(dir string) error {
	paths, err := filepath.Glob(filepath.Join(dir, gan.SheetFolder, "*.png"))
	if err != nil {
		return err
	}
	slices.Sort(paths)
	var frames []image.Image
	for _, path := range evenly(paths, mostFrames) {
		m, err := readPNG(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("%s: %w", path, err)
		case err != nil || len(frames) > 0 && m.Bounds() != frames[0].Bounds():
			continue // not one of ours
		}
		frames = append(frames, m)
	}
	if len(frames) == 0 {
		return nil
	}
	data, err := animated(frames)
	if err != nil {
		return err
	}
	return write(filepath.Join(dir, gan.AnimationFile), data)
}

// evenly returns at most n of a list, the first and the last among them.
func evenly[T any](list []T, n int) []T {
	if len(list) <= n {
		return list
	}
	var out []T
	for i := range n {
		out = append(out, list[i*(len(list)-1)/max(n-1, 1)])
	}
	return out
}

// longestSide bounds what a file of the folder of sheets may ask for.
const longestSide = 1 << 13

func readPNG(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head, err := png.DecodeConfig(f)
	if err == nil && (head.Width > longestSide || head.Height > longestSide) {
		err = fmt.Errorf("%d × %d pixels, expected at most %d", head.Width, head.Height, longestSide)
	}
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(0, 0); err != nil {
		return nil, err
	}
	return png.Decode(f)
}

// animated encodes frames, fewer of them where all would take too many bytes.
func animated(frames []image.Image) ([]byte, error) {
	palette := Palette()
	for {
		g := &gif.GIF{}
		for _, m := range frames {
			g.Image = append(g.Image, paletted(m, palette))
			g.Delay = append(g.Delay, frameTime)
		}
		g.Delay[len(frames)-1] = lastTime
		var b bytes.Buffer
		if err := gif.EncodeAll(&b, g); err != nil {
			return nil, err
		}
		if b.Len() <= mostBytes || len(frames) == 1 {
			return b.Bytes(), nil
		}
		frames = evenly(frames, max(1, len(frames)*2/3))
	}
}

// paletted returns a picture in the palette, magnified less where it is too wide. Colours between
// those of the palette are mixed of their neighbours; greys, of which it has enough, are not.
func paletted(m image.Image, p color.Palette) *image.Paletted {
	if k := magnification(m); k > 1 {
		own := reduced(m, k)
		m = magnified(own, max(1, min(k, widest/own.Bounds().Dx())))
	}
	out := image.NewPaletted(m.Bounds(), p)
	if grey, ok := m.(*image.Gray); ok {
		var nearest [256]uint8
		for v := range nearest {
			nearest[v] = uint8(p.Index(color.Gray{Y: uint8(v)}))
		}
		for i, v := range grey.Pix {
			out.Pix[i] = nearest[v]
		}
		return out
	}
	draw.FloydSteinberg.Draw(out, m.Bounds(), m, m.Bounds().Min)
	return out
}

// magnification returns by how much a picture was magnified: whether it consists of squares of 3 or
// 2 pixels.
func magnification(m image.Image) int {
	for k := 3; k > 1; k-- {
		if ofSquares(m, k) {
			return k
		}
	}
	return 1
}

func ofSquares(m image.Image, k int) bool {
	b := m.Bounds()
	if b.Dx()%k != 0 || b.Dy()%k != 0 {
		return false
	}
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			corner := m.At(b.Min.X+(x-b.Min.X)/k*k, b.Min.Y+(y-b.Min.Y)/k*k)
			if m.At(x, y) != corner {
				return false
			}
		}
	}
	return true
}

// reduced returns a picture of one pixel of each square of k × k.
func reduced(m image.Image, k int) image.Image {
	b := m.Bounds()
	extent := image.Rect(0, 0, b.Dx()/k, b.Dy()/k)
	var out draw.Image = image.NewRGBA(extent)
	if _, ok := m.(*image.Gray); ok {
		out = image.NewGray(extent)
	}
	for y := range extent.Dy() {
		for x := range extent.Dx() {
			out.Set(x, y, m.At(b.Min.X+x*k, b.Min.Y+y*k))
		}
	}
	return out
}
