package gradreg_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
)

// network is a model whose values and gradients PyTorch has computed (tools/golden/golden.py).
type network struct {
	name    string
	classes int
	forward gradreg.Forward
}

func networks() []network {
	of := func(m model.Model, classes int) gradreg.Forward {
		return func(c *nn.Context, x *sym.Expr) *sym.Expr { return m.Logits(c, x, classes) }
	}
	return []network{
		{"lenet-bare", 10, of(model.LeNet{}, 10)},
		{"lenet-dropout", 10, of(model.NewLeNet(), 10)},
		{"lenet-batchnorm", 10, of(model.LeNet{Norm: "batch"}, 10)},
		{"lenetcaffe", 10, of(model.LeNetCaffe{}, 10)},
		{"stridedcnn", 5, stridedCNN},
	}
}

// stridedCNN has what the other networks lack: strides, dilation, borders and batch norm between
// convolutions.
func stridedCNN(c *nn.Context, x *sym.Expr) *sym.Expr {
	layer := func(x *sym.Expr, l nn.Conv) *sym.Expr {
		l.Kernel, l.NoBias = 3, true
		return nn.ReLU(nn.BatchNorm{}.Apply(c, l.Apply(c, x)))
	}
	h := layer(x, nn.Conv{Out: 8, Stride: 2, Border: 1})
	h = layer(h, nn.Conv{Out: 12, Stride: 2})
	h = layer(h, nn.Conv{Out: 12, Border: 2, Dilation: 2})
	return nn.Dense{Out: 5}.Apply(c, nn.GlobalAvgPool(c, h))
}

// The regularizers of the golden cases.
var cases = map[string][]gradreg.Regularizer{
	"plain":    nil,
	"datagrad": {gradreg.DataGrad{Weight: 50}},
	"spectreg": {gradreg.SpectReg{Weight: 0.03}},
	"both":     {gradreg.DataGrad{Weight: 50}, gradreg.SpectReg{Weight: 0.03}},
}

// step is a training step of a network in symbolic form.
type step struct {
	problem   *gradreg.Problem
	total     *sym.Expr
	penalties []*sym.Expr
	grads     []*sym.Expr
	values    map[*sym.Expr]*sym.Tensor // of inputs and random leaves
}

// newStep builds a training step on a batch of given extents.
func newStep(n network, shape []int, regs []gradreg.Regularizer) *step {
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g), true, 0)
	targets := sym.OneHot(g.Input("y", sym.Int, shape[0]), n.classes)
	s := &step{values: map[*sym.Expr]*sym.Tensor{}}
	s.problem = gradreg.NewProblem(task.Classification{}, c, g.Input("x", sym.Float, shape...), targets, n.forward)
	s.total, s.penalties = gradreg.Objective(s.problem, regs)
	s.grads = sym.Gradient(s.total, nn.Exprs(c.Params.Trainable())...)
	return s
}

// outputs returns everything that is compared.
func (s *step) outputs() []*sym.Expr {
	return append(append([]*sym.Expr{s.problem.Loss(), s.problem.Outputs}, s.penalties...), s.grads...)
}

// give sets the inputs and random leaves to those of the golden file.
func (s *step) give(t *testing.T, f tensorfile.File) {
	t.Helper()
	for _, e := range sym.Topological(s.total) {
		switch e.Op() {
		case sym.OpInput:
			name := e.Attr().(sym.InputAttr).Name
			if name == "x" || name == "y" {
				name = "input/" + name
			}
			s.values[e] = tensor(t, f, name)
		case sym.OpNormal:
			s.values[e] = tensor(t, f, "input/eps")
		case sym.OpBernoulli:
			mask := tensor(t, f, "input/mask")
			for i, v := range mask.Data {
				mask.Data[i] = v / 2 // the file holds the factor 1/(1−½) of what is kept
			}
			s.values[e] = mask
		}
	}
}

