package gradreg_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
)

// parsed returns the regularizer of a text form.
func parsed(t testing.TB, text string) gradreg.Regularizer {
	t.Helper()
	r, err := gradreg.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// valueOf returns the penalty of a text form on a network of the golden file's numbers; step chooses the random numbers.
func valueOf(t *testing.T, forward gradreg.Forward, text string, steps ...uint64) []float64 {
	t.Helper()
	s := newStep(network{text, 5, forward}, []int{3, 2, 8, 8}, []gradreg.Regularizer{parsed(t, text)})
	s.giveNumbers()
	var out []float64
	for _, step := range append(steps, uint64(0))[:max(len(steps), 1)] {
		got, err := sym.Eval(sym.Env{Values: s.values, Key: 3, Step: step}, s.penalties[0])
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, got[0].Data[0])
	}
	return out
}

// dense is a network whose Jacobian is the same everywhere.
func dense(c *nn.Context, x *sym.Expr) *sym.Expr { return nn.Dense{Out: 5}.Apply(c, nn.Flatten(x)) }

// mlp has a dense first layer, narrow enough for its products to be cheaper than its pixels.
func mlp(c *nn.Context, x *sym.Expr) *sym.Expr {
	h := nn.Activation("tanh").Apply(nn.Dense{Out: 9}.Apply(c, nn.Flatten(x)))
	return nn.Dense{Out: 5}.Apply(c, h)
}

// batchNormed couples samples.
func batchNormed(c *nn.Context, x *sym.Expr) *sym.Expr {
	h := nn.ReLU(nn.BatchNorm{}.Apply(c, nn.Conv{Out: 3, Kernel: 3, Stride: 2, NoBias: true}.Apply(c, x)))
	return nn.Dense{Out: 5}.Apply(c, nn.Flatten(h))
}

// TestExpectations checks that the means of random penalties are what they estimate, within four standard errors.
func TestExpectations(t *testing.T) {
	const draws = 400
	steps := make([]uint64, draws)
	for i := range steps {
		steps[i] = uint64(i)
	}
	for _, c := range []struct {
		random, exact string
		times         float64
		forward       gradreg.Forward
	}{
		{"spectreg:1", "frobreg:1", 1, familyNetwork},
		{"spectreg:1,projections=2,shared=true", "frobreg:1", 1, batchNormed},
		{"spectreg:1", "frobreg:1", 1, mlp},
		{"spectreg:1,lambda-as=hoffman", "hoffman:1,n=-1", 1, familyNetwork},
		{"spectreg:1,fraction=0.5", "frobreg:1,fraction=0.5", 1, familyNetwork},
		{"hoffman:1", "frobreg:1", 0.5, familyNetwork},
		{"hoffman:1,n=3", "hoffman:1,n=-1", 1, familyNetwork},
		{"random-onehot:1", "frobreg:1", 0.2, familyNetwork},
		{"output-noise:1,noise=3", "frobreg:1", 1, dense}, // exact for a linear network, whatever σ
		{"output-noise:1,noise=0.001", "frobreg:1", 1, familyNetwork},
	} {
		t.Run(c.random, func(t *testing.T) {
			t.Parallel()
			var sum, squares float64
			for _, v := range valueOf(t, c.forward, c.random, steps...) {
				sum, squares = sum+v, squares+v*v
			}
			mean, want := sum/draws, c.times*valueOf(t, c.forward, c.exact)[0]
			standardError := math.Sqrt((squares/draws - mean*mean) / (draws - 1))
			if !(math.Abs(mean-want) <= 4*standardError) {
				t.Errorf("the mean of %s is %v ± %v, %v·%s is %v", c.random, mean, standardError, c.times, c.exact, want)
			}
		})
	}
}

