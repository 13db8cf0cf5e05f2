package bench

import (
	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// critic builds the loss and the penalty of a convolutional critic f. The plain step and wgan-gp
// have Wasserstein's loss, mean f(fake) − mean f(real), the others the logistic one, mean
// softplus(f(fake)) + mean softplus(−f(real)); it costs the same. The penalties, ∇ being with
// respect to the image:
//
//	wgan-gp  mean (‖∇f(x̂)‖ − 1)² at points x̂ between real and fake (Gulrajani et al. 2017, algorithm 1)
//	r1       mean ‖∇f(real)‖² (Mescheder et al. 2018)
//	r1r2     mean ‖∇f(real)‖² + mean ‖∇f(fake)‖²
//	roth     mean ‖∇ℓ(real)‖² + mean ‖∇ℓ(fake)‖² of the logistic losses ℓ (Roth et al. 2017)
func (s *step) critic(c *nn.Context, method string, image func(string) *sym.Expr, u *sym.Expr) {
	real, fake := image("real"), image("fake")
	f := func(x *sym.Expr) *sym.Expr {
		c := nn.NewContext(c.Params, true, 0)
		for _, channels := range []int{64, 128, 256} {
			x = sym.LeakyReLU(nn.Conv{Out: channels, Kernel: 5, Stride: 2, Padding: nn.Same}.Apply(c, x), 0.2)
		}
		return nn.Dense{Out: 1}.Apply(c, nn.Flatten(x))
	}
	penalty, weight := (*sym.Expr)(nil), float64(lambdaSlopes)
	if method == "plain" || method == "wgan-gp" {
		s.Loss = sym.Sub(sym.Mean(f(fake)), sym.Mean(f(real)))
	} else {
		onFake, onReal := f(fake), f(real)
		lossFake, lossReal := sym.Softplus(onFake), sym.Softplus(sym.Neg(onReal))
		s.Loss = sym.Add(sym.Mean(lossFake), sym.Mean(lossReal))
		penalty = sym.Mean(squaredSlopes(onReal, real))
		switch method {
		case "r1r2":
			penalty = sym.Add(penalty, sym.Mean(squaredSlopes(onFake, fake)))
		case "roth":
			penalty = sym.Add(sym.Mean(squaredSlopes(lossReal, real)), sym.Mean(squaredSlopes(lossFake, fake)))
		}
	}
	if method == "wgan-gp" {
		between := sym.Add(fake, sym.Mul(sym.Sub(real, fake), u))
		slope := sym.Sqrt(sym.AddScalar(squaredSlopes(f(between), between), 1e-12))
		penalty, weight = sym.Mean(sym.Square(sym.AddScalar(slope, -1))), lambdaCritic
	}
	if penalty != nil {
		s.Add(gradreg.Term{Name: method, Value: penalty, Lambda: weight})
	}
}

// squaredSlopes returns ‖∂y_b/∂x_b‖² of each image: [B].
func squaredSlopes(y, x *sym.Expr) *sym.Expr {
	return sym.Sum(sym.Square(sym.Gradient(sym.Sum(y), x)[0]), 1, 2, 3)
}
