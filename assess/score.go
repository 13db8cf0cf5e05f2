package assess

import "math"

// Score sums up a classifier's answers to labelled images.
type Score struct {
	Images int     // number of images
	Errors int     // number of wrong answers; equal scores go to the lower class
	nll    float64 // Σ −log p(label), nats
}

// Add counts the answers to a batch: logits [B, K] row by row, and the labels of the first images.
func (s *Score) Add(logits []float32, classes int, labels []uint8) {
	for i, y := range labels {
		row := logits[i*classes : (i+1)*classes]
		best, largest := 0, math.Inf(-1)
		for k, v := range row {
			if float64(v) > largest {
				best, largest = k, float64(v)
			}
		}
		if best != int(y) {
			s.Errors++
		}
		sum := 0.0
		for _, v := range row {
			sum += math.Exp(float64(v) - largest)
		}
		s.nll += math.Log(sum) + largest - float64(row[y])
		s.Images++
	}
}

// Accuracy returns the fraction of right answers, NaN for no images.
func (s Score) Accuracy() float64 { return float64(s.Images-s.Errors) / float64(s.Images) }

// NLL returns the mean negative log-likelihood of the labels in nats, NaN for no images.
func (s Score) NLL() float64 { return s.nll / float64(s.Images) }

// Interval returns Wilson's 95 % interval of the accuracy (Wilson 1927).
func (s Score) Interval() (low, high float64) {
	const z = 1.959963984540054 // the 97.5 % quantile of the standard normal distribution
	n, p := float64(s.Images), s.Accuracy()
	centre := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return centre - half, centre + half
}

// Softmax returns the probabilities of a row of logits.
func Softmax(logits []float32) []float64 {
	largest := math.Inf(-1)
	for _, v := range logits {
		largest = math.Max(largest, float64(v))
	}
	p, sum := make([]float64, len(logits)), 0.0
	for k, v := range logits {
		p[k] = math.Exp(float64(v) - largest)
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
	return p
}
