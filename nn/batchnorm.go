package nn

import "github.com/gradreg/gradreg/sym"

// BatchNorm is y = γ·(x−μ)/√(σ²+ε) + β per channel (Ioffe and Szegedy 2015). x: [B, C] or [B, C, H,
// W]; γ, β: [C].
//
// In training μ and σ² are the mean and the biased variance over all axes but C of the batch, and
// derivatives flow through both; running averages move by Momentum towards the batch's mean and
// unbiased variance. In inference the running averages are used. Samples are coupled: "the gradient
// of sample b" with respect to its image means that of the summed loss.
//
// With FixedStatistics the running averages are used in training, too: the layer is one affine map
// per channel, and samples are not coupled. That is how a trained network is trained further on few
// samples, whose statistics are poor. Of a convolution, depthwise or not, without a bias, the factor
// s = γ/√(σ²+ε) is then one of its filters, s·(W∗x) = (s·W)∗x, so that it multiplies some thousand
// weights once a step instead of every pixel of every sample, and as much in each derivative.
type BatchNorm struct {
	// Epsilon is ε, 1e-5 if 0: variances far below it count as none. A channel whose standard
	// deviation is below √ε = 0.003, such as a constant one, is enlarged 1/√ε = 316 times at most,
	// and becomes β where it is constant.
	Epsilon  float64
	Momentum float64 // 0.1 if 0
	// FixedStatistics takes the running averages in training as in inference, and leaves them.
	FixedStatistics bool
	// FixedAffine leaves γ and β, too: they are no trainable parameters then.
	FixedAffine bool
}

// Apply applies the layer. γ starts at 1, β at 0, the running mean at 0 and the running variance
// at 1.
func (n BatchNorm) Apply(c *Context, x *sym.Expr) *sym.Expr {
	if x.Err() != nil {
		return x
	}
	name, channels := c.Name("norm"), extent(x, 1)
	get := func(what string, init float64, trainable bool) *Param {
		p := Param{Name: name + "." + what, Init: Constant(init), Trainable: trainable}
		return c.Params.Get(p, channels)
	}
	gamma := get("weight", 1, !n.FixedAffine).Expr
	beta := get("bias", 0, !n.FixedAffine).Expr
	mean, variance := get("running_mean", 0, false), get("running_var", 1, false)
	var trained []*sym.Expr
	if !n.FixedAffine {
		trained = []*sym.Expr{gamma, beta}
	}

	mu, sigma2 := mean.Expr, variance.Expr
	if c.Training && !n.FixedStatistics {
		axes := []int{0}
		for i := 2; i < len(x.Shape()); i++ {
			axes = append(axes, i)
		}
		mu = sym.Mean(x, axes...)
		sigma2 = sym.Mean(sym.Square(sym.Sub(x, perChannel(mu, x))), axes...)
		n.track(c, mean, variance, mu, sigma2, x.Shape().Size()/channels)
	}
	epsilon := n.Epsilon
	if epsilon == 0 {
		epsilon = 1e-5
	}
	// One factor and one term per channel, so that the tensor is passed over once.
	scale := sym.Div(gamma, sym.Sqrt(sym.AddScalar(sigma2, epsilon)))
	if n.FixedStatistics {
		shift := sym.Sub(beta, sym.Mul(mu, scale))
		y := sym.Add(scaled(x, scale), perChannel(shift, x))
		return c.Note(name, n.kind(), y, trained...)
	}
	centred := sym.Sub(x, perChannel(mu, x))
	y := sym.Add(sym.Mul(centred, perChannel(scale, x)), perChannel(beta, x))
	return c.Note(name, n.kind(), y, trained...)
}

// scaled returns x: [B, C, …] with each channel times s: [C]. Where x is a convolution, that is one
// with other filters.
func scaled(x, s *sym.Expr) *sym.Expr {
	if op := x.Op(); op == sym.OpConv || op == sym.OpDepthwiseConv {
		in, filters := x.Args()[0], x.Args()[1]
		return x.With(in, sym.Mul(filters, sym.Broadcast(s, []int{0}, filters.Shape()...)))
	}
	return sym.Mul(x, perChannel(s, x))
}

// kind describes the layer in a table.
func (n BatchNorm) kind() string {
	if n.FixedStatistics {
		return "frozen batch norm"
	}
	return "batch norm"
}

// track moves the running averages towards the batch's mean and unbiased variance of count numbers.
func (n BatchNorm) track(c *Context, mean, variance *Param, mu, sigma2 *sym.Expr, count int) {
	momentum := n.Momentum
	if momentum == 0 {
		momentum = 0.1
	}
	unbiased := sym.Scale(sigma2, float64(count)/float64(max(count-1, 1)))
	for _, u := range []struct {
		p     *Param
		value *sym.Expr
	}{{mean, mu}, {variance, unbiased}} {
		next := sym.Add(sym.Scale(u.p.Expr, 1-momentum), sym.Scale(u.value, momentum))
		c.Updates = append(c.Updates, sym.Update{Target: u.p.Expr, Value: next})
	}
}

// perChannel repeats v: [C] along all axes of x but the channels'.
func perChannel(v, x *sym.Expr) *sym.Expr { return sym.Broadcast(v, []int{1}, x.Shape()...) }