// TestConventions checks converters and lambda-as against the definitions of the others.
func TestConventions(t *testing.T) {
	const batch = 3
	for _, c := range []struct{ as, ours, theirs string }{
		{gradreg.AsRoss, "datagrad:1", "ross:1"},
		{gradreg.AsHoffman, "frobreg:1", "hoffman:1,n=-1"},
		{gradreg.AsSum, "confidence:1", "confidence:1,lambda-as=sum"},
	} {
		ours, theirs := valueOf(t, familyNetwork, c.ours)[0], valueOf(t, familyNetwork, c.theirs)[0]
		as := valueOf(t, familyNetwork, c.ours+",lambda-as="+c.as)[0]
		if math.Abs(as-theirs) > 1e-12*math.Abs(theirs) {
			t.Errorf("%s with lambda-as=%s is %v, %s is %v", c.ours, c.as, as, c.theirs, theirs)
		}
		// λ' in their convention has the effect of λ in ours.
		lambda := gradreg.FromConvention(c.as, 0.7, batch)
		if math.Abs(lambda*ours-0.7*theirs) > 1e-12*math.Abs(theirs) {
			t.Errorf("0.7 as %s is %v in ours: %v, expected %v", c.as, lambda, lambda*ours, 0.7*theirs)
		}
		if back := gradreg.ToConvention(c.as, lambda, batch); math.Abs(back-0.7) > 1e-15 {
			t.Errorf("0.7 as %s comes back as %v", c.as, back)
		}
	}
	// Ross's l1 form is ours, with no factor; of a part of the batch B is its size.
	for ours, theirs := range map[string]string{
		"datagrad:1,norm=l1,lambda-as=ross":              "ross:1,norm=l1",
		"datagrad:1,norm=l1,slope=linear,lambda-as=ross": "datagrad:1,norm=l1",
		"datagrad:1,fraction=0.5,lambda-as=ross":         "ross:1,fraction=0.5",
		"confidence:1,lambda-as=sum":                     "confidence:1",
		"datagrad:1,fraction=0.5,lambda-as=sum":          "datagrad:1,fraction=0.5",
		"spectreg:1,lambda-as=hoffman":                   "spectreg:1",
	} {
		times := map[string]float64{"confidence:1": batch, "datagrad:1,fraction=0.5": 2, "spectreg:1": 0.5}[theirs]
		if times == 0 {
			times = 1
		}
		got, want := valueOf(t, familyNetwork, ours)[0], times*valueOf(t, familyNetwork, theirs)[0]
		if !(math.Abs(got-want) <= 1e-12*math.Abs(want)) {
			t.Errorf("%s is %v, %v times %s is %v", ours, got, times, theirs, want)
		}
	}
	half := valueOf(t, familyNetwork, "datagrad:1,fraction=0.5")[0]
	if got, want := valueOf(t, familyNetwork, "ross:1,fraction=0.5")[0], gradreg.FromConvention(gradreg.AsRoss, half, 2); math.Abs(got-want) > 1e-12*want {
		t.Errorf("ross of two images of three is %v, expected %v", got, want)
	}
	// Label smoothing is the cross-entropy with smoothed targets.
	s := newStep(network{"smoothing", 5, familyNetwork}, []int{3, 2, 8, 8}, []gradreg.Regularizer{gradreg.LabelSmoothing{Weight: 0.1}})
	s.giveNumbers()
	smoothed := sym.AddScalar(sym.Scale(s.problem.Targets, 0.9), 0.1/5)
	got, err := sym.Eval(sym.Env{Values: s.values}, s.total, sym.Mean(sym.CrossEntropy(s.problem.Outputs, smoothed)))
	if err != nil || math.Abs(got[0].Data[0]-got[1].Data[0]) > 1e-14 {
		t.Errorf("label smoothing gives %v, smoothed targets %v (%v)", got[0].Data, got[1].Data, err)
	}
}

// TestFiniteDifferenceLimit checks in which sense the difference quotient tends to DataGrad: of a smooth network value and
// gradient differ by O(h); of one with ReLU and pooling the gradient may be far off where the value is not.
func TestFiniteDifferenceLimit(t *testing.T) {
	// differences returns those of value and gradient, relative to DataGrad's.
	differences := func(forward gradreg.Forward, text string) (value, gradient float64) {
		s := newStep(network{text, 5, forward}, []int{3, 2, 8, 8}, []gradreg.Regularizer{parsed(t, text), gradreg.DataGrad{Weight: 1}})
		s.giveNumbers()
		params := nn.Exprs(s.problem.Params.Trainable())
		got, err := sym.Eval(sym.Env{Values: s.values, Key: 3}, slices.Concat(s.penalties, sym.Gradient(s.penalties[0], params...), sym.Gradient(s.penalties[1], params...))...)
		if err != nil {
			t.Fatal(err)
		}
		var quotient, exact []float64
		for i := range params {
			quotient, exact = append(quotient, got[2+i].Data...), append(exact, got[2+len(params)+i].Data...)
		}
		return distance(got[0].Data, got[1].Data), distance(quotient, exact)
	}
	for _, h := range []float64{0.1, 0.01, 0.001} {
		value, gradient := differences(mlp, fmt.Sprintf("finite-difference:1,h=%v", h))
		if !(value <= 0.2*h && gradient <= 0.2*h) {
			t.Errorf("smooth, h = %v: the value differs by %.2g, the gradient by %.2g", h, value, gradient)
		}
	}
	if value, gradient := differences(familyNetwork, "finite-difference:1,h=0.1"); !(value <= 0.05 && gradient > 1) {
		t.Errorf("with kinks the value differs by %.2g, the gradient by %.2g, expected less than 0.05 and more than 1", value, gradient)
	}
}

