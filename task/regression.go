package task

import (
	"math"

	"github.com/gradreg/gradreg/sym"
)

// Regression is the task of numbers.
type Regression struct{}

// String returns "regression".
func (Regression) String() string { return "regression" }

// Outputs returns the number of numbers.
func (Regression) Outputs(kinds int) int { return kinds }

// Target makes an input of numbers: [batch, kinds].
func (Regression) Target(g *sym.Graph, name string, batch, kinds int) (input, targets *sym.Expr) {
	input = g.Input(name, sym.Float, batch, kinds)
	return input, input
}

// Losses returns the mean squared error L_b = mean_d (f_bd − t_bd)².
func (Regression) Losses(outputs, targets *sym.Expr) *sym.Expr {
	return sym.Mean(sym.Square(sym.Sub(outputs, targets)), 1)
}

// Distribution has none.
func (Regression) Distribution(*sym.Expr) (*sym.Expr, bool) { return nil, false }

// Score sums squared errors: the loss is their mean, the quality its root.
func (Regression) Score() Score { return &errorScore{} }

type errorScore struct {
	samples int
	squares float64 // Σ_b mean_d (f_bd − t_bd)²
}

func (s *errorScore) Add(outputs, targets []float32, kinds int) error {
	n, err := rows(outputs, targets, kinds)
	if err != nil {
		return err
	}
	for i, f := range outputs {
		d := float64(f) - float64(targets[i])
		s.squares += d * d / float64(kinds)
	}
	s.samples += n
	return nil
}

func (s *errorScore) Metrics() Metrics {
	loss := s.squares / float64(s.samples)
	return Regression{}.Quality().metrics(s.samples, loss, math.Sqrt(loss))
}
