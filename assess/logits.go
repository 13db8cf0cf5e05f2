package assess

import (
	"math"

	"github.com/gradreg/gradreg/internal/fault"
)

// Logits are a classifier's answers to labelled images, kept for what needs all of them. Add keeps
// every label a class; whoever fills the fields in has to.
type Logits struct {
	Classes int       // K
	Values  []float32 // [images, K]
	Labels  []int32   // [images]
}

// Add appends the answers to a batch: values [B, K] row by row, and the labels of the first images.
// Labels that are no classes, and more of them than rows, are an error, and nothing is added.
func (l *Logits) Add(values []float32, labels []int32) error {
	if err := answered(values, l.Classes, labels); err != nil {
		return err
	}
	l.Values, l.Labels = append(l.Values, values[:len(labels)*l.Classes]...), append(l.Labels, labels...)
	return nil
}

// answered returns an error unless each label is a class and has a row of logits.
func answered(logits []float32, classes int, labels []int32) error {
	if classes < 1 || len(logits) < len(labels)*classes {
		return fault.Inputf(
			"%d logits of %d classes for %d labels, expected a row for each", len(logits), classes,
			len(labels),
		)
	}
	for i, y := range labels {
		if y < 0 || int(y) >= classes {
			return fault.Inputf("label %d is %d, expected a class from 0 to %d", i, y, classes-1)
		}
	}
	return nil
}

// Row returns the logits of image i.
func (l *Logits) Row(i int) []float32 { return l.Values[i*l.Classes : (i+1)*l.Classes] }

// Score sums the answers up.
func (l *Logits) Score() Score {
	var s Score
	s.add(l.Values, l.Classes, l.Labels)
	return s
}

// Right tells for each image whether the answer is right.
func (l *Logits) Right() []bool {
	right := make([]bool, len(l.Labels))
	for i, y := range l.Labels {
		right[i] = top(l.Row(i)) == int(y)
	}
	return right
}

// NLL returns the mean negative log-likelihood of the labels in nats under
// softmax(logits/temperature).
func (l *Logits) NLL(temperature float64) float64 {
	sum := 0.0
	for i, y := range l.Labels {
		sum += loss(l.Row(i), int(y), temperature)
	}
	return sum / float64(len(l.Labels))
}

// NLLError returns the standard error of NLL as a mean over images drawn at random: the standard
// deviation of their losses over the root of their number; 0 of one image.
func (l *Logits) NLLError(temperature float64) float64 {
	n := float64(len(l.Labels))
	if n < 2 {
		return 0
	}
	mean, squares := l.NLL(temperature), 0.0
	for i, y := range l.Labels {
		d := loss(l.Row(i), int(y), temperature) - mean
		squares += d * d
	}
	return math.Sqrt(squares / (n - 1) / n)
}

// Brier returns the mean over the images of Σ_k (p_k − 1[k = label])² with p = softmax(logits): 0
// for certain and right, 2 for certain and wrong (Brier 1950). NaN for no images.
func (l *Logits) Brier() float64 {
	sum := 0.0
	for i, y := range l.Labels {
		for k, p := range Softmax(l.Row(i)) {
			if k == int(y) {
				p--
			}
			sum += p * p
		}
	}
	return sum / float64(len(l.Labels))
}

// top returns the class of the largest logit, the lowest of equal ones.
func top(row []float32) int {
	best, largest := 0, math.Inf(-1)
	for k, v := range row {
		if float64(v) > largest {
			best, largest = k, float64(v)
		}
	}
	return best
}

// loss returns −log softmax(row/temperature)[y] in nats.
func loss(row []float32, y int, temperature float64) float64 {
	largest := float64(row[top(row)])
	sum := 0.0
	for _, v := range row {
		sum += math.Exp((float64(v) - largest) / temperature)
	}
	return math.Log(sum) + (largest-float64(row[y]))/temperature
}
