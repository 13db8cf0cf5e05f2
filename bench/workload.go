package bench

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
)

// Workload is a training step: w ← w − rate·∂(loss + λ·penalty)/∂w on a fixed batch; of w6 a forward
// pass to the features of a network that is not trained.
type Workload struct {
	Name  string // w1 … w6, jacobian
	Net   string // as the peers know it, or a text form of package model
	Batch int
	Image [3]int // channels, height, width
}

// Workloads lists the networks that are measured.
func Workloads() []Workload {
	return []Workload{
		{"w1", "lenet", 50, [3]int{1, 28, 28}},
		{"w2", "lenetcaffe", 50, [3]int{1, 28, 28}},
		{"w2-256", "lenetcaffe", 256, [3]int{1, 28, 28}},
		{"w3", "resnet", 128, [3]int{3, 32, 32}},
		{"w4", "critic", 64, [3]int{1, 28, 28}},
		{"w5", "resnet18", 16, [3]int{3, 160, 160}},
		{"w6", "efficientnet-lite0", 16, [3]int{3, 224, 224}},
		{"jacobian", "lenet", 50, [3]int{1, 28, 28}},
	}
}

// Methods lists the objectives of a workload: plain, and its penalties.
func (w Workload) Methods() []string {
	if w.Net == "critic" {
		return []string{"plain", "r1", "r1r2", "roth", "wgan-gp"}
	}
	if w.Net == "efficientnet-lite0" {
		return []string{methodFeatures}
	}
	if w.Name == "jacobian" { // exactly: ½·mean_b ‖J_b‖_F², n = −1 of jacobian_regularizer, and mean_b ‖∂p_b/∂x_b‖_F²
		return []string{"plain", "hoffman", "jacreg"}
	}
	return []string{"plain", "datagrad", "spectreg"}
}

// methodFeatures is a forward pass to the features, whose mean and mean square stand for loss and
// penalty. Nothing is differentiated, no weight changes.
const methodFeatures = "features"

// runs reports whether a peer has the workload: onnxruntime trains nothing, and what compiles whole
// training steps has no other program.
func (w Workload) runs(engine string) bool {
	if slices.Contains(w.Methods(), methodFeatures) {
		return engine == engineORT || engine == "torch-eager"
	}
	return engine != engineORT
}

// The weights of the penalties and the learning rate; the peers have the same.
const (
	lambda       = 0.01
	lambdaCritic = 10 // of wgan-gp
	lambdaSlopes = 1  // of r1, r1r2 and roth, as a factor of the mean: γ/2
	rate         = 0.01
	classes      = 10
)

// step is a workload in symbolic form.
type step struct {
	*gradreg.Training
	inputs []*sym.Expr
	labels *sym.Expr // nil for the critic, and where nothing is learned
	frozen bool      // nothing is learned
}

// program returns what is run: outputs loss and penalty, and the updates of a training step.
func (s *step) program() engine.Step {
	if s.frozen {
		return engine.Step{Outputs: []*sym.Expr{s.Loss, s.Terms[0].Value}}
	}
	return s.Step(nil)
}

// features builds the forward pass of a network with fixed batch norm.
func (s *step) features(c *nn.Context, w Workload, x *sym.Expr) error {
	m, err := model.Parse(w.Net + ":norm=affine")
	if err != nil {
		return err
	}
	c.Training = false
	f := m.(model.Backbone).Features(c, x)
	s.frozen, s.Loss = true, sym.Mean(f)
	s.Add(gradreg.Term{Name: "square", Value: sym.Mean(sym.Square(f))})
	return f.Err()
}

// newStep builds a workload. Random projections are an input, so that peers can use the same.
func (w Workload) newStep(method string) (*step, error) {
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g), true, 0)
	s := &step{Training: gradreg.NewTraining(c, descent{rate})}
	input := func(name string, shape ...int) *sym.Expr {
		e := g.Input(name, sym.Float, shape...)
		s.inputs = append(s.inputs, e)
		return e
	}
	image := func(name string) *sym.Expr { return input(name, w.Batch, w.Image[0], w.Image[1], w.Image[2]) }
	if w.Net == "critic" {
		s.critic(c, method, image, input("u", w.Batch, 1, 1, 1))
		return s, s.Objective(nil).Err()
	}
	if method == methodFeatures {
		return s, s.features(c, w, image("x"))
	}
	forward, err := w.forward()
	if err != nil {
		return nil, err
	}
	s.labels = g.Input("y", sym.Int, w.Batch)
	problem := gradreg.NewProblem(task.Classification{}, c, image("x"), sym.OneHot(s.labels, classes), forward)
	s.Loss = problem.Loss()
	var penalty *sym.Expr
	scale := 1 / float64(w.Batch)
	switch method {
	case "datagrad":
		penalty = gradreg.DataGrad{}.Penalty(problem)
	case "hoffman":
		penalty = gradreg.Hoffman{Projections: -1}.Penalty(problem)
	case "jacreg":
		penalty = gradreg.JacReg{}.Penalty(problem)
	case "spectreg":
		projected := sym.VJP(problem.Outputs, input("eps", w.Batch, classes), problem.Input)[0]
		penalty = sym.Scale(sym.Sum(sym.Square(projected)), scale)
	}
	if penalty != nil {
		s.Add(gradreg.Term{Name: method, Value: penalty, Lambda: lambda})
	}
	c.Updates = nil // nobody reads running statistics
	return s, s.Objective(nil).Err()
}

