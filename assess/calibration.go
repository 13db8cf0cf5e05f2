package assess

import "math"

// CalibrationBins is the number of bins of the expected calibration error, as in Guo et al. 2017.
const CalibrationBins = 15

// Calibration compares a classifier's confidence, the largest probability of each answer, with how
// often it is right then. It is that of the bins m = 1 … M of equal width, ((m−1)/M, m/M] (Guo et
// al. 2017, section 2).
type Calibration struct {
	Images int
	Bins   []CalibrationBin
}

// CalibrationBin is the answers of similar confidence. Means are 0 where there are none.
type CalibrationBin struct {
	Images     int     `json:"image_count"`
	Confidence float64 `json:"confidence"` // mean
	Accuracy   float64 `json:"accuracy"`
}

// Calibration sorts the answers into bins by their confidence, into CalibrationBins if bins is
// below 1.
func (l *Logits) Calibration(bins int) Calibration {
	if bins < 1 {
		bins = CalibrationBins
	}
	c := Calibration{Images: len(l.Labels), Bins: make([]CalibrationBin, bins)}
	for i, y := range l.Labels {
		best := top(l.Row(i))
		confidence := Softmax(l.Row(i))[best]
		b := &c.Bins[min(max(int(math.Ceil(confidence*float64(bins)))-1, 0), bins-1)]
		b.Images++
		b.Confidence += confidence
		if best == int(y) {
			b.Accuracy++
		}
	}
	for i := range c.Bins {
		if b := &c.Bins[i]; b.Images > 0 {
			b.Confidence /= float64(b.Images)
			b.Accuracy /= float64(b.Images)
		}
	}
	return c
}

// ECE returns the expected calibration error Σ_m |B_m|/n · |accuracy(B_m) − confidence(B_m)|, NaN
// for no images (Naeini et al. 2015; Guo et al. 2017, equation 3).
func (c Calibration) ECE() float64 {
	sum := 0.0
	for _, b := range c.Bins {
		sum += float64(b.Images) * math.Abs(b.Accuracy-b.Confidence)
	}
	return sum / float64(c.Images)
}
