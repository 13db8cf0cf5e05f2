package gradreg_test

import (
	"fmt"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
)

// linear prints a penalty of the classifier f(x) = x·W, W = (1 2; 3 4), for one image x of class 0. Random numbers are
// replaced by the given ones.
func linear(r gradreg.Regularizer, x [2]float64, random ...float64) {
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g), true, 0)
	image, y := g.Input("x", sym.Float, 1, 2), g.Input("y", sym.Int, 1)
	forward := gradreg.Transform(nn.Dense{Out: 2, NoBias: true}.Apply, []gradreg.Regularizer{r})
	penalty := r.Penalty(gradreg.NewProblem(task.Classification{}, c, image, sym.OneHot(y, 2), forward))
	values := map[*sym.Expr]*sym.Tensor{image: {Shape: image.Shape(), Data: x[:]}, y: sym.NewTensor(1)}
	for _, p := range c.Params.All() {
		values[p.Expr] = &sym.Tensor{Shape: p.Expr.Shape(), Data: []float64{1, 2, 3, 4}[:p.Expr.Shape().Size()]}
	}
	for _, e := range sym.Topological(penalty) {
		if e.Op() == sym.OpNormal || e.Op() == sym.OpUniform {
			values[e] = &sym.Tensor{Shape: e.Shape(), Data: random}
		}
	}
	value, err := sym.Eval(sym.Env{Values: values}, penalty)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%v: %.4g\n", r, value[0].Data[0])
}

// The Jacobian of a linear network is its matrix.
func ExampleFrobReg() {
	linear(gradreg.FrobReg{Weight: 0.03}, [2]float64{0, 0})
	// Output: frobreg:0.03: 30
}

// Where p = ½ for both classes, ∂p/∂x has the rows ±¼·(1−2, 3−4).
func ExampleJacReg() {
	linear(gradreg.JacReg{Weight: 1}, [2]float64{0, 0})
	// Output: jacreg:1: 0.25
}

// The gradient of class 0's logit is the first column of W.
func ExampleOneHot() {
	linear(gradreg.OneHot{Weight: 0.3}, [2]float64{0, 0})
	// Output: onehot:0.3: 10
}

// The largest of the random numbers chooses the class, here the second.
func ExampleRandomOneHot() {
	linear(gradreg.RandomOneHot{Weight: 0.3}, [2]float64{0, 0}, 0.2, 0.7)
	// Output: random-onehot:0.3: 20
}

func ExampleSoftmaxGrad() {
	linear(gradreg.SoftmaxGrad{Weight: 0.03}, [2]float64{0, 0}) // p = ½: ½·(1+2, 3+4)
	linear(gradreg.SoftmaxGrad{Weight: 0.03, Held: true}, [2]float64{0, 0})
	// Output:
	// softmaxgrad:0.03: 14.5
	// softmaxgrad:0.03,held=true: 14.5
}

func ExampleTopK() {
	linear(gradreg.TopK{Weight: 0.03}, [2]float64{1, 0})       // f = (1, 2): the second column
	linear(gradreg.TopK{Weight: 0.03, K: 2}, [2]float64{1, 0}) // (1+2, 3+4)
	// Output:
	// topk:0.03: 20
	// topk:0.03,k=2: 58
}

func ExampleHoffman() {
	linear(gradreg.Hoffman{Weight: 0.05, Projections: -1}, [2]float64{0, 0}) // ½·‖W‖_F²
	linear(gradreg.Hoffman{Weight: 0.05}, [2]float64{0, 0}, 5, 0)            // ½·2·(1² + 3²)
	// Output:
	// hoffman:0.05,n=-1: 15
	// hoffman:0.05: 10
}

// For a batch of one Ross's form is half of DataGrad's.
func ExampleRoss() {
	linear(gradreg.DataGrad{Weight: 50}, [2]float64{0, 0})
	linear(gradreg.Ross{Weight: 100}, [2]float64{0, 0})
	// Output:
	// datagrad:50: 0.5
	// ross:100: 0.25
}

func ExampleFiniteDifference() {
	linear(gradreg.FiniteDifference{Weight: 50, Step: 1e-4}, [2]float64{0, 0})
	// Output: finite-difference:50,h=0.0001: 0.5
}

