package task

import (
	"math"

	"github.com/gradreg/gradreg/sym"
)

// MultiLabel is the task of labels of which a sample may have any number.
type MultiLabel struct{}

// String returns "multi-label".
func (MultiLabel) String() string { return "multi-label" }

// Outputs returns the number of labels.
func (MultiLabel) Outputs(kinds int) int { return kinds }

// Target makes an input of 1 where a sample has a label and 0 where it has not: [batch, kinds].
func (MultiLabel) Target(g *sym.Graph, name string, batch, kinds int) (input, targets *sym.Expr) {
	input = g.Input(name, sym.Float, batch, kinds)
	return input, input
}

// Losses returns the mean binary cross-entropy in nats, with σ(f) = 1/(1 + exp(−f)):
//
//	L_b = −mean_k (t_bk·log σ(f_bk) + (1 − t_bk)·log(1 − σ(f_bk)))
func (MultiLabel) Losses(outputs, targets *sym.Expr) *sym.Expr {
	if outputs.Err() != nil {
		return outputs
	}
	if targets.Err() != nil {
		return targets
	}
	// σ(f) is the softmax of (0, f), so that sure answers keep the digits that they keep there.
	g, n := outputs.Graph(), outputs.Shape().Size()
	column := func(e *sym.Expr) *sym.Expr { return sym.Reshape(e, n, 1) }
	absent := sym.AddScalar(sym.Neg(targets), 1)
	losses := sym.CrossEntropy(
		sym.Concat(1, g.Const(0, n, 1), column(outputs)),
		sym.Concat(1, column(absent), column(targets)))
	return sym.Mean(sym.Reshape(losses, outputs.Shape()...), 1)
}

// Distribution has none: the labels of a sample do not exclude each other.
func (MultiLabel) Distribution(*sym.Expr) (*sym.Expr, bool) { return nil, false }

// Score counts labels, each of which is right if f > 0 where the sample has it and f ≤ 0 where it
// has not: the quality is the share of right ones. The loss is the mean of [MultiLabel.Losses].
func (MultiLabel) Score() Score { return &labelScore{} }

type labelScore struct {
	samples, labels, right int
	loss                   float64
}

func (s *labelScore) Add(outputs, targets []float32, kinds int) error {
	n, err := rows(outputs, targets, kinds)
	if err != nil {
		return err
	}
	for i, f := range outputs {
		f, t := float64(f), float64(targets[i])
		if (f > 0) == (t > 0.5) && f == f {
			s.right++
		}
		s.loss += (math.Max(f, 0) - f*t + math.Log1p(math.Exp(-math.Abs(f)))) / float64(kinds)
	}
	s.samples, s.labels = s.samples+n, s.labels+len(outputs)
	return nil
}

func (s *labelScore) Metrics() Metrics {
	return MultiLabel{}.Quality().metrics(
		s.samples, s.loss/float64(s.samples), float64(s.right)/float64(s.labels))
}
