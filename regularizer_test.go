package gradreg_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// TestDifferenceQuotients checks the gradients of each penalty, and of the objective with both, with respect to
// every parameter tensor of every network against central differences in float64: along a random direction per
// tensor and at one of its elements. It is the test that a penalty does anything at all.
func TestDifferenceQuotients(t *testing.T) {
	for _, n := range networks() {
		f := golden(t, n.name)
		for _, label := range []string{"datagrad", "spectreg", "both"} {
			t.Run(n.name+"/"+label, func(t *testing.T) {
				t.Parallel()
				s := newStep(n, f.Tensors["input/x"].Shape, cases[label])
				s.give(t, f)
				// In an objective with the loss a penalty's own gradient may be a thousandth.
				value := s.total
				if len(s.penalties) == 1 {
					value = s.penalties[0]
				}
				params := s.problem.Params.Trainable()
				grads, err := sym.Eval(sym.Env{Values: s.values}, sym.Gradient(value, nn.Exprs(params)...)...)
				if err != nil {
					t.Fatal(err)
				}
				r := rand.New(rand.NewPCG(3, uint64(len(n.name))))
				for i, p := range params {
					if p.Decay && !(norm(grads[i].Data) > 0) {
						t.Errorf("%s does not depend on %s", label, p.Name)
					}
					s.checkSlope(t, value, p, direction(r, p, true), grads[i])
					s.checkSlope(t, value, p, direction(r, p, false), grads[i])
				}
			})
		}
	}
}

// norm returns √Σ v².
func norm(data []float64) float64 {
	sum := 0.0
	for _, v := range data {
		sum += v * v
	}
	return math.Sqrt(sum)
}

// direction returns a random direction of a parameter, over all its elements or along one.
func direction(r *rand.Rand, p *nn.Param, all bool) []float64 {
	d := make([]float64, p.Expr.Shape().Size())
	if !all {
		d[r.IntN(len(d))] = 1
		return d
	}
	for i := range d {
		d[i] = r.NormFloat64() / math.Sqrt(float64(len(d)))
	}
	return d
}

// checkSlope compares the gradient of value along a direction with a difference quotient, to 1e-5 of what a random
// direction of that length has and the rounding of the quotient. A step that crosses a kink of the network
// spoils the quotient, so smaller steps are tried before a difference counts.
func (s *step) checkSlope(t *testing.T, value *sym.Expr, p *nn.Param, d []float64, grad *sym.Tensor) {
	t.Helper()
	want := 0.0
	for i, v := range d {
		want += v * grad.Data[i]
	}
	typical := norm(grad.Data) * norm(d) / math.Sqrt(float64(len(d)))
	var quotient float64
	for _, h := range []float64{1e-5, 1e-6, 1e-7} {
		above, below := s.moved(t, value, p, d, h), s.moved(t, value, p, d, -h)
		quotient = (above - below) / (2 * h)
		if math.Abs(quotient-want) <= 1e-5*typical+1e-14/h*math.Abs(above) {
			return
		}
	}
	t.Errorf("%s: the gradient is %v along a direction, the difference quotient %v", p.Name, want, quotient)
}

// moved returns value with a parameter moved.
func (s *step) moved(t *testing.T, value *sym.Expr, p *nn.Param, d []float64, h float64) float64 {
	t.Helper()
	values := maps.Clone(s.values)
	w := sym.NewTensor(p.Expr.Shape()...)
	for i := range w.Data {
		w.Data[i] = s.values[p.Expr].Data[i] + h*d[i]
	}
	values[p.Expr] = w
	out, err := sym.Eval(sym.Env{Values: values}, value)
	if err != nil {
		t.Fatal(err)
	}
	return out[0].Data[0]
}

