package gradreg

import "github.com/gradreg/gradreg/sym"

// SoftmaxGrad penalizes the squared gradient of the mean logit under the network's own
// probabilities p = softmax(f):
//
//	R = mean_b ‖∂(Σ_k p_k·f_k)/∂x_b‖²
//
// p depends on x as f does, unless it is held constant. (Varga et al. 2017.) A number that is added
// to all logits changes nothing, as Σ_k p_k = 1, so that they are taken from the largest one: f_k −
// Σ_j p_j·f_j then keeps its digits however large logits are.
type SoftmaxGrad struct {
	Weight float64 // λ
	// Held holds p constant where the gradient with respect to x is taken; with respect to the
	// weights R is differentiated in full either way.
	Held bool
	Options
}

// Penalty builds R.
func (s SoftmaxGrad) Penalty(p *Problem) *sym.Expr { return s.everywhere(p, s, s.penalty) }

func (s SoftmaxGrad) penalty(p *Problem) *sym.Expr {
	at := s.site(p)
	logits := at.part(at.outputs)
	c := sym.Exp(p.LogProbabilities(s, logits))
	if !s.Held {
		c = sym.Gradient(sym.Sum(sym.Mul(c, fromLargest(logits))), logits)[0]
	}
	return s.mean(at, at.slope(c))
}

// fromLargest returns logits minus the largest one of their sample, which is held constant: [B, K].
func fromLargest(logits *sym.Expr) *sym.Expr {
	if logits.Err() != nil {
		return logits
	}
	return sym.Sub(logits, sym.Broadcast(sym.StopGradient(sym.Max(logits, 1)), []int{0}, logits.Shape()...))
}

// Lambda returns λ.
func (s SoftmaxGrad) Lambda() float64 { return s.Weight }

// WithLambda returns the same penalty with another λ.
func (s SoftmaxGrad) WithLambda(lambda float64) Regularizer { s.Weight = lambda; return s }

// Name returns "softmaxgrad".
func (s SoftmaxGrad) Name() string { return "softmaxgrad" }

// Validate returns what is wrong with the options.
func (s SoftmaxGrad) Validate() error { return check(s.Weight, s.validate(AsHoffman, AsSum)) }

// String returns the text form.
func (s SoftmaxGrad) String() string { return format(s.Name(), s.Weight, s.fields()) }

func (s *SoftmaxGrad) fields() []field {
	return append([]field{{"held", &s.Held}}, s.Options.fields()...)
}

// TopK penalizes the squared gradient of the sum of the k largest logits:
//
//	R = mean_b ‖∂(f_(1) + … + f_(k))/∂x_b‖²
//
// f_(i) is the i-th largest logit; of equal ones the first counts. (Varga et al. 2017.)
type TopK struct {
	Weight float64 // λ
	K      int     // 1 if 0; at most the number of classes, and 100
	Options
}

// Penalty builds R.
func (t TopK) Penalty(p *Problem) *sym.Expr { return t.everywhere(p, t, t.penalty) }

func (t TopK) penalty(p *Problem) *sym.Expr {
	at := t.site(p)
	logits := at.part(at.outputs)
	if logits.Err() != nil {
		return logits
	}
	classes := logits.Shape()[1]
	if t.K > classes {
		return refuse(logits, t, "k is %d, expected at most the %d classes there are", t.K, classes)
	}
	var chosen *sym.Expr
	for range max(t.K, 1) {
		rest := logits
		if chosen != nil {
			// What has been chosen falls below everything that has not.
			smallest := sym.Neg(sym.Max(sym.Neg(logits), 1))
			below := sym.AddScalar(sym.Broadcast(smallest, []int{0}, logits.Shape()...), -1)
			rest = sym.Select(sym.Greater(chosen, p.Graph.Const(0, logits.Shape()...)), below, logits)
		}
		largest := sym.Reshape(sym.OneHot(sym.ArgMax(rest, 1), classes), logits.Shape()...)
		chosen = plus(chosen, largest)
	}
	return t.mean(at, at.slope(chosen))
}

// Lambda returns λ.
func (t TopK) Lambda() float64 { return t.Weight }

// WithLambda returns the same penalty with another λ.
func (t TopK) WithLambda(lambda float64) Regularizer { t.Weight = lambda; return t }

// Name returns "topk".
func (t TopK) Name() string { return "topk" }

// Validate returns what is wrong with the options.
func (t TopK) Validate() error {
	if err := repeats("k", t.K); err != nil {
		return err
	}
	return check(t.Weight, t.validate(AsHoffman, AsSum))
}

// String returns the text form.
func (t TopK) String() string { return format(t.Name(), t.Weight, t.fields()) }

func (t *TopK) fields() []field { return append([]field{{"k", &t.K}}, t.Options.fields()...) }
