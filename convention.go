package gradreg

import "github.com/gradreg/gradreg/sym"

// The conventions that other publications state λ in. The key lambda-as of a text form names one.
const (
	// AsHoffman is ½·mean_b: λ_Hoffman = 2λ (Hoffman, Roberts and Yaida 2019).
	AsHoffman = "hoffman"
	// AsRoss is ½ Σ_b ‖∂(mean L)/∂x_b‖², the mean loss's gradient: λ_Ross = 2B·λ (Ross and
	// Doshi-Velez 2018). Their l1 form Σ_b ‖∂(mean L)/∂x_b‖₁ is ours, λ_Ross = λ; other norms and
	// slopes they have none of.
	AsRoss = "ross"
	// AsGamma is the weight γ of (γ/2)·mean_b ‖∂D/∂x_b‖², the penalties R1 and R2 of critics: γ = 2λ
	// (Mescheder, Geiger and Nowozin 2018, equation 9).
	AsGamma = "gamma"
	// AsSum is a sum over the samples of the batch instead of the mean: λ_sum = λ/B (the confidence
	// penalty of the original code).
	AsSum = "sum"
)

// conventionFactor returns R in another convention for a penalty that is R = 1 in ours, 1 for an
// empty name.
func conventionFactor(as string, batch int) float64 {
	switch as {
	case AsHoffman, AsGamma:
		return 0.5
	case AsRoss:
		return 0.5 / float64(batch)
	case AsSum:
		return float64(batch)
	}
	return 1
}

// FromConvention returns the λ of this package that has the effect of a λ stated in another
// convention, for batches of the given size: FromConvention(AsHoffman, 0.01, 50) is 0.005. An empty
// or unknown name is our own convention. AsHoffman and AsRoss are of squared slopes here. Of a
// penalty on a part of the batch ([Options].Fraction) batch is the number of images of the part,
// which is a batch of its own to the conventions that depend on it.
func FromConvention(as string, lambda float64, batch int) float64 {
	return lambda * conventionFactor(as, batch)
}

// ToConvention is the inverse of [FromConvention].
func ToConvention(as string, lambda float64, batch int) float64 {
	return lambda / conventionFactor(as, batch)
}

// converted returns the penalty in another convention, whose λ then has the effect it has there.
func converted(as string, penalty *sym.Expr, batch int) *sym.Expr {
	if as == "" {
		return penalty
	}
	return sym.Scale(penalty, conventionFactor(as, batch))
}