// TestIndependentPenaltyGradient checks DataGrad's gradient without differentiating twice: with g = ∂ΣL/∂x held
// constant, ∇‖g‖² = 2·∇(g·∂ΣL/∂x), a central difference of ordinary gradients at x ± h·g.
func TestIndependentPenaltyGradient(t *testing.T) {
	n := networks()[1]
	f := golden(t, n.name)
	s := newStep(n, f.Tensors["input/x"].Shape, nil)
	s.give(t, f)
	// The equal pixels of a digit's background tie in every pooling window, and a move along g breaks the
	// ties one way on one side and the other way on the other: noise makes the network differentiable.
	r := rand.New(rand.NewPCG(4, 4))
	for i := range s.values[s.problem.Input].Data {
		s.values[s.problem.Input].Data[i] += 0.1 * r.NormFloat64()
	}
	params := nn.Exprs(s.problem.Params.Trainable())
	summed := sym.Sum(s.problem.Losses)
	g := sym.Gradient(summed, s.problem.Input)[0]
	penalty := sym.Sum(sym.Square(g))
	exact, err := sym.Eval(sym.Env{Values: s.values}, append(sym.Gradient(penalty, params...), g)...)
	if err != nil {
		t.Fatal(err)
	}
	direction := exact[len(params)]
	const h = 1e-6
	ends := make([][]*sym.Tensor, 2)
	for k, sign := range []float64{1, -1} {
		x := sym.NewTensor(s.problem.Input.Shape()...)
		for i := range x.Data {
			x.Data[i] = s.values[s.problem.Input].Data[i] + sign*h*direction.Data[i]
		}
		values := map[*sym.Expr]*sym.Tensor{}
		for e, v := range s.values {
			values[e] = v
		}
		values[s.problem.Input] = x
		if ends[k], err = sym.Eval(sym.Env{Values: values}, sym.Gradient(summed, params...)...); err != nil {
			t.Fatal(err)
		}
	}
	for i, p := range s.problem.Params.Trainable() {
		got := make([]float64, len(exact[i].Data))
		for j := range got {
			got[j] = 2 * (ends[0][i].Data[j] - ends[1][i].Data[j]) / (2 * h)
		}
		if d := distance(got, exact[i].Data); !(d <= 1e-4) {
			t.Errorf("%s differs by %.2g of its largest element", p.Name, d)
		}
	}
}

// TestSpectRegExpectation checks that the mean of SpectReg over many draws is mean_b ‖J_b‖_F², within four
// standard errors, for an ε per sample, a shared one, and several projections.
func TestSpectRegExpectation(t *testing.T) {
	n := networks()[0]
	f := golden(t, n.name)
	// ‖ε·J‖² is a quadratic form in ε. Its matrix J·Jᵀ is made once, sample by sample, so that thousands of
	// draws cost nothing.
	s := newStep(n, f.Tensors["input/x"].Shape, nil)
	s.give(t, f)
	batch, classes := s.problem.Outputs.Shape()[0], n.classes
	var rows []*sym.Expr
	for k := range classes {
		rows = append(rows, sym.Gradient(sym.Sum(sym.SliceAxis(s.problem.Outputs, 1, k, k+1)), s.problem.Input)[0])
	}
	jacobian, err := sym.Eval(sym.Env{Values: s.values}, rows...)
	if err != nil {
		t.Fatal(err)
	}
	pixels := len(jacobian[0].Data) / batch
	exact := 0.0
	for _, row := range jacobian {
		for _, v := range row.Data {
			exact += v * v / float64(batch)
		}
	}
	for _, reg := range []gradreg.SpectReg{{Weight: 1}, {Weight: 1, Shared: true}, {Weight: 1, Projections: 3}} {
		stream := uint32(0)
		problem := *s.problem
		problem.NextStream = func() uint32 { stream++; return stream }
		penalty := reg.Penalty(&problem)
		var leaves []*sym.Expr
		for _, e := range sym.Topological(penalty) {
			if e.Op() == sym.OpNormal {
				leaves = append(leaves, e)
			}
		}
		const draws = 3000
		var sum, squares float64
		for draw := range uint64(draws) {
			epsilon, err := sym.Eval(sym.Env{Key: 5, Step: draw}, leaves...)
			if err != nil {
				t.Fatal(err)
			}
			r := projected(jacobian, epsilon, batch, pixels)
			if draw < 2 { // the quadratic form is the penalty
				got, err := sym.Eval(sym.Env{Values: s.values, Key: 5, Step: draw}, penalty)
				if err != nil {
					t.Fatal(err)
				}
				if math.Abs(got[0].Data[0]-r) > 1e-9*r {
					t.Errorf("%v is %v, the projected Jacobian's norm %v", reg, got[0].Data[0], r)
				}
			}
			sum += r
			squares += r * r
		}
		mean := sum / draws
		standardError := math.Sqrt((squares/draws - mean*mean) / draws)
		if !(math.Abs(mean-exact) <= 4*standardError) {
			t.Errorf("%v: the mean of %d draws is %v ± %v, ‖J‖² is %v", reg, draws, mean, standardError, exact)
		}
	}
}