// forward returns the network of a classifier.
func (w Workload) forward() (gradreg.Forward, error) {
	text, ok := map[string]string{
		"lenet": "lenet:dropout=0", "lenetcaffe": "lenet-caffe", "resnet18": "resnet18:norm=affine",
	}[w.Net]
	if !ok {
		text = w.Net
	}
	m, err := model.Parse(text)
	if err != nil {
		return nil, err
	}
	return func(c *nn.Context, x *sym.Expr) *sym.Expr { return m.Logits(c, x, classes) }, nil
}

// descent is gradient descent of a constant rate, which is a part of the program.
type descent struct{ rate float64 }

func (d descent) Build(params []*nn.Param, grads []*sym.Expr) *optim.Step {
	s := &optim.Step{Values: func(int, float64) []float32 { return nil }}
	for i, p := range params {
		s.Updates = append(s.Updates, sym.Update{Target: p.Expr, Value: sym.Sub(p.Expr, sym.Scale(grads[i], d.rate))})
	}
	return s
}

func (d descent) Validate() error { return nil }
func (d descent) String() string  { return fmt.Sprintf("descent:%v", d.rate) }

// compile makes the program of a step.
func (s *step) compile(level string, threads int) (engine.Program, error) {
	on, err := engine.Native(engine.Options{Level: level, Threads: threads})
	if err != nil {
		return nil, err
	}
	return on.Compile(s.program())
}

// contents returns weights and inputs, the same for every method and every peer.
func (s *step) contents(w Workload) tensorfile.File {
	f := tensorfile.File{Tensors: map[string]tensorfile.Tensor{}, Metadata: map[string]string{"net": w.Net}}
	for _, p := range s.Params.Trainable() {
		values := make([]float32, p.Expr.Shape().Size())
		p.Fill(values, 1)
		f.Tensors["param/"+p.Name] = tensorfile.Tensor{Shape: p.Expr.Shape(), F32: values}
	}
	for i, e := range s.inputs {
		r := rand.New(rand.NewPCG(7, uint64(i)))
		values := make([]float32, e.Shape().Size())
		for k := range values {
			if values[k] = float32(r.NormFloat64()); slices.Equal(e.Shape(), []int{w.Batch, 1, 1, 1}) {
				values[k] = r.Float32()
			}
		}
		f.Tensors[e.Name()] = tensorfile.Tensor{Shape: e.Shape(), F32: values}
	}
	if s.labels != nil {
		labels := make([]int32, w.Batch)
		for i := range labels {
			labels[i] = int32(i * 7 % classes)
		}
		f.Tensors["y"] = tensorfile.Tensor{Shape: []int{w.Batch}, I32: labels}
	}
	return f
}

// load copies weights and inputs to a program.
func (s *step) load(p engine.Program, f tensorfile.File) error {
	if err := s.Params.Initialize(p, 1); err != nil {
		return err
	}
	for _, e := range s.inputs {
		if !p.Takes(e) {
			continue
		}
		if err := p.Write(e, f.Tensors[e.Name()].F32); err != nil {
			return err
		}
	}
	if s.labels == nil {
		return nil
	}
	return p.WriteInts(s.labels, f.Tensors["y"].I32)
}

// Known returns an error for a name that is no workload, or no peer.
func Known(workloads, peers []string) error {
	var known []string
	for _, w := range Workloads() {
		known = append(known, w.Name)
	}
	for _, n := range workloads {
		if !slices.Contains(known, n) {
			return spec.Unknown("workload", n, known)
		}
	}
	for _, n := range peers {
		if !slices.Contains(PeerNames(), n) {
			return spec.Unknown("peer", n, PeerNames())
		}
	}
	return nil
}
