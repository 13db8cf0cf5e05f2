package augment_test

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gradreg/gradreg/dataset/augment"
)

// picture is a small image whose bytes tell their place.
func picture(c, h, w int) []byte {
	p := make([]byte, c*h*w)
	for i := range p {
		p[i] = byte(i*7 + 1)
	}
	return p
}

// apply returns the augmented picture.
func apply(p augment.Pipeline, src []byte, c, h, w int, key augment.Key) []byte {
	dst := make([]byte, len(src))
	p.Apply(dst, src, c, h, w, key)
	return dst
}

func parse(t *testing.T, text string) augment.Pipeline {
	t.Helper()
	p, err := augment.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestMoves checks that flips and shifts are what their names say: every outcome is the image moved by whole pixels with its
// edge repeated, all outcomes occur, and nothing else does.
func TestMoves(t *testing.T) {
	const c, h, w = 2, 5, 8
	src := picture(c, h, w)
	want := map[string]bool{}
	for _, flip := range []bool{false, true} {
		for dy := -1; dy <= 1; dy++ {
			for dx := -2; dx <= 2; dx++ {
				moved := make([]byte, len(src))
				for p := range c {
					for y := range h {
						for x := range w {
							sy, sx := min(max(y-dy, 0), h-1), min(max(x-dx, 0), w-1)
							if flip {
								sx = w - 1 - sx
							}
							moved[(p*h+y)*w+x] = src[(p*h+sy)*w+sx]
						}
					}
				}
				want[string(moved)] = true
			}
		}
	}
	got := map[string]bool{}
	for i := range uint32(2000) {
		out := string(apply(parse(t, "flip,shift:0.25"), src, c, h, w, augment.Key{Seed: 3, Step: 5, Image: i}))
		if !want[out] {
			t.Fatalf("image %d is no flip or shift", i)
		}
		got[out] = true
	}
	if len(got) != len(want) {
		t.Errorf("%d of %d outcomes", len(got), len(want))
	}
}

// TestCrop checks the same for crops, whose border is zero.
func TestCrop(t *testing.T) {
	const c, h, w, pad = 1, 4, 6, 7 // a padding wider than the image
	src := picture(c, h, w)
	got := map[string]bool{}
	for i := range uint32(4000) {
		got[string(apply(parse(t, "crop:7"), src, c, h, w, augment.Key{Image: i}))] = true
	}
	want := map[string]bool{}
	for dy := -pad; dy <= pad; dy++ {
		for dx := -pad; dx <= pad; dx++ {
			moved := make([]byte, len(src))
			for y := range h {
				for x := range w {
					if sy, sx := y-dy, x-dx; sy >= 0 && sy < h && sx >= 0 && sx < w {
						moved[y*w+x] = src[sy*w+sx]
					}
				}
			}
			want[string(moved)] = true
		}
	}
	for out := range got {
		if !want[out] {
			t.Fatal("an outcome is no crop")
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d of %d outcomes", len(got), len(want))
	}
}

// TestRotate checks the middle of a gradient image, which rotation and scale map to another gradient.
func TestRotate(t *testing.T) {
	const n = 41
	src := make([]byte, n*n)
	for y := range n {
		for x := range n {
			src[y*n+x] = byte(3*x + 2*y)
		}
	}
	for i := range uint32(50) {
		out := apply(parse(t, "rotate:30,scale:0.2"), src, 1, n, n, augment.Key{Seed: 1, Image: i})
		at := func(x, y int) float64 { return float64(out[y*n+x]) }
		if c := at(20, 20); math.Abs(c-100) > 0.5+1e-9 {
			t.Errorf("the centre became %v, expected 100", c)
		}
		// The gradient keeps its length but for the scale, and turns by at most 30 degrees.
		gx, gy := (at(26, 20)-at(14, 20))/12, (at(20, 26)-at(20, 14))/12
		length, angle := math.Hypot(gx, gy), math.Atan2(gy, gx)-math.Atan2(2, 3)
		if length < math.Hypot(3, 2)/1.2-0.15 || length > math.Hypot(3, 2)/0.8+0.15 || math.Abs(angle) > 30*math.Pi/180+0.04 {
			t.Errorf("image %d: gradient of length %v turned by %v", i, length, angle)
		}
	}
}

func TestColorAndCutout(t *testing.T) {
	const c, h, w = 3, 16, 16
	grey := bytes.Repeat([]byte{100}, c*h*w)
	seen := map[byte]bool{}
	for i := range uint32(200) {
		out := apply(parse(t, "color:0.2"), grey, c, h, w, augment.Key{Image: i})
		if out[0] < 80 || out[0] > 120 || slices.Max(out) != slices.Min(out) {
			t.Fatalf("a grey image of 100 became %v", out[:4])
		}
		seen[out[0]] = true
		out = apply(parse(t, "cutout:6").WithBackground([]byte{1, 2, 3}), grey, c, h, w, augment.Key{Image: i})
		for p := range c {
			if n := bytes.Count(out[p*h*w:(p+1)*h*w], []byte{byte(p + 1)}); n < 9 || n > 36 {
				t.Fatalf("%d pixels were cut out of plane %d", n, p)
			}
		}
	}
	if len(seen) < 30 {
		t.Errorf("only %d brightnesses", len(seen))
	}
}

// TestIndependent checks that switching an operation on does not change what another one does, and that the same key gives the
// same image.
func TestIndependent(t *testing.T) {
	src := picture(3, 12, 12)
	for i := range uint32(100) {
		key := augment.Key{Seed: 9, Step: 4, Image: i}
		moved := apply(parse(t, "flip,shift:0.2"), src, 3, 12, 12, key)
		if again := apply(parse(t, "flip,shift:0.2"), src, 3, 12, 12, key); !bytes.Equal(moved, again) {
			t.Fatal("the same key gives two images")
		}
		both := apply(parse(t, "flip,shift:0.2,cutout:4"), src, 3, 12, 12, key)
		same := 0
		for j := range moved {
			if moved[j] == both[j] {
				same++
			}
		}
		if same < len(moved)-3*16 {
			t.Errorf("image %d: cutout changed %d bytes", i, len(moved)-same)
		}
	}
}

func TestMix(t *testing.T) {
	p := parse(t, "mixup:0.2")
	if p.Images() {
		t.Error("mixup changes single images")
	}
	sum := 0.0
	for step := range uint64(4000) {
		share := p.Mix(1, step)
		if share < 0.5 || share > 1 || share != p.Mix(1, step) {
			t.Fatalf("share %v at step %d", share, step)
		}
		sum += share
	}
	// E max(x, 1−x) of Beta(0.2, 0.2), from ten million numbers of NumPy's; the standard error here is 0.002.
	if mean := sum / 4000; math.Abs(mean-0.8988) > 0.008 {
		t.Errorf("mean share %v, expected 0.899", mean)
	}
	if (augment.Pipeline{}).Mix(1, 1) != 1 {
		t.Error("a pipeline without mixup mixes")
	}
}

// TestText checks that text forms come back, and what is refused.
func TestText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := augment.Pipeline{
			Flip: rapid.Bool().Draw(t, "flip"), Shift: rapid.SampledFrom([]float64{0, 0.125, 0.5}).Draw(t, "shift"), Crop: rapid.IntRange(0, 64).Draw(t, "crop"),
			Rotate: rapid.SampledFrom([]float64{0, 7.5, 180}).Draw(t, "rotate"), Scale: rapid.SampledFrom([]float64{0, 0.3}).Draw(t, "scale"),
			Color: rapid.SampledFrom([]float64{0, 1}).Draw(t, "color"), Cutout: rapid.IntRange(0, 99).Draw(t, "cutout"), Mixup: rapid.SampledFrom([]float64{0, 0.2}).Draw(t, "mixup"),
		}
		if got, err := augment.Parse(p.String()); err != nil || got.String() != p.String() {
			t.Fatalf("%v came back as %v, %v", p, got, err)
		}
	})
	for _, text := range []string{"flop", "flip:1", "shift", "shift:0.6", "shift:0", "shift:-1", "crop:1.5", "rotate:nan", "flip,flip", "flip,", "cutout:0", "mixup:inf"} {
		if p, err := augment.Parse(text); err == nil {
			t.Errorf("%q is read as %v", text, p)
		}
	}
}

