package assess

import "math"

// Logits are a classifier's answers to labelled images, kept for what needs all of them.
type Logits struct {
	Classes int
	Values  []float32 // [images, Classes]
	Labels  []uint8
}

// Add appends the answers to a batch.
func (l *Logits) Add(values []float32, labels []uint8) {
	l.Values, l.Labels = append(l.Values, values[:len(labels)*l.Classes]...), append(l.Labels, labels...)
}

// NLL returns the mean negative log-likelihood of the labels in nats under softmax(logits/temperature).
func (l *Logits) NLL(temperature float64) float64 {
	sum := 0.0
	for i, y := range l.Labels {
		row := l.Values[i*l.Classes : (i+1)*l.Classes]
		largest := math.Inf(-1)
		for _, v := range row {
			largest = math.Max(largest, float64(v))
		}
		exps := 0.0
		for _, v := range row {
			exps += math.Exp((float64(v) - largest) / temperature)
		}
		sum += math.Log(exps) + (largest-float64(row[y]))/temperature
	}
	return sum / float64(len(l.Labels))
}

// Calibrated returns the least NLL over temperatures from 1/20 to 20, and the temperature (Guo et al. 2017, section 4.2):
// how well classes are told apart, whatever the confidence that a regularizer takes away. The NLL is convex in
// 1/temperature; golden sections find it to four digits.
func (l *Logits) Calibrated() (nll, temperature float64) {
	inverse := (math.Sqrt(5) - 1) / 2
	low, high := math.Log(1.0/20), math.Log(20.0)
	at := func(log float64) float64 { return l.NLL(math.Exp(log)) }
	a, b := high-inverse*(high-low), low+inverse*(high-low)
	fa, fb := at(a), at(b)
	for high-low > 1e-4 {
		if fa < fb {
			high, b, fb = b, a, fa
			a = high - inverse*(high-low)
			fa = at(a)
		} else {
			low, a, fa = a, b, fb
			b = low + inverse*(high-low)
			fb = at(b)
		}
	}
	return at((low + high) / 2), math.Exp((low + high) / 2)
}
