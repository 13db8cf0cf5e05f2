package picture_test

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/dataset/picture"
	"github.com/gradreg/gradreg/internal/fault"
)

// movingGIF returns a GIF of two frames, of which the first is red at a place on a canvas, the
// second blue and everywhere.
func movingGIF(t testing.TB, canvas image.Point, first image.Rectangle) []byte {
	t.Helper()
	colours := color.Palette{color.RGBA{0, 255, 0, 255}, color.RGBA{255, 0, 0, 255}, color.RGBA{0, 0, 255, 255}}
	screen := image.Rectangle{Max: canvas}.Union(first)
	frames := []*image.Paletted{image.NewPaletted(first, colours), image.NewPaletted(screen, colours)}
	for i, frame := range frames {
		for p := range frame.Pix {
			frame.Pix[p] = byte(i + 1)
		}
	}
	var b bytes.Buffer
	err := gif.EncodeAll(&b, &gif.GIF{Image: frames, Delay: []int{1, 1}, Config: image.Config{ColorModel: colours, Width: screen.Max.X, Height: screen.Max.Y}})
	if err != nil {
		t.Fatal(err)
	}
	data := b.Bytes()
	data[6], data[8] = byte(canvas.X), byte(canvas.Y)
	return data
}

// TestFirstFrameOfGIF checks that the first frame is at its place on the canvas, whose background
// is nothing, and that a canvas grows around it.
func TestFirstFrameOfGIF(t *testing.T) {
	red, paper := color.RGBA{255, 0, 0, 255}, color.RGBA{255, 255, 255, 255}
	for name, c := range map[string]struct {
		canvas image.Point
		frame  image.Rectangle
		size   image.Point
	}{
		"whole":     {image.Pt(8, 6), image.Rect(0, 0, 8, 6), image.Pt(8, 6)},
		"inside":    {image.Pt(8, 6), image.Rect(2, 1, 5, 6), image.Pt(8, 6)},
		"no canvas": {image.Pt(0, 0), image.Rect(2, 1, 5, 6), image.Pt(5, 6)},
		"narrow":    {image.Pt(4, 9), image.Rect(2, 1, 5, 6), image.Pt(5, 9)},
	} {
		data := movingGIF(t, c.canvas, c.frame)
		if h, err := picture.DecodeHeader(data); err != nil || image.Pt(h.Width, h.Height) != c.size {
			t.Errorf("%s: header %v, %v", name, h, err)
		}
		p, err := picture.Decode(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if w, h := p.Size(); image.Pt(w, h) != c.size {
			t.Errorf("%s: %d x %d, expected %v", name, w, h, c.size)
			continue
		}
		got := renderTo(t, p, c.size.X, c.size.Y, picture.Stretch)
		for y := range c.size.Y {
			for x := range c.size.X {
				want := paper
				if image.Pt(x, y).In(c.frame) {
					want = red
				}
				if got.RGBAAt(x, y) != want {
					t.Fatalf("%s: %v at %d, %d, expected %v", name, got.RGBAAt(x, y), x, y, want)
				}
			}
		}
	}
}

// TestDefaultImageOfAPNG checks that an APNG is its default image, whatever is wrong with its
// frames.
func TestDefaultImageOfAPNG(t *testing.T) {
	source := fixture(t, "source.png")
	at := bytes.Index(source, []byte("IDAT")) - 4
	parts := [][]byte{source[:at], chunk("acTL", []byte{0, 0, 0, 2, 0, 0, 0, 0}), chunk("fcTL", make([]byte, 26)), source[at : len(source)-12], chunk("fdAT", []byte("\x00\x00\x00\x01damaged")), source[len(source)-12:]}
	got, err := picture.Decode(bytes.Join(parts, nil))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(render(t, got, 16, picture.Crop).Pix, render(t, readPicture(t, "source.png"), 16, picture.Crop).Pix) {
		t.Error("other pixels")
	}
}

// animation returns a WebP animation on a canvas of w x h with one frame: its place, its size and
// its chunks.
func animation(w, h int, frame [4]int, chunks []byte) []byte {
	three := func(n int) []byte { return []byte{byte(n), byte(n >> 8), byte(n >> 16)} }
	body := append(three(frame[0]/2), three(frame[1]/2)...)
	body = append(append(body, three(frame[2]-1)...), three(frame[3]-1)...)
	body = append(append(body, 100, 0, 0, 0), chunks...)
	canvas := append([]byte{2, 0, 0, 0}, append(three(w-1), three(h-1)...)...)
	all := append(riffChunk("VP8X", canvas), riffChunk("ANIM", make([]byte, 6))...)
	return riffFile(append(all, riffChunk("ANMF", body)...))
}

// TestFirstFrameOfWebP checks the frame of each kind, alone on its canvas and at a place.
func TestFirstFrameOfWebP(t *testing.T) {
	for _, name := range []string{"lossy.webp", "alpha.webp", "lossy-alpha.webp"} {
		data := fixture(t, name)
		chunks := data[12:]
		if string(chunks[:4]) == "VP8X" {
			chunks = chunks[18:]
		}
		still := renderTo(t, readPicture(t, name), 24, 16, picture.Stretch)
		for _, at := range []image.Point{{}, {4, 2}} {
			p, err := picture.Decode(animation(24+at.X, 16+at.Y, [4]int{at.X, at.Y, 24, 16}, chunks))
			if err != nil {
				t.Errorf("%s at %v: %v", name, at, err)
				continue
			}
			got := renderTo(t, p, 24+at.X, 16+at.Y, picture.Stretch)
			for y := range 16 {
				for x := range 24 {
					if d := distance(got.RGBAAt(x+at.X, y+at.Y), still.RGBAAt(x, y)); d > 1 || at == (image.Point{}) && d > 0 {
						t.Fatalf("%s at %v: %v at %d, %d, expected %v", name, at, got.RGBAAt(x+at.X, y+at.Y), x, y, still.RGBAAt(x, y))
					}
				}
			}
			if at.X > 0 && got.RGBAAt(3, 10) != (color.RGBA{255, 255, 255, 255}) {
				t.Errorf("%s at %v: %v beside the frame, expected the paper", name, at, got.RGBAAt(3, 10))
			}
		}
	}
}

// distance returns the largest difference of two colours in a channel.
func distance(a, b color.RGBA) int {
	most := 0
	for _, d := range []int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B), int(a.A) - int(b.A)} {
		most = max(most, d, -d)
	}
	return most
}