// projected returns mean_b ‖ε_bᵀ·J_b‖², averaged over the projections of epsilon.
func projected(jacobian, epsilon []*sym.Tensor, batch, pixels int) float64 {
	total := 0.0
	for _, e := range epsilon {
		for b := range batch {
			for i := range pixels {
				v := 0.0
				for k, row := range jacobian {
					weight := e.Data[k]
					if len(e.Data) > len(jacobian) {
						weight = e.Data[b*len(jacobian)+k]
					}
					v += weight * row.Data[b*pixels+i]
				}
				total += v * v
			}
		}
	}
	return total / float64(batch*len(epsilon))
}

// TestTextForms checks that any options of any regularizer give a text form that parses back to them, or are refused.
func TestTextForms(t *testing.T) {
	options := map[string][]string{
		"at": {"data", "noise", "random", "layers", "input"}, "pass": {"shared", "own"}, "slope": {"squared", "linear", "excess", "two-sided"},
		"lambda-as": {"hoffman", "ross", "sum"}, "ramp": {"up", "down", "cosine"}, "norm": {"l1", "l2", "linf"},
		"direction": {"gradient", "sign"}, "shared": {"true", "false"}, "held": {"true"}, "decoupled": {"true"},
	}
	numbers := []string{"sigma", "fraction", "target", "h", "noise", "phi", "epsilon", "xi"}
	counts := []string{"every", "warmup", "projections", "k", "n", "iterations"}
	valid := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(gradreg.Names()).Draw(t, "name")
		text := name + ":" + fmt.Sprint(rapid.Float64Range(0, 0.9).Draw(t, "lambda"))
		for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom(append(slices.Sorted(maps.Keys(options)), append(numbers, counts...)...)), 0, 3, rapid.ID).Draw(t, "keys") {
			switch {
			case options[key] != nil:
				text += "," + key + "=" + rapid.SampledFrom(options[key]).Draw(t, key)
			case slices.Contains(numbers, key):
				text += fmt.Sprintf(",%s=%v", key, rapid.Float64Range(1e-3, 1).Draw(t, key))
			default:
				text += fmt.Sprintf(",%s=%d", key, rapid.IntRange(-1, 9).Draw(t, key))
			}
		}
		r, err := gradreg.Parse(text)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("%q is refused in several lines: %v", text, err)
			}
			return
		}
		valid[name]++
		again, err := gradreg.Parse(r.String())
		if err != nil || again != r {
			t.Errorf("%q is %v, which parses to %v, %v", text, r, again, err)
		}
		if other, ok := gradreg.WithLambda(r, 0.25); !ok || other.Lambda() != 0.25 {
			t.Errorf("%v with λ = 0.25 is %v", r, other)
		}
	})
	if len(valid) < len(gradreg.Names())/2 {
		t.Errorf("only %v had valid options", valid)
	}
}