// TestMovedBatch checks what penalties at moved points mean under batch norm: the network on the moved batch, normalized by
// that batch's own mean and variance.
func TestMovedBatch(t *testing.T) {
	for text, penalty := range map[string]func(p *gradreg.Problem, g, noise *sym.Expr) *sym.Expr{
		"adversarial:1": func(p *gradreg.Problem, g, _ *sym.Expr) *sym.Expr {
			return sym.Mean(sym.CrossEntropy(p.Forward(sym.Add(p.Input, sym.Scale(g, 0.1))), p.Targets))
		},
		"finite-difference:1,h=0.5": func(p *gradreg.Problem, g, _ *sym.Expr) *sym.Expr {
			size := sym.Sqrt(sym.Sum(sym.Square(g), 1, 2, 3))
			moved := sym.Add(p.Input, sym.Scale(sym.Div(g, sym.Broadcast(size, []int{0}, g.Shape()...)), 0.5))
			return sym.Mean(sym.Square(sym.Scale(sym.Sub(sym.CrossEntropy(p.Forward(moved), p.Targets), p.Losses), 2)))
		},
		"output-noise:1,noise=0.5": func(p *gradreg.Problem, _, noise *sym.Expr) *sym.Expr {
			change := sym.Sub(p.Forward(sym.Add(p.Input, sym.Scale(noise, 0.5))), p.Outputs)
			return sym.Scale(sym.Sum(sym.Square(change)), 4/float64(p.Batch))
		},
	} {
		s := newStep(network{text, 5, batchNormed}, []int{3, 2, 8, 8}, []gradreg.Regularizer{parsed(t, text)})
		s.giveNumbers()
		p := s.problem
		var noise *sym.Expr
		for _, e := range sym.Topological(s.penalties[0]) {
			if e.Op() == sym.OpNormal {
				noise = e
			}
		}
		want := penalty(p, sym.Gradient(sym.Sum(p.Losses), p.Input)[0], noise)
		got, err := sym.Eval(sym.Env{Values: s.values, Key: 3}, s.penalties[0], want)
		if err != nil {
			t.Fatal(err)
		}
		if d := distance(got[0].Data, got[1].Data); !(d <= 1e-9) {
			t.Errorf("%s is %v, of the moved batch %v", text, got[0].Data, got[1].Data)
		}
	}
}

// TestSharedPasses checks that one pass for all rows of the Jacobian, and one for a part of the batch, are what separate
// passes are; and where samples are coupled, that the separate passes are taken.
func TestSharedPasses(t *testing.T) {
	for name, forward := range map[string]gradreg.Forward{"family": familyNetwork, "batch norm": batchNormed, "dense": dense, "mlp": mlp} {
		s := newStep(network{name, 5, forward}, []int{3, 2, 8, 8}, nil)
		s.giveNumbers()
		part := func(e *sym.Expr) *sym.Expr { return sym.SliceAxis(e, 0, 0, 2) }
		squares := func(y *sym.Expr) *sym.Expr { // of the first two samples, class by class
			sum := s.problem.Graph.Const(0)
			for k := range 5 {
				g := sym.Gradient(sym.Sum(part(sym.SliceAxis(y, 1, k, k+1))), s.problem.Input)[0]
				sum = sym.Add(sum, sym.Sum(sym.Square(part(g))))
			}
			return sym.Scale(sum, 0.5)
		}
		lossSlope := sym.Gradient(sym.Sum(part(s.problem.Losses)), s.problem.Input)[0]
		for text, want := range map[string]*sym.Expr{
			"frobreg:1,fraction=0.5":  squares(s.problem.Outputs),
			"jacreg:1,fraction=0.5":   squares(sym.Softmax(s.problem.Outputs)),
			"datagrad:1,fraction=0.5": sym.Scale(sym.Sum(sym.Square(part(lossSlope))), 0.5),
		} {
			params := nn.Exprs(s.problem.Params.Trainable())
			r := parsed(t, text).Penalty(s.problem)
			got, err := sym.Eval(sym.Env{Values: s.values}, append(sym.Gradient(r, params...), r)...)
			if err != nil {
				t.Fatal(err)
			}
			expected, err := sym.Eval(sym.Env{Values: s.values}, append(sym.Gradient(want, params...), want)...)
			if err != nil {
				t.Fatal(err)
			}
			for i := range got {
				if d := distance(got[i].Data, expected[i].Data); !(d <= 1e-11) {
					t.Errorf("%s of %s: output %d (gradients, then the penalty) differs by %.2g", text, name, i, d)
				}
			}
		}
	}
}

