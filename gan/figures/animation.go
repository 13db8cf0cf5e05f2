package figures

import (
	"bytes"
	"cmp"
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
	paths, err := sheetsOf(dir)
	if err != nil {
		return err
	}
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

// sheetsOf returns the files of a run's sheets in the order of their steps; none where no folder is.
func sheetsOf(dir string) (paths []string, err error) {
	folder := filepath.Join(dir, gan.SheetFolder)
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		if filepath.Ext(e.Name()) == ".png" {
			paths = append(paths, filepath.Join(folder, e.Name()))
		}
	}
	// 999999 is before 1000000
	slices.SortStableFunc(paths, func(a, b string) int { return cmp.Compare(len(a), len(b)) })
	return paths, err
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
	all := make([]*image.Paletted, len(frames))
	for i, m := range frames {
		all[i] = paletted(m)
	}
	for {
		g := &gif.GIF{Image: all}
		for range all {
			g.Delay = append(g.Delay, frameTime)
		}
		g.Delay[len(all)-1] = lastTime
		var b bytes.Buffer
		if err := gif.EncodeAll(&b, g); err != nil {
			return nil, err
		}
		if b.Len() <= mostBytes || len(all) == 1 {
			return b.Bytes(), nil
		}
		all = evenly(all, max(1, min(len(all)-1, len(all)*mostBytes/b.Len())))
	}
}

// paletted returns a picture in the palette, magnified less where it is too wide. Colours between
// those of the palette are mixed of their neighbours by a pattern that stays where it is from frame
// to frame; greys, of which the palette has enough, are not.
func paletted(m image.Image) *image.Paletted {
	if k := magnification(m); k > 1 {
		own := reduced(m, k)
		m = magnified(own, max(1, min(k, widest/own.Bounds().Dx())))
	}
	p := Palette()
	out := image.NewPaletted(m.Bounds(), p)
	var greys [256]uint8
	for v := range greys {
		greys[v] = uint8(p.Index(color.Gray{Y: uint8(v)}))
	}
	if grey, ok := m.(*image.Gray); ok {
		for i, v := range grey.Pix {
			out.Pix[i] = greys[v]
		}
		return out
	}
	b := m.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.RGBAModel.Convert(m.At(x, y)).(color.RGBA)
			i := out.PixOffset(x, y)
			if c.R == c.G && c.G == c.B {
				out.Pix[i] = greys[c.R]
				continue
			}
			t := thresholds[y&3][x&3]
			out.Pix[i] = uint8(36*level(c.R, t) + 6*level(c.G, t) + level(c.B, t))
		}
	}
	return out
}

// thresholds are Bayer's of 4 × 4 pixels (1973), in sixteenths.
var thresholds = [4][4]int{{0, 8, 2, 10}, {12, 4, 14, 6}, {3, 11, 1, 9}, {15, 7, 13, 5}}

// level returns which of the six values of the cube a value becomes at a threshold.
func level(v uint8, threshold int) int { return (int(v)*16 + 51*threshold + 25) / (51 * 16) }

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
	var pix []uint8
	var stride, bytes int // of a row, and of a pixel
	switch m := m.(type) {
	case *image.Gray:
		pix, stride, bytes = m.Pix, m.Stride, 1
	case *image.RGBA:
		pix, stride, bytes = m.Pix, m.Stride, 4
	case *image.NRGBA:
		pix, stride, bytes = m.Pix, m.Stride, 4
	default:
		return false
	}
	size := m.Bounds().Size()
	if size.X%k != 0 || size.Y%k != 0 {
		return false
	}
	for y := range size.Y {
		row, corner := pix[y*stride:], pix[y/k*k*stride:]
		for x := range size.X {
			for c := range bytes {
				if row[x*bytes+c] != corner[x/k*k*bytes+c] {
					return false
				}
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
