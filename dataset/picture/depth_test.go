package picture_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"

	"github.com/gradreg/gradreg/dataset/picture"
)

// decodePNG encodes a picture and decodes it again.
func decodePNG(t testing.TB, img image.Image) picture.Picture {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	p, err := picture.Decode(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestSixteenBits checks that 16-bit pictures that need more than 14 bits keep the high byte, grey
// and colour, with and without alpha.
func TestSixteenBits(t *testing.T) {
	for _, largest := range []int{65535, 16384} { // the smallest value that needs 15 bits
		value := func(i int) uint16 { return uint16(i * largest / 63) }
		for name, img := range map[string]interface {
			image.Image
			Set(x, y int, c color.Color)
		}{
			"grey": image.NewGray16(image.Rect(0, 0, 8, 8)), "colour": image.NewRGBA64(image.Rect(0, 0, 8, 8)), "alpha": image.NewNRGBA64(image.Rect(0, 0, 8, 8)),
		} {
			for i := range 64 {
				img.Set(i%8, i/8, color.NRGBA64{value(i), value(63 - i), value(i), 65535})
				if name == "grey" {
					img.Set(i%8, i/8, color.Gray16{value(i)})
				}
			}
			got := render(t, decodePNG(t, img), 8, picture.Crop)
			for i := range 64 {
				want := color.RGBA{uint8(value(i) >> 8), uint8(value(63-i) >> 8), uint8(value(i) >> 8), 255}
				if name == "grey" {
					want.G = want.R
				}
				if got.RGBAAt(i%8, i/8) != want {
					t.Fatalf("%s to %d: pixel %d is %v, expected %v", name, largest, i, got.RGBAAt(i%8, i/8), want)
				}
			}
		}
	}
}

// TestFewerBitsOfSixteen checks that values of 8, 10, 12 and 14 bits in a file of 16 fill the
// range: what is brightest of the depth becomes white, and values keep their ratios.
func TestFewerBitsOfSixteen(t *testing.T) {
	for _, c := range []struct{ largest, depth int }{
		{1, 8}, {212, 8}, {255, 8}, {256, 10}, {1023, 10}, {1024, 12}, {3000, 12}, {4095, 12}, {4096, 14}, {5000, 14}, {16383, 14},
	} {
		for _, kind := range []string{"grey", "colour", "alpha", "hidden"} {
			img := image.NewNRGBA64(image.Rect(0, 0, 16, 16))
			grey := image.NewGray16(img.Rect)
			value := func(i int) int { return i * c.largest / 255 }
			for i := range 256 {
				v := uint16(value(i))
				alpha := uint16(65535)
				if kind == "alpha" {
					alpha = 32768
				}
				img.Set(i%16, i/16, color.NRGBA64{v, v / 2, 0, alpha})
				grey.Set(i%16, i/16, color.Gray16{v})
			}
			if kind == "hidden" { // what is not seen says nothing of the depth
				img.Set(0, 0, color.NRGBA64{65535, 65535, 65535, 0})
			}
			source := image.Image(img)
			if kind == "grey" {
				source = grey
			}
			got := render(t, decodePNG(t, source), 16, picture.Crop)
			for i := range 256 {
				p := got.RGBAAt(i%16, i/16)
				want := 255 * value(i) / (1<<c.depth - 1)
				if kind == "alpha" {
					want = (255 + want) / 2
				}
				if kind == "hidden" && i == 0 {
					want = 255
				}
				if d := int(p.R) - want; d < -1 || d > 1 {
					t.Fatalf("%s to %d: pixel %d is %v, expected %d of red", kind, c.largest, i, p, want)
				}
			}
		}
	}
}

// TestEightBitsOfSixteen checks that a picture of 8 bits is the same in a file of 16, also where it
// is scaled.
func TestEightBitsOfSixteen(t *testing.T) {
	eight, sixteen := image.NewGray(image.Rect(0, 0, 20, 20)), image.NewGray16(image.Rect(0, 0, 20, 20))
	for i := range 400 {
		v := uint8(29 + i*i%184)
		eight.Set(i%20, i/20, color.Gray{v})
		sixteen.Set(i%20, i/20, color.Gray16{uint16(v)})
	}
	for _, side := range []int{20, 7, 33} {
		got, want := render(t, decodePNG(t, sixteen), side, picture.Crop), render(t, decodePNG(t, eight), side, picture.Crop)
		if !bytes.Equal(got.Pix, want.Pix) {
			t.Errorf("other pixels at %d", side)
		}
	}
}

// TestSmallDepths checks palettes and grey of 1, 2 and 4 bits, with a colour that is transparent,
// and that gAMA says nothing.
func TestSmallDepths(t *testing.T) {
	for _, bits := range []int{1, 2, 4} {
		n := 1 << bits
		palette := make(color.Palette, n)
		for i := range palette {
			palette[i] = color.NRGBA{uint8(i * 255 / (n - 1)), uint8(10 * i), 77, 255}
		}
		palette[n-1] = color.NRGBA{0, 0, 0, 0}
		img := image.NewPaletted(image.Rect(0, 0, n, 1), palette)
		for i := range n {
			img.SetColorIndex(i, 0, uint8(i))
		}
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		data := append(bytes.Clone(b.Bytes()[:33]), append(chunk("gAMA", []byte{0, 0, 0, 100}), b.Bytes()[33:]...)...)
		p, err := picture.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		got := renderTo(t, p, n, 1, picture.Stretch)
		for i := range n {
			want := color.RGBA{uint8(i * 255 / (n - 1)), uint8(10 * i), 77, 255}
			if i == n-1 {
				want = color.RGBA{255, 255, 255, 255} // the paper
			}
			if got.RGBAAt(i, 0) != want {
				t.Errorf("%d bits: colour %d is %v, expected %v", bits, i, got.RGBAAt(i, 0), want)
			}
		}
		// Grey of so few bits, the first level of which is transparent.
		row := make([]byte, 1+(n*bits+7)/8) // no filter
		for i := range n {
			row[1+i*bits/8] |= byte(i << (8 - bits - i*bits%8))
		}
		head := []byte{0, 0, 0, byte(n), 0, 0, 0, 1, byte(bits), 0, 0, 0, 0}
		data = bytes.Join([][]byte{[]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", head), chunk("tRNS", []byte{0, 0}), chunk("IDAT", zip(t, row)), chunk("IEND", nil)}, nil)
		if p, err = picture.Decode(data); err != nil {
			t.Fatal(err)
		}
		got = renderTo(t, p, n, 1, picture.Stretch)
		for i := range n {
			v := uint8(i * 255 / (n - 1))
			if i == 0 {
				v = 255
			}
			if want := (color.RGBA{v, v, v, 255}); got.RGBAAt(i, 0) != want {
				t.Errorf("%d bits: grey %d is %v, expected %v", bits, i, got.RGBAAt(i, 0), want)
			}
		}
	}
}
