package task

import (
	"math"

	"github.com/gradreg/gradreg/sym"
)

// Classification is the task of exclusive classes.
type Classification struct{}

// String returns "classification".
func (Classification) String() string { return "classification" }

// Outputs returns the number of classes.
func (Classification) Outputs(kinds int) int { return kinds }

// Target makes an input of class numbers: [batch] integers from 0 to kinds−1, and their one-hot
// rows.
func (Classification) Target(g *sym.Graph, name string, batch, kinds int) (input, targets *sym.Expr) {
	input = g.Input(name, sym.Int, batch)
	return input, sym.OneHot(input, kinds)
}

// Losses returns the cross-entropy L_b = −Σ_k t_bk·log softmax(f_b)_k in nats.
func (Classification) Losses(outputs, targets *sym.Expr) *sym.Expr {
	return sym.CrossEntropy(outputs, targets)
}

// Distribution returns log softmax(f).
func (Classification) Distribution(outputs *sym.Expr) (*sym.Expr, bool) {
	return sym.LogSoftmax(outputs), true
}

// Score counts the samples whose largest output is that of their class; equal outputs go to the
// lower class. The loss is the mean negative log-likelihood in nats.
func (Classification) Score() Score { return &classScore{} }

type classScore struct {
	samples, right int
	loss           float64
}

func (s *classScore) Add(outputs, targets []float32, kinds int) error {
	n, err := rows(outputs, targets, kinds)
	if err != nil {
		return err
	}
	for i := range n {
		f, t := outputs[i*kinds:(i+1)*kinds], targets[i*kinds:(i+1)*kinds]
		if largest(f) == largest(t) {
			s.right++
		}
		log := logSumExp(f)
		for k, w := range t {
			if w != 0 {
				s.loss += float64(w) * (log - float64(f[k]))
			}
		}
	}
	s.samples += n
	return nil
}

func (s *classScore) Metrics() Metrics {
	n := float64(s.samples)
	return Classification{}.Quality().metrics(s.samples, s.loss/n, float64(s.right)/n)
}

// largest returns the index of the first largest value; NaN is never the largest.
func largest(row []float32) int {
	best := 0
	for k, v := range row {
		if v > row[best] || row[best] != row[best] {
			best = k
		}
	}
	return best
}

// logSumExp returns log Σ exp(f_k).
func logSumExp(f []float32) float64 {
	most := float64(f[largest(f)])
	if math.IsInf(most, 0) {
		return most
	}
	sum := 0.0
	for _, v := range f {
		sum += math.Exp(float64(v) - most)
	}
	return most + math.Log(sum)
}