// TestWebPContainer checks odd files that are sound, as libwebp takes them.
func TestWebPContainer(t *testing.T) {
	lossy, lossless := fixture(t, "lossy.webp")[12:], webpOfOneColour(24, 16)[12:]
	extended := func(flags byte) []byte { return riffChunk("VP8X", []byte{flags, 0, 0, 0, 23, 0, 0, 15, 0, 0}) }
	for name, chunks := range map[string][]byte{
		"alpha announced, and none there": append(extended(16), lossy...),
		"alpha of another kind":           append(append(extended(16), riffChunk("ALPH", []byte{0})...), lossless...),
		"animation announced, and none":   append(extended(2), lossy...),
		"chunks that nobody knows":        append(append(extended(0), riffChunk("what", []byte("ever"))...), lossy...),
	} {
		if _, err := picture.Decode(riffFile(chunks)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWebPRefused checks damaged animations: nothing is allocated for what they say.
func TestWebPRefused(t *testing.T) {
	lossy, lossless := fixture(t, "lossy.webp")[12:], webpOfOneColour(24, 16)[12:]
	cut := riffChunk("VP8 ", make([]byte, 30))
	cut[4], cut[5], cut[6], cut[7] = 0xff, 0xff, 0xff, 0x7f
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"out of its canvas":   {animation(24, 16, [4]int{2, 0, 24, 16}, lossy), "webp: a frame of 24x16 at 2, 0 on a canvas of 24x16"},
		"far out":             {animation(24, 16, [4]int{1 << 24, 0, 24, 16}, lossy), "webp: a frame of 24x16 at 16777216, 0"},
		"of another size":     {animation(64, 64, [4]int{0, 0, 26, 16}, lossy), "damaged picture: webp: invalid format"},
		"lossless of another": {animation(64, 64, [4]int{0, 0, 26, 16}, lossless), "damaged picture: webp: invalid format"},
		"without pixels":      {animation(24, 16, [4]int{0, 0, 24, 16}, nil), "the file ends before its picture does: webp: a frame without pixels"},
		"cut off":             {animation(24, 16, [4]int{0, 0, 24, 16}, cut), "the file ends before its picture does"},
		"short frame":         {riffFile(append(riffChunk("VP8X", []byte{2, 0, 0, 0, 23, 0, 0, 15, 0, 0}), riffChunk("ANMF", make([]byte, 9))...)), "webp: a frame of 9 bytes"},
		"no frame":            {riffFile(riffChunk("VP8X", []byte{2, 0, 0, 0, 23, 0, 0, 15, 0, 0})), "webp: no frame"},
		"still, cut off":      {riffFile(cut), "damaged picture"},
		"huge canvas":         {animation(16000, 16000, [4]int{0, 0, 24, 16}, lossy), "a picture of 16000x16000 pixels in a file of"},
	} {
		var err error
		took := allocated(func() { _, err = picture.Decode(c.data) })
		if err == nil || !fault.IsInput(err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, expected %q", name, err, c.want)
		}
		if took > 1<<20 {
			t.Errorf("%s: allocates %d bytes", name, took)
		}
	}
}

// FuzzWebP checks that whatever chunks there are, a picture comes of the size that it says, or an
// error of the input.
func FuzzWebP(f *testing.F) {
	for _, name := range []string{"lossy.webp", "alpha.webp", "lossy-alpha.webp", "orientation8.webp", "animated.webp", "placed.webp", "lossy-placed.webp"} {
		f.Add(fixture(f, name)[12:])
	}
	f.Add(webpOfOneColour(24, 16)[12:])
	f.Add(animation(24, 16, [4]int{2, 4, 8, 8}, webpOfOneColour(8, 8)[12:])[12:])
	f.Fuzz(func(t *testing.T, chunks []byte) { fuzzed(t, riffFile(chunks)) })
}
