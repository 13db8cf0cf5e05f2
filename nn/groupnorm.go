package nn

import (
	"fmt"

	"github.com/gradreg/gradreg/sym"
)

// GroupNorm is y = γ·(x−μ)/√(σ²+ε) + β with μ and the biased variance σ² of each sample over a
// group of C/Groups neighbouring channels and all pixels (Wu and He 2018, equations 1 to 4). x: [B,
// C] or [B, C, H, W]; γ, β: [C].
//
// Training and inference are the same, and samples are not coupled: unlike under batch norm, the
// input gradient of a sample is its own. Groups = 1 is layer norm over a sample (Ba et al. 2016),
// Groups = C instance norm (Ulyanov et al. 2016). Derivatives flow through μ and σ². A group of a
// single number gives β.
type GroupNorm struct {
	Groups  int     // divides C
	Epsilon float64 // ε, 1e-5 if 0; what it means is said at [BatchNorm]
}

// Apply applies the layer. γ starts at 1, β at 0. Groups that do not divide the channels are an
// error.
func (n GroupNorm) Apply(c *Context, x *sym.Expr) *sym.Expr {
	if x.Err() != nil {
		return x
	}
	channels := extent(x, 1)
	if len(x.Shape()) < 2 {
		return sym.Refuse(x, fmt.Errorf("group norm of shape %v, expected [B, C] or [B, C, H, W]", x.Shape()))
	}
	if n.Groups < 1 || channels%n.Groups != 0 {
		return sym.Refuse(
			x,
			fmt.Errorf(
				"group norm of %d channels in %d groups, expected a number of groups that divides them",
				channels, n.Groups,
			),
		)
	}
	name := c.Name("norm")
	gamma := c.Params.Get(Param{Name: name + ".weight", Init: Constant(1), Trainable: true}, channels).Expr
	beta := c.Bias(name, channels)
	epsilon := n.Epsilon
	if epsilon == 0 {
		epsilon = 1e-5
	}
	batch := x.Shape()[0]
	grouped := sym.Reshape(x, batch, n.Groups, x.Shape().Size()/(batch*n.Groups))
	mu := sym.Mean(grouped, 2)
	centred := sym.Sub(grouped, sym.Broadcast(mu, []int{0, 1}, grouped.Shape()...))
	sigma2 := sym.Mean(sym.Square(centred), 2)
	inverse := sym.Div(c.Graph().Const(1, batch, n.Groups), sym.Sqrt(sym.AddScalar(sigma2, epsilon)))
	// One factor per sample and channel, so that the tensor is passed over once.
	scale := sym.Mul(n.perSample(inverse, channels), sym.Broadcast(gamma, []int{1}, batch, channels))
	samples := []int{0, 1}
	y := sym.Mul(sym.Reshape(centred, x.Shape()...), sym.Broadcast(scale, samples, x.Shape()...))
	return c.Note(name, fmt.Sprintf("group norm, %d groups", n.Groups), sym.Add(y, perChannel(beta, x)), gamma, beta)
}

// perSample repeats v: [B, Groups] for the channels of each group: [B, C].
func (n GroupNorm) perSample(v *sym.Expr, channels int) *sym.Expr {
	batch := v.Shape()[0]
	return sym.Reshape(sym.Broadcast(v, []int{0, 1}, batch, n.Groups, channels/n.Groups), batch, channels)
}