// The noise (1, −1) changes the logits by (1−3, 2−4) times σ.
func ExampleOutputNoise() {
	linear(gradreg.OutputNoise{Weight: 0.03}, [2]float64{0, 0}, 1, -1)
	// Output: output-noise:0.03: 8
}

// The loss is log 2 at x = 0 and more at the points that its gradient (½, ½) leads to.
func ExampleAdversarial() {
	linear(gradreg.Adversarial{Weight: 1}, [2]float64{0, 0})
	linear(gradreg.Adversarial{Weight: 1, Direction: "sign"}, [2]float64{0, 0})
	// Output:
	// adversarial:1: 0.7444
	// adversarial:1,direction=sign: 0.7981
}

// The direction that changes p most is (1, 1)/√2, whatever the iteration starts from.
func ExampleVirtualAdversarial() {
	linear(gradreg.VirtualAdversarial{Weight: 1}, [2]float64{0, 0}, 1, 0)
	linear(gradreg.VirtualAdversarial{Weight: 1}, [2]float64{0, 0}, 0.3, 5)
	// Output:
	// virtual-adversarial:1: 0.7785
	// virtual-adversarial:1: 0.7785
}

// The negative entropy of two equal probabilities is −log 2.
func ExampleConfidencePenalty() {
	linear(gradreg.ConfidencePenalty{Weight: 0.5}, [2]float64{0, 0})
	// Output: confidence:0.5: -0.6931
}

// At f = (1, 2) smoothing pays off: the wrong class is the likelier one.
func ExampleLabelSmoothing() {
	linear(gradreg.LabelSmoothing{Weight: 0.1}, [2]float64{1, 0})
	// Output: label-smoothing:0.1: -0.5
}

// The singular values of W are 5.465 and 0.366.
func ExampleSpectralNorm() {
	linear(gradreg.SpectralNorm{Weight: 0.01, Iterations: 20}, [2]float64{0, 0})
	// Output: spectral-norm:0.01,iterations=20: 14.93
}

// Dropout and input noise change the network; what is penalized beside them is the changed one's gradient.
func ExampleTransform() {
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g), true, 0)
	regs := []gradreg.Regularizer{gradreg.InputNoise{Weight: 0.2}, gradreg.Dropout{Weight: 0.5}, gradreg.DataGrad{Weight: 50}}
	forward := gradreg.Transform(func(c *nn.Context, x *sym.Expr) *sym.Expr {
		h := nn.Dropout{}.Apply(c, nn.ReLU(nn.Dense{Out: 30}.Apply(c, x)))
		return nn.Dense{Out: 3}.Apply(c, h)
	}, regs)
	x, y := g.Input("x", sym.Float, 8, 20), g.Input("y", sym.Int, 8)
	total, _ := gradreg.Objective(gradreg.NewProblem(task.Classification{}, c, x, sym.OneHot(y, 3), forward), regs)
	for _, l := range c.Layers {
		fmt.Println(l.Name)
	}
	fmt.Println(total.Err())
	// Output:
	// dense1
	// dropout1
	// dense2
	// <nil>
}

func ExampleInputNoise() {
	fmt.Println(gradreg.Parse("input-noise:0.2"))
	// Output: input-noise:0.2 <nil>
}

func ExampleDropout() {
	fmt.Println(gradreg.Parse("dropout:0.2,at=input"))
	// Output: dropout:0.2,at=input <nil>
}

// Options of a slope: where it is taken, on what part of the batch, what of it is penalized, and when.
func ExampleOptions() {
	r := gradreg.DataGrad{Weight: 50, Options: gradreg.Options{
		At: "noise", Fraction: 0.5, Slope: "excess", Target: 0.1, Schedule: gradreg.Schedule{Every: 4, Warmup: 500},
	}}
	fmt.Println(r, r.Validate())
	// Output: datagrad:50,at=noise,fraction=0.5,slope=excess,target=0.1,every=4,warmup=500 <nil>
}

func ExampleFromConvention() {
	fmt.Println(gradreg.FromConvention(gradreg.AsHoffman, 0.01, 50)) // λ of SpectReg for Hoffman's 0.01
	fmt.Println(gradreg.FromConvention(gradreg.AsRoss, 1000, 50))    // of DataGrad for Ross's 1000
	fmt.Println(gradreg.FromConvention(gradreg.AsSum, 0.01, 50))     // of the confidence penalty for the sum's 0.01
	// Output:
	// 0.005
	// 10
	// 0.5
}
