package dataset

import "math"

// Normalizer maps bytes to floats, per channel: (v/255 − Mean)/(Std + 1e-7). A Std of 0 stands for
// [OneLevel].
type Normalizer struct {
	Mean []float64 `yaml:"mean" json:"mean"`
	Std  []float64 `yaml:"std" json:"std"`
}

// OneLevel is one of the 255 steps of a byte, in units of the pixels' range [0, 1]. A spread below
// it cannot be told from the rounding of pixels to bytes, so that no spread counts as less: a pixel
// that differs by one level from a channel without contrast is one standard deviation away, not ten
// thousands of them.
const OneLevel = 1.0 / 255

// normalizerEpsilon is in the published experiments' formula; beside a spread of a level or more it
// is nothing.
const normalizerEpsilon = 1e-7

// Statistics returns the normalizer of a subset: mean and standard deviation of all its pixels, per
// channel, the latter at least [OneLevel].
func Statistics(s Subset) Normalizer {
	c, area := s.Shape.C, s.Shape.H*s.Shape.W
	n := Normalizer{Mean: make([]float64, c), Std: make([]float64, c)}
	count := float64(s.Len() * area)
	for ch := range c {
		var sum, squares uint64
		for _, i := range s.Index {
			for _, v := range s.Image(i)[ch*area : (ch+1)*area] {
				sum += uint64(v)
				squares += uint64(v) * uint64(v)
			}
		}
		mean := float64(sum) / count
		n.Mean[ch] = mean / 255
		n.Std[ch] = max(math.Sqrt(math.Max(float64(squares)/count-mean*mean, 0))/255, OneLevel)
	}
	return n
}

// table returns the float of every byte of a channel.
func (n Normalizer) table(ch int) (t [256]float32) {
	std := n.Std[ch]
	if std == 0 { // of models from before Statistics had a floor, whose pixels were all at the mean
		std = OneLevel
	}
	for v := range t {
		t[v] = float32((float64(v)/255 - n.Mean[ch]) / (std + normalizerEpsilon))
	}
	return t
}

// Tables holds the float of every byte of every channel.
type Tables [][256]float32

// Tables prepares the normalizer for use.
func (n Normalizer) Tables() Tables {
	t := make(Tables, len(n.Mean))
	for ch := range t {
		t[ch] = n.table(ch)
	}
	return t
}

// Apply normalizes an image [C, H, W].
func (t Tables) Apply(dst []float32, image []byte) {
	area := len(image) / len(t)
	for ch := range t {
		table := &t[ch]
		to := dst[ch*area : (ch+1)*area]
		for i, v := range image[ch*area : (ch+1)*area] {
			to[i] = table[v]
		}
	}
}
