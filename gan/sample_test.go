package gan

import (
	"bytes"
	"math"
	"slices"
	"sync"
	"testing"
)

// generators are some that were trained a little: of points, and of images with batch norm.
func generators(t *testing.T) map[string]string {
	points, images := onPoints(), onImages()
	points.Steps, images.Steps = 2, 2
	return map[string]string{"points": finished(t, points, 1), "images": finished(t, images, 1)}
}

// TestSample checks that sample i is a function of the seed and i alone: not of how many are asked for,
// from where on, in which order, by how many threads, or of the goroutines beside it.
func TestSample(t *testing.T) {
	for name, dir := range generators(t) {
		g, err := LoadGenerator(dir, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		const n = 150
		size := g.size()
		make1 := func(g *Generator, seed, first uint64, n int) []float32 {
			t.Helper()
			out := make([]float32, n*size)
			if err := g.Sample(seed, first, n, out); err != nil {
				t.Error(err)
			}
			return out
		}
		whole := make1(g, 7, 0, n)
		sample := func(i int) []float32 { return whole[i*size : (i+1)*size] }
		for _, c := range [][2]int{{0, 1}, {1, 1}, {63, 2}, {64, 64}, {5, 100}, {149, 1}, {0, 65}} {
			if got := make1(g, 7, uint64(c[0]), c[1]); !slices.Equal(got, whole[c[0]*size:(c[0]+c[1])*size]) {
				t.Errorf("%s: %d samples from %d on are others than within 150", name, c[1], c[0])
			}
		}
		other, err := LoadGenerator(dir, 3)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		if !slices.Equal(make1(other, 7, 0, n), whole) {
			t.Errorf("%s: three threads make other samples", name)
		}
		if slices.Equal(make1(g, 8, 0, 1), sample(0)) || slices.Equal(sample(0), sample(1)) {
			t.Errorf("%s: another seed or place has the same sample", name)
		}
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				if got := make1(g, 7, uint64(9*i), 9); !slices.Equal(got, whole[9*i*size:(9*i+9)*size]) {
					t.Errorf("%s: goroutine %d has other samples", name, i)
				}
			})
		}
		group.Wait()
		// The same noise by hand.
		noise := make([]float32, 3*g.GeneratorInfo.Noise)
		for i := range 3 {
			Noise(7, uint64(20+i), noise[i*g.GeneratorInfo.Noise:(i+1)*g.GeneratorInfo.Noise])
		}
		got := make([]float32, 3*size)
		if err := g.FromNoise(noise, got); err != nil || !slices.Equal(got, whole[20*size:23*size]) {
			t.Errorf("%s: samples of the noise by hand are others (%v)", name, err)
		}
		if err := g.Sample(7, 0, 2, got); err == nil {
			t.Errorf("%s: two samples into room for three is no error", name)
		}
	}
}

// TestByte checks that the one way back from values to bytes is the inverse of the one way there, for
// every byte, and clamps what lies outside.
func TestByte(t *testing.T) {
	pixels := make([]byte, 256)
	for i := range pixels {
		pixels[i] = byte(i)
	}
	tables, values := Normalizer(1).Tables(), make([]float32, 256)
	tables.Apply(values, pixels)
	if !(math.Abs(float64(values[0])+1) < 1e-6 && math.Abs(float64(values[255])-1) < 1e-6) {
		t.Errorf("bytes become %v … %v, expected -1 … 1", values[0], values[255])
	}
	back := make([]byte, 256)
	for i, v := range values {
		back[i] = Byte(v)
		if want := 2*float64(i)/255 - 1; math.Abs(float64(v)-want) > 1e-6 {
			t.Errorf("byte %d is %v, expected %v", i, v, want)
		}
	}
	if !bytes.Equal(back, pixels) {
		t.Errorf("bytes come back as %v", back)
	}
	for v, want := range map[float32]byte{-7: 0, 7: 255, float32(math.Inf(1)): 255, float32(math.Inf(-1)): 0, 0: 128, 1e-9: 128} {
		if got := Byte(v); got != want {
			t.Errorf("%v becomes %d, expected %d", v, got, want)
		}
	}
	if got := Byte(float32(math.NaN())); got != 0 {
		t.Errorf("NaN becomes %d", got)
	}
}

// TestData checks that training, held-out and batches are of one range, that batches are functions of
// the turn, and that held-out samples are not in training.
func TestData(t *testing.T) {
	for _, name := range []string{"mnist", "stacked:mnist", "gaussians-25", "gaussians-8", "swiss-roll"} {
		c := onImages()
		c.Data, c.Flip, c.TrainSize = name, false, 0
		d, err := OpenData(t.Context(), &c, RunOptions{})
		if err != nil {
			t.Fatal(err)
		}
		const n = 8
		read := func(f func(first, n int, samples []float32), first int) []float32 {
			out := make([]float32, n*d.size())
			f(first, n, out)
			return out
		}
		fill := func(turn, n int, samples []float32) { d.Fill(turn, n, samples) }
		batch := read(fill, 3)
		if read(fill, 4); !slices.Equal(read(fill, 3), batch) {
			t.Errorf("%s: a batch depends on what was asked for before it", name)
		}
		held := read(d.HeldOut, 0)
		for first := 0; first < 64; first += n {
			trained := read(d.Trained, first)
			for i := range n {
				for k := range n {
					if slices.Equal(trained[i*d.size():(i+1)*d.size()], held[k*d.size():(k+1)*d.size()]) {
						t.Errorf("%s: sample %d of training is held out", name, first+i)
					}
				}
			}
		}
		low, high := slices.Min(batch), slices.Max(batch)
		if images := len(d.Shape) == 3; images && (low < -1 || low > -0.99 || high > 1 || high < 0.9 || slices.Min(held) > -0.99) || low == high {
			t.Errorf("%s: values in %v … %v", name, low, high)
		}
		if s := d.Points; d.Train == nil { // variance 1 in the mean of both coordinates, whatever the batch
			points := make([]float32, 2*20000)
			s.Draw(1, 0, 20000, points)
			sum := 0.0
			for _, v := range points {
				sum += float64(v) * float64(v) / float64(len(points))
			}
			if s.Centres != nil && math.Abs(sum-1) > 0.03 {
				t.Errorf("%s: the variance is %v, expected 1", name, sum)
			}
		}
	}
}
