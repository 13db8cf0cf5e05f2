package philox

import (
	"math"
	"testing"
)

// TestKnownAnswers checks the vectors that the authors publish with Random123 (kat_vectors, philox4x32 10).
func TestKnownAnswers(t *testing.T) {
	const ones = 0xffffffff
	for _, c := range []struct {
		counter [4]uint32
		key     [2]uint32
		want    [4]uint32
	}{
		{[4]uint32{}, [2]uint32{}, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{[4]uint32{ones, ones, ones, ones}, [2]uint32{ones, ones}, [4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, [2]uint32{0xa4093822, 0x299f31d0},
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	} {
		if got := Block(c.counter, c.key); got != c.want {
			t.Errorf("Block(%x, %x) = %x, want %x", c.counter, c.key, got, c.want)
		}
	}
}

// kinds fill a slice from a stream.
var kinds = map[string]func(s Stream, dst []float32, first int){
	"uniform":   Stream.Uniform,
	"normal":    Stream.Normal,
	"bernoulli": func(s Stream, dst []float32, first int) { s.Bernoulli(dst, first, 0.3) },
}

// TestOffsets checks that a number depends on its index, not on where a fill begins.
func TestOffsets(t *testing.T) {
	for name, fill := range kinds {
		s := Stream{Key: 1 << 40, Step: 1 << 35, ID: 7}
		whole := make([]float32, 40)
		fill(s, whole, 0)
		for first := range 20 {
			for n := range 15 {
				part := make([]float32, n)
				fill(s, part, first)
				for i, v := range part {
					if v != whole[first+i] {
						t.Fatalf("%s: element %d is %v when the fill begins at %d, else %v", name, first+i, v, first, whole[first+i])
					}
				}
			}
		}
		for _, other := range []Stream{{1, s.Step, 7}, {s.Key, 1, 7}, {s.Key, s.Step, 8}} {
			numbers := make([]float32, 40)
			fill(other, numbers, 0)
			same := 0
			for i, v := range numbers {
				if v == whole[i] {
					same++
				}
			}
			if same == 40 {
				t.Errorf("%s: %+v gives the numbers of %+v", name, other, s)
			}
		}
	}
}

// TestMoments checks mean, variance and tails of many numbers within five standard errors.
func TestMoments(t *testing.T) {
	const n = 1 << 20
	for _, c := range []struct {
		name                   string
		mean, variance, fourth float64 // fourth central moment
		limit, beyond          float64 // the fraction of |x − mean| above limit
	}{
		{"uniform", 0.5, 1.0 / 12, 1.0 / 80, 0.45, 0.1},
		{"normal", 0, 1, 3, 2, 0.0455003},
		{"bernoulli", 0.3, 0.21, 0.21 * (1 - 3*0.21), 0.5, 0.3},
	} {
		x := make([]float32, n)
		kinds[c.name](Stream{Key: 3}, x, 0)
		var sum, squares, tail float64
		for _, v := range x {
			d := float64(v) - c.mean
			sum += d
			squares += d * d
			if math.Abs(d) > c.limit {
				tail++
			}
		}
		if d := math.Abs(sum / n); d > 5*math.Sqrt(c.variance/n) {
			t.Errorf("%s: the mean is off by %v", c.name, d)
		}
		if d := math.Abs(squares/n - c.variance); d > 5*math.Sqrt((c.fourth-c.variance*c.variance)/n) {
			t.Errorf("%s: the variance is off by %v", c.name, d)
		}
		if d := math.Abs(tail/n - c.beyond); d > 5*math.Sqrt(c.beyond*(1-c.beyond)/n) {
			t.Errorf("%s: the fraction beyond %v is off by %v", c.name, c.limit, d)
		}
	}
	for p, want := range map[float64]float32{0: 0, 1: 1} {
		x := make([]float32, 1000)
		Stream{Key: 5}.Bernoulli(x, 0, p)
		for _, v := range x {
			if v != want {
				t.Fatalf("probability %v gives %v", p, v)
			}
		}
	}
}