// costOf returns the multiply-adds of a step of LeNet with regularizers, in passes F over the batch.
func costOf(t *testing.T, m model.Model, texts ...string) float64 {
	t.Helper()
	const batch = 20
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g), true, 0)
	x, y := g.Input("x", sym.Float, batch, 1, 28, 28), sym.OneHot(g.Input("y", sym.Int, batch), 10)
	problem := gradreg.NewProblem(task.Classification{}, c, x, y, func(c *nn.Context, x *sym.Expr) *sym.Expr { return m.Logits(c, x, 10) })
	var regs []gradreg.Regularizer
	for _, text := range texts {
		regs = append(regs, parsed(t, text))
	}
	total, _ := gradreg.Objective(problem, regs)
	outputs := append([]*sym.Expr{total}, sym.Gradient(total, nn.Exprs(c.Params.Trainable())...)...)
	native, err := engine.Native(engine.Options{Level: "generic"})
	if err != nil {
		t.Fatal(err)
	}
	cost, err := native.(engine.Measurer).Measure(engine.Step{Outputs: outputs})
	if err != nil {
		t.Fatal(err)
	}
	pass := 0
	for _, l := range c.Layers {
		pass += batch * l.MACs
	}
	return float64(cost.MACs) / float64(pass)
}

// TestCosts compares the multiply-adds of compiled steps with the costs that are stated, in passes F of the network's
// linear operations and its first layer's F₁.
func TestCosts(t *testing.T) {
	m := model.LeNet{}
	const (
		pass  = 28*28*25*6 + 10*10*150*16 + 400*120 + 120*84 + 84*10
		first = 28 * 28 * 25 * 6 / float64(pass)
		last  = 84 * 10 / float64(pass)
	)
	for text, want := range map[string]float64{
		"weight-decay:0":                      3 - first,
		"confidence:1":                        3 - first,
		"label-smoothing:0.1":                 3 - first,
		"datagrad:1":                          6 - first,
		"datagrad:1,slope=two-sided,target=1": 6 - first,
		"datagrad:1,fraction=0.5":             3 - first + 1.5,
		"datagrad:1,at=noise":                 9 - 2*first,
		"spectreg:1":                          6 - first,
		"spectreg:1,projections=3":            12 - first,
		"onehot:1":                            6 - first,
		"random-onehot:1":                     6 - first,
		"softmaxgrad:1":                       6 - first,
		"topk:1,k=2":                          6 - first,
		"hoffman:1":                           6 - first,
		"ross:1":                              6 - first,
		"frobreg:1":                           3 - first + 3*10*(1-last),
		"frobreg:1,fraction=0.1":              3 - first + 3*(1-last),
		"hoffman:1,n=-1":                      3 - first + 3*10*(1-last),
		"jacreg:1":                            3 - first + 3*9,
		"finite-difference:1":                 7 - 2*first,
		"output-noise:1":                      6 - 2*first,
		"adversarial:1":                       7 - 2*first,
		"virtual-adversarial:1":               8 - 2*first,
		"virtual-adversarial:1,xi=0.1":        8 - 2*first,
	} {
		if got := costOf(t, m, text); !(math.Abs(got-want) <= 0.01*want) {
			t.Errorf("%s takes %.3f passes, stated are %.3f", text, got, want)
		}
	}
	// A narrow dense first layer, of 64 outputs for 784 pixels, pays for products of its columns instead of rows of J.
	narrow := model.MLP{Hidden: []int{64}}
	const rows, wide, width, out = 200, 784.0, 64.0, 640.0
	layers := 20 * (wide*width + out)
	want := 3 - 20*wide*width/layers + 3*(rows*width*width+wide*width*width)/layers
	if got := costOf(t, narrow, "frobreg:1"); !(math.Abs(got-want) <= 0.03*want) {
		t.Errorf("frobreg of a narrow first layer takes %.3f passes, expected %.3f", got, want)
	}
	// Penalties in one step share the forward pass and the last backward pass.
	together := []string{"datagrad:1", "spectreg:1", "confidence:1", "label-smoothing:0.1", "weight-decay:1e-3"}
	if got, want := costOf(t, m, together...), 9-first; !(math.Abs(got-want) <= 0.01*want) {
		t.Errorf("%v take %.3f passes, expected %.3f", together, got, want)
	}
}
