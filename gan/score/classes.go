package score

import (
	"math"

	"github.com/gradreg/gradreg/internal/fault"
)

// Histogram is how samples are distributed over classes.
type Histogram struct {
	Counts []int   `json:"counts"` // samples of each class
	Hit    int     `json:"hit"`    // classes with at least one sample
	KL     float64 `json:"kl"`     // KL(p̂ ‖ q) ≥ 0, in nats
	Floor  float64 `json:"floor"`  // mean KL of so many samples of q itself, about
}

// Classes compares the classes of samples, found by a classifier, with the shares q of the classes
// in the data, which sum to 1:
//
//	KL(p̂ ‖ q) = Σ_k p̂_k·ln(p̂_k/q_k),  p̂_k = n_k/n
//
// in nats, 0 where shares are equal. Samples of q itself have (K−1)/(2n) on average, for n ≫ K with
// K the number of classes that q has (the chi-square approximation of 2n·KL). A sample of a class
// with share 0 makes it infinite, which is an error.
//
// Traps: the classifier forces noise into classes, often into one; see [Confident]. A class with
// one sample counts as hit.
func Classes(classes []int, q []float64) (Histogram, error) {
	if err := checkShares("shares of the classes", q); err != nil {
		return Histogram{}, err
	}
	if err := checkClasses("classes of the samples", classes, len(q)); err != nil {
		return Histogram{}, err
	}
	h := Histogram{Counts: count(classes, len(q))}
	possible := 0
	for k, n := range h.Counts {
		if q[k] > 0 {
			possible++
		} else if n > 0 {
			return Histogram{}, fault.Inputf(
				"%d samples of class %d with share 0: the divergence is infinite, expected none",
				n, k,
			)
		}
	}
	h.Hit, h.KL = divergence(h.Counts, q)
	h.Floor = float64(possible-1) / float64(2*len(classes))
	return h, nil
}

// count returns the number of samples of each class.
func count(classes []int, number int) []int {
	counts := make([]int, number)
	for _, c := range classes {
		counts[c]++
	}
	return counts
}

// divergence returns how many counts are not 0, and KL(p̂ ‖ q) of their shares.
func divergence(counts []int, q []float64) (hit int, kl float64) {
	n := 0
	for _, c := range counts {
		n += c
	}
	for k, c := range counts {
		if c > 0 {
			hit++
			p := float64(c) / float64(n)
			kl += p * math.Log(p/q[k])
		}
	}
	return hit, max(kl, 0)
}

// Shares returns the shares of classes 0 … number−1 in a set.
func Shares(classes []int, number int) ([]float64, error) {
	if err := checkClasses("classes", classes, number); err != nil {
		return nil, err
	}
	shares := make([]float64, number)
	for k, n := range count(classes, number) {
		shares[k] = float64(n) / float64(len(classes))
	}
	return shares, nil
}

// Softmax returns the class probabilities of logits [N, K].
func Softmax(logits Matrix) (Matrix, error) {
	if err := logits.check("logits", 0); err != nil {
		return Matrix{}, err
	}
	p := Matrix{logits.N, logits.D, make([]float32, len(logits.Values))}
	for i := range logits.N {
		row := logits.Row(i)
		largest := float64(row[top(row)])
		sum := 0.0
		for _, v := range row {
			sum += math.Exp(float64(v) - largest)
		}
		for k, v := range row {
			p.Values[i*p.D+k] = float32(math.Exp(float64(v)-largest) / sum)
		}
	}
	return p, nil
}

// Predicted returns the class of largest probability, or logit, of each sample [N, K], the first of
// equal ones.
func Predicted(probabilities Matrix) ([]int, error) {
	if err := probabilities.check("class probabilities", 0); err != nil {
		return nil, err
	}
	classes := make([]int, probabilities.N)
	for i := range classes {
		classes[i] = top(probabilities.Row(i))
	}
	return classes, nil
}

func top(row []float32) int {
	best := 0
	for k, v := range row {
		if v > row[best] {
			best = k
		}
	}
	return best
}

// checkProbabilities checks that rows are distributions over at least two classes.
func checkProbabilities(p Matrix) error {
	if err := p.check("class probabilities", 1); err != nil {
		return err
	}
	if p.D < 2 {
		return fault.Inputf("class probabilities of %d class, expected at least 2", p.D)
	}
	for i := range p.N {
		sum := 0.0
		for k, v := range p.Row(i) {
			if v < 0 {
				return fault.Inputf(
					"class probabilities: %v of class %d of sample %d, expected 0 … 1",
					v, k, i,
				)
			}
			sum += float64(v)
		}
		if math.Abs(sum-1) > 1e-3 {
			return fault.Inputf(
				"class probabilities: the sum of sample %d is %v, expected 1",
				i, sum,
			)
		}
	}
	return nil
}

// Confident returns the share of samples whose largest class probability [N, K] is above a
// threshold, 0.9 if 0. It stands beside the share of real samples, which is below 1: the
// classifier, not the generator, sets the bar. A classifier may be sure of noise; so it is no score
// alone.
func Confident(probabilities Matrix, threshold float64) (float64, error) {
	if threshold == 0 {
		threshold = 0.9
	}
	if !(threshold > 0 && threshold < 1) {
		return 0, fault.Inputf("a threshold of %v for probabilities, expected 0 … 1", threshold)
	}
	if err := checkProbabilities(probabilities); err != nil {
		return 0, err
	}
	sure := 0
	for i := range probabilities.N {
		row := probabilities.Row(i)
		if float64(row[top(row)]) > threshold {
			sure++
		}
	}
	return float64(sure) / float64(probabilities.N), nil
}

// Classifier returns the classifier score of class probabilities p(y|x) [N, K],
//
//	exp(1/N · Σ_x KL(p(y|x) ‖ p(y))),  p(y) = 1/N · Σ_x p(y|x)
//
// from 1 (every sample has the same probabilities) to K (sure of every sample, classes equally
// frequent). With an Inception network for ImageNet it is the Inception score; with another
// classifier it is another number, and stands beside its value on real samples of equal N.
//
// Traps: one perfect picture of each class, repeated, has the score K; so has noise that a
// classifier is sure of. It is too low by a factor of about exp(−(K−1)/(2N)) for few samples.
//
// Source: Salimans et al., "Improved techniques for training GANs", NeurIPS 2016, section 4.
func Classifier(probabilities Matrix) (float64, error) {
	if err := checkProbabilities(probabilities); err != nil {
		return 0, err
	}
	n := float64(probabilities.N)
	marginal := make([]float64, probabilities.D)
	for i := range probabilities.N {
		for k, v := range probabilities.Row(i) {
			marginal[k] += float64(v) / n
		}
	}
	mean := 0.0
	for i := range probabilities.N {
		for k, v := range probabilities.Row(i) {
			if v > 0 {
				mean += float64(v) * math.Log(float64(v)/marginal[k]) / n
			}
		}
	}
	return math.Exp(max(mean, 0)), nil
}