// tensor reads a tensor of a golden file.
func tensor(t *testing.T, f tensorfile.File, name string) *sym.Tensor {
	t.Helper()
	v, ok := f.Tensors[name]
	if !ok {
		t.Fatalf("the golden file has no %s", name)
	}
	out := sym.NewTensor(v.Shape...)
	for i := range out.Data {
		switch {
		case v.F32 != nil:
			out.Data[i] = float64(v.F32[i])
		case v.F64 != nil:
			out.Data[i] = v.F64[i]
		default:
			out.Data[i] = float64(v.I32[i])
		}
	}
	return out
}

func golden(t *testing.T, name string) tensorfile.File {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "golden", name+".safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := tensorfile.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// names returns the golden names of outputs.
func (s *step) names(label string, regs []gradreg.Regularizer) []string {
	out := []string{label + "/loss", label + "/logits"}
	for _, r := range regs {
		out = append(out, label+"/"+r.Name())
	}
	for _, p := range s.problem.Params.Trainable() {
		out = append(out, label+"/grad/"+p.Name)
	}
	return out
}

// distance returns the largest difference of two tensors, relative to the largest element of the
// second.
func distance(got, want []float64) float64 {
	worst, scale := 0.0, 1e-30
	for i, w := range want {
		worst, scale = math.Max(worst, math.Abs(got[i]-w)), math.Max(scale, math.Abs(w))
	}
	return worst / scale
}

// The golden gradients are rounded to float32, by 2⁻²⁴ of an element at most.
const rounding = 1.0 / (1 << 23)

// engineBound is the stated accuracy of the float32 engine: the largest deviation of a tensor's
// elements, relative to its largest element, for the golden models; tools/precision measures other
// networks. A gradient of a penalty is a sum of some thousand products of four factors, each of
// which carries errors of its own layer's sums; 2⁻²⁴ times some hundred covers it.
const engineBound = 2e-5

// TestGolden compares loss, logits, penalties and the gradient of every parameter with those of
// PyTorch's double backpropagation: the reference evaluator to the rounding of the file, the engine
// at every level to its stated bound.
func TestGolden(t *testing.T) {
	for _, n := range networks() {
		f := golden(t, n.name)
		shape := f.Tensors["input/x"].Shape
		for label, regs := range cases {
			t.Run(n.name+"/"+label, func(t *testing.T) {
				t.Parallel()
				s := newStep(n, shape, regs)
				s.give(t, f)
				got, err := sym.Eval(sym.Env{Values: s.values}, s.outputs()...)
				if err != nil {
					t.Fatal(err)
				}
				names := s.names(label, regs)
				for i, name := range names {
					want := tensor(t, f, name)
					if d := distance(got[i].Data, want.Data); !(d <= 2*rounding) {
						t.Errorf("reference: %s differs by %.2g of its largest element", name, d)
					}
				}
				for _, level := range engine.Levels() {
					for i, v := range s.run(t, level) {
						if d := distance(v, got[i].Data); !(d <= engineBound) {
							t.Errorf("level %v: %s differs by %.2g of its largest element", level, names[i], d)
						}
					}
				}
			})
		}
	}
}

// TestEngineSpectReg compares the engine with the reference evaluator under a λ that makes SpectReg
// most of the gradient. With the golden λ of 0.03 it is less than a hundredth of it, and an error
// could hide behind the loss.
func TestEngineSpectReg(t *testing.T) {
	for _, n := range networks() {
		t.Run(n.name, func(t *testing.T) {
			t.Parallel()
			f := golden(t, n.name)
			regs := []gradreg.Regularizer{gradreg.SpectReg{Weight: 100}}
			s := newStep(n, f.Tensors["input/x"].Shape, regs)
			s.give(t, f)
			want, err := sym.Eval(sym.Env{Values: s.values}, s.outputs()...)
			if err != nil {
				t.Fatal(err)
			}
			names := s.names("spectreg", regs)
			for _, level := range engine.Levels() {
				for i, v := range s.run(t, level) {
					if d := distance(v, want[i].Data); !(d <= engineBound) {
						t.Errorf("level %v: %s differs by %.2g of its largest element", level, names[i], d)
					}
				}
			}
		})
	}
}

// run compiles the step, with inputs in the place of random leaves, and runs it.
func (s *step) run(t *testing.T, level string) [][]float64 {
	t.Helper()
	given, values := map[*sym.Expr]*sym.Expr{}, map[*sym.Expr]*sym.Tensor{}
	for e, v := range s.values {
		switch e.Op() {
		case sym.OpNormal:
			given[e] = e.Graph().Input("given/eps", sym.Float, e.Shape()...)
			values[given[e]] = v
		case sym.OpBernoulli:
			name := fmt.Sprintf("given/mask%d", e.Attr().(sym.RandomAttr).Stream)
			mask := e.Graph().Input(name, sym.Float, e.Shape()...)
			given[e] = sym.Greater(mask, e.Graph().Const(0, e.Shape()...))
			values[mask] = v
		default:
			values[e] = v
		}
	}
	native, err := engine.Native(engine.Options{Level: level, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	outputs, err := engine.Eval(native, sym.Env{Values: values}, sym.Replace(s.outputs(), given)...)
	if err != nil {
		t.Fatal(err)
	}
	var got [][]float64
	for _, o := range outputs {
		got = append(got, o.Data)
	}
	return got
}

// TestTrainingLosses runs ten Adam steps with DataGrad and coupled weight decay in the reference
// evaluator and compares the losses with PyTorch's.
func TestTrainingLosses(t *testing.T) {
	f := golden(t, "lenet-dropout")
	regs := []gradreg.Regularizer{gradreg.DataGrad{Weight: 50}, gradreg.WeightDecay{Weight: 5e-4}}
	s := newStep(networks()[1], f.Tensors["input/x"].Shape, regs)
	s.give(t, f)
	params := s.problem.Params.Trainable()
	update := optim.NewAdam().Build(params, s.grads)
	for _, e := range update.State {
		s.values[e] = sym.NewTensor(e.Shape()...)
	}
	roots := []*sym.Expr{s.total}
	for _, u := range update.Updates {
		roots = append(roots, u.Value)
	}
	for i, want := range tensor(t, f, "training/losses").Data {
		for j, v := range update.Values(i+1, 1e-3) {
			s.values[update.Scalars[j]] = &sym.Tensor{Shape: sym.Shape{}, Data: []float64{float64(v)}}
		}
		got, err := sym.Eval(sym.Env{Values: s.values}, roots...)
		if err != nil {
			t.Fatal(err)
		}
		// The scalars of Adam are float32, as the engine takes them.
		if d := math.Abs(got[0].Data[0]-want) / want; !(d <= 1e-6) {
			t.Errorf("step %d: loss %v, want %v", i+1, got[0].Data[0], want)
		}
		for j, u := range update.Updates {
			s.values[u.Target] = got[j+1]
		}
	}
}

// TestParameterCounts checks the sizes that docs/definitions.md and Caffe state.
func TestParameterCounts(t *testing.T) {
	for text, want := range map[string]int{"lenet": 61706, "lenet:norm=batch": 61706 + 2*84, "lenet-caffe": 431080} {
		m, err := model.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		g := sym.NewGraph()
		c := nn.NewContext(nn.NewParams(g), true, 0)
		if y := m.Logits(c, g.Input("x", sym.Float, 2, 1, 28, 28), 10); y.Err() != nil {
			t.Fatal(y.Err())
		}
		if got := c.Params.Count(); got != want {
			t.Errorf("%s has %d parameters, want %d", text, got, want)
		}
	}
}

func ExampleParse() {
	r, err := gradreg.Parse("spectreg:0.03,projections=2")
	fmt.Println(r, err)
	_, err = gradreg.Parse("datagard:50")
	fmt.Println(err)
	// Output:
	// spectreg:0.03,projections=2 <nil>
	// unknown regularizer "datagard" (did you mean "datagrad"?), expected one of adversarial, confidence, datagrad, delta, dragan, dropout, finite-difference, frobreg, gradient-shrinking, hoffman, input-noise, jacreg, l2-sp, label-smoothing, none, onehot, output-noise, r1, r1+r2, r2, random-onehot, ross, roth, softmaxgrad, spectral-norm, spectreg, topk, virtual-adversarial, weight-decay, wgan-gp, wgan-lp
}