// TestRefused checks that what is no regularizer is refused in one line.
func TestRefused(t *testing.T) {
	for _, text := range []string{
		"", ":", "datagrad", "datagrad:", "datagrad:x", "datagrad:-1", "datagrad:NaN", "datagrad:Inf", "datagrad:1,2", "datagrad:1,every=-2", "datagrad:1,every=0", "datagrad:1,ramp=sideways", "datagrad:1,at=moon", "datagrad:1,sigma=1",
		"datagrad:1,slope=excess", "datagrad:1,target=1", "datagrad:1,fraction=2", "datagrad:1,lambda-as=hoffman", "hoffman:1,n=-2", "hoffman:1,lambda-as=sum",
		"label-smoothing:1.5", "label-smoothing:0.9,every=20", "label-smoothing:0.06,every=20,warmup=100", "dropout:0.5,every=2", "dropout:1", "topk:1,k=-1", "input-noise:1,every=2", "datagrad:1,norm=l3", "virtual-adversarial:1,xi=-1",
		"spectreg:1,projections=0", "spectreg:1,projections=", "spectreg:1,shared=perhaps", "spectreg:1,shared=true,shared=true", "datagrat:1",
	} {
		r, err := gradreg.Parse(text)
		if err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q gives %v, %v", text, r, err)
		}
	}
	for _, text := range []string{"spectral-norm:1,iterations=100000", "virtual-adversarial:1,iterations=101", "spectreg:1,projections=101", "hoffman:1,n=101", "topk:1,k=101"} {
		if r, err := gradreg.Parse(text); err == nil || !strings.Contains(err.Error(), "expected at most 100") {
			t.Errorf("%q gives %v, %v", text, r, err)
		}
	}
	for _, text := range []string{"spectral-norm:1,iterations=100", "hoffman:1,n=-1", "topk:1,k=100"} {
		if _, err := gradreg.Parse(text); err != nil {
			t.Error(err)
		}
	}
	if _, err := gradreg.Parse("label-smoothing:0.05,every=20"); err != nil {
		t.Error(err)
	}
	if regs, err := gradreg.ParseAll([]string{"datagrad:1", "datagrad:2"}); err == nil {
		t.Errorf("datagrad twice gives %v", regs)
	}
	for _, lambda := range []float64{-1, math.NaN(), math.Inf(1)} {
		for _, r := range []gradreg.Regularizer{gradreg.DataGrad{Weight: lambda}, gradreg.SpectReg{Weight: lambda}, gradreg.WeightDecay{Weight: lambda}} {
			if r.Validate() == nil {
				t.Errorf("%v validates", r)
			}
		}
	}
}

// TestRefusedConventions checks that a convention of λ is refused where its publication has no such form.
func TestRefusedConventions(t *testing.T) {
	for text, expected := range map[string]string{
		"datagrad:1,norm=linf,lambda-as=ross":                    "expected l2 or l1",
		"datagrad:1,norm=linf,slope=squared,lambda-as=ross":      "expected l2 or l1",
		"datagrad:1,norm=l1,slope=squared,lambda-as=ross":        "expected linear",
		"datagrad:1,slope=linear,lambda-as=ross":                 "expected squared",
		"datagrad:1,slope=excess,target=1,lambda-as=ross":        "expected squared",
		"datagrad:1,slope=two-sided,target=1,lambda-as=ross":     "expected squared",
		"finite-difference:1,slope=linear,lambda-as=ross":        "expected squared",
		"ross:1,slope=linear":                                    "expected squared",
		"ross:1,norm=l1,slope=excess,target=1":                   "expected linear",
		"hoffman:1,slope=linear":                                 "expected squared",
		"hoffman:1,n=-1,slope=two-sided,target=1":                "expected squared",
		"spectreg:1,slope=linear,lambda-as=hoffman":              "expected squared",
		"output-noise:1,slope=excess,target=1,lambda-as=hoffman": "expected squared",
	} {
		r, err := gradreg.Parse(text)
		if err == nil || !strings.Contains(err.Error(), expected) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q gives %v, %v; expected an error with %q", text, r, err, expected)
		}
	}
	for _, text := range []string{"datagrad:1,slope=linear,lambda-as=sum", "ross:1,slope=squared", "ross:1,norm=l1,slope=linear", "hoffman:1,slope=squared"} {
		if _, err := gradreg.Parse(text); err != nil {
			t.Error(err)
		}
	}
}

// TestNone checks that none clears what stands before it.
func TestNone(t *testing.T) {
	regs, err := gradreg.ParseAll([]string{"datagrad:1", "weight-decay:2", "none", "spectreg:3"})
	if err != nil || fmt.Sprint(regs) != "[spectreg:3]" {
		t.Errorf("none: %v, %v", regs, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"datagrad:50", "spectreg:0.03,projections=2,shared=true", "weight-decay:5e-4", "none", "a:b=c", "jacreg:1,slope=excess,target=0.1,every=3", "r1:0.5", "r1+r2:1,lambda-as=gamma", "wgan-gp:10,target=0.5", "datagrad:1,at=real+fake", "gradient-shrinking:1,over=sample"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := gradreg.Parse(text)
		if err != nil {
			return
		}
		if again, err := gradreg.Parse(r.String()); err != nil || again != r {
			t.Errorf("%q is %v, which parses to %v, %v", text, r, again, err)
		}
	})
}
