package assess

import "math"

// Score sums up a classifier's answers to labelled images.
type Score struct {
	Images int     // number of images
	Errors int     // number of wrong answers; equal scores go to the lower class
	nll    float64 // Σ −log p(label), nats
}

// Add counts the answers to a batch: logits [B, K] row by row, and the labels of the first images.
// Labels that are no classes, and more of them than rows, are an error, and nothing is counted.
func (s *Score) Add(logits []float32, classes int, labels []int32) error {
	if err := answered(logits, classes, labels); err != nil {
		return err
	}
	s.add(logits, classes, labels)
	return nil
}

func (s *Score) add(logits []float32, classes int, labels []int32) {
	for i, y := range labels {
		row := logits[i*classes : (i+1)*classes]
		if top(row) != int(y) {
			s.Errors++
		}
		s.nll += loss(row, int(y), 1)
		s.Images++
	}
}

// Accuracy returns the fraction of right answers, NaN for no images.
func (s Score) Accuracy() float64 { return float64(s.Images-s.Errors) / float64(s.Images) }

// NLL returns the mean negative log-likelihood of the labels in nats, NaN for no images.
func (s Score) NLL() float64 { return s.nll / float64(s.Images) }

// Interval returns Wilson's 95 % interval of the accuracy (Wilson 1927), from 0 to 1 for no images.
func (s Score) Interval() (low, high float64) {
	if s.Images == 0 {
		return 0, 1
	}
	n, p := float64(s.Images), s.Accuracy()
	centre := (p + z95*z95/(2*n)) / (1 + z95*z95/n)
	half := z95 / (1 + z95*z95/n) * math.Sqrt(p*(1-p)/n+z95*z95/(4*n*n))
	return max(0, min(p, centre-half)), min(1, max(p, centre+half)) // it holds p but for rounding
}

// z95 is the 97.5 % quantile of the standard normal distribution.
const z95 = 1.959963984540054

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