// FuzzParse checks that any text is refused or read as a pipeline that comes back from its text form and changes an image without
// reaching outside of it.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"", "none", "flip,shift:0.125,crop:4", "rotate:180,scale:0.9", "color:1,cutout:1024,mixup:10", "shift:1e-320", "crop:64", ",", "flip:"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := augment.Parse(text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("an error of two lines: %q", err)
			}
			return
		}
		if again, err := augment.Parse(p.String()); err != nil || again.String() != p.String() {
			t.Errorf("%q is %v, which is read as %v, %v", text, p, again, err)
		}
		for _, s := range [][3]int{{1, 1, 1}, {3, 2, 5}, {2, 7, 3}} {
			src := picture(s[0], s[1], s[2])
			for i := range uint32(4) {
				apply(p, src, s[0], s[1], s[2], augment.Key{Step: uint64(len(text)), Image: i})
			}
			if !bytes.Equal(src, picture(s[0], s[1], s[2])) {
				t.Error("the image itself is changed")
			}
		}
		if share := p.Mix(1, uint64(len(text))); !(share >= 0.5 && share <= 1) {
			t.Errorf("%v: share %v", p, share)
		}
	})
}

func BenchmarkApply(b *testing.B) {
	src := picture(3, 32, 32)
	dst := make([]byte, len(src))
	for _, text := range []string{"flip,shift:0.125", "rotate:10,scale:0.15", "color:0.2"} {
		p, err := augment.Parse(text)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(text, func(b *testing.B) {
			i := uint32(0)
			for b.Loop() {
				i++
				p.Apply(dst, src, 3, 32, 32, augment.Key{Image: i})
			}
		})
	}
}
