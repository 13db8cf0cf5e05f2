package assess

import (
	"runtime"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// Images are labelled images and how the network's input is made of them.
type Images struct {
	dataset.Subset
	Normalizer dataset.Normalizer
}

// Spread returns n of the images, evenly spaced in their order, or all if there are no more or n is
// below 1: neither the first part of a file, which may be easier than the rest, nor of a list that
// is sorted by class.
func (s Images) Spread(n int) Images {
	if n < 1 || n >= s.Len() {
		return s
	}
	index := make([]int, n)
	for i := range index {
		index[i] = s.Index[i*s.Len()/n]
	}
	s.Index = index
	return s
}

// NetworkOptions are what a network is made of.
type NetworkOptions struct {
	Model   model.Model
	Shape   dataset.Shape
	Classes int
	// Weights returns the values of a parameter of the model.
	Weights func(name string) []float32
	// Batch is the number of images that are computed at a time; 50 if 0. It changes no result.
	Batch int
	// Threads is the number of workers, one per processor if 0.
	Threads int
	// Convolution is how convolutions are computed, one of [engine.Convolutions]; auto if empty.
	Convolution engine.Convolution
}

// Network is a trained classifier whose logits f(x) are differentiated with respect to the input x.
// It is in inference mode: dropout is off, and batch norm uses its running statistics, so that
// images do not influence each other. It is used by one goroutine at a time.
type Network struct {
	NetworkOptions
	engine   engine.Engine
	programs map[question]*network
}

// question is what a program answers beside the logits.
type question int

const (
	askLogits  question = iota
	askVJP              // cᵀ·∂f/∂x for a cotangent c: [B, K]
	askLabels           // ∂u/∂x of the labels y, see [build]
	questions           // their number
	defaultRun = 50     // images at a time
)

// network is a compiled program of a network, with what goes in and comes out of a run.
type network struct {
	program engine.Program
	x, c, y *sym.Expr // inputs; c and y where the question has them

	pixels     []float32 // of x [B, C, H, W]
	cotangents []float32 // of c [B, K]
	classes    []int32   // of y [B]
	logits     []float32 // [B, K]
	answer     []float32 // to the question [B, C, H, W], if it is more than the logits
}

// run computes logits and answer of what stands in the other fields.
func (p *network) run() error {
	if err := p.program.Write(p.x, p.pixels); err != nil {
		return err
	}
	if p.c != nil {
		if err := p.program.Write(p.c, p.cotangents); err != nil {
			return err
		}
	}
	if p.y != nil {
		if err := p.program.WriteInts(p.y, p.classes); err != nil {
			return err
		}
	}
	if err := p.program.Run(0, 0, 0); err != nil {
		return err
	}
	if err := p.program.Output(0, p.logits); err != nil || p.answer == nil {
		return err
	}
	return p.program.Output(1, p.answer)
}

// NewNetwork returns the network. Programs are compiled when they are first needed. Options that no
// network can be made of are the input's fault.
func NewNetwork(o NetworkOptions) (*Network, error) {
	switch {
	case o.Model == nil:
		return nil, fault.Inputf("a network without a model")
	case o.Shape.C < 1 || o.Shape.H < 1 || o.Shape.W < 1 || o.Classes < 1:
		return nil, fault.Inputf(
			"a network of %d classes for images of %v, expected at least 1 of each", o.Classes,
			o.Shape,
		)
	case o.Batch < 0 || o.Threads < 0:
		return nil, fault.Inputf("batch is %d and threads %d, expected no negative number", o.Batch, o.Threads)
	}
	if o.Batch == 0 {
		o.Batch = defaultRun
	}
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	on, err := engine.Native(engine.Options{Threads: o.Threads, Convolution: o.Convolution})
	if err != nil {
		return nil, err
	}
	return &Network{o, on, map[question]*network{}}, nil
}

// Close ends the network's workers.
func (n *Network) Close() {
	if n == nil {
		return
	}
	for _, p := range n.programs {
		p.program.Close()
	}
	clear(n.programs)
}

// program returns the program that answers a question.
func (n *Network) program(q question) (*network, error) {
	if p := n.programs[q]; p != nil {
		return p, nil
	}
	p, err := n.build(q)
	if err != nil {
		return nil, err
	}
	n.programs[q] = p
	return p, nil
}

// build compiles a program whose first output is the logits and whose second one answers the
// question.
//
// For labels y that is the derivative of u = log Σ_{k≠y} exp(f_k − f_y). The cross-entropy is L =
// log(1 + eᵘ), and ∂L/∂x = σ(u)·∂u/∂x: u rises where L does, but its derivative does not vanish
// where the network is so certain that float32 rounds 1 − p_y to 0.
func (n *Network) build(q question) (*network, error) {
	g := sym.NewGraph()
	params := nn.NewParams(g)
	p := &network{x: g.Input("x", sym.Float, n.Batch, n.Shape.C, n.Shape.H, n.Shape.W)}
	logits := n.Model.Logits(nn.NewContext(params, false, 0), p.x, n.Classes)
	outputs := []*sym.Expr{logits}
	switch q {
	case askVJP:
		p.c = g.Input("c", sym.Float, n.Batch, n.Classes)
		outputs = append(outputs, sym.VJP(logits, p.c, p.x)[0])
	case askLabels:
		p.y = g.Input("y", sym.Int, n.Batch)
		outputs = append(outputs, sym.Gradient(sym.Sum(excess(logits, p.y)), p.x)[0])
	}
	if err := outputs[len(outputs)-1].Err(); err != nil {
		return nil, fault.Inputf("model %s does not take images of %v: %w", n.Model, n.Shape, err)
	}
	if n.Weights == nil && len(params.All()) > 0 {
		return nil, fault.Inputf("parameter %s of %s has no values, expected weights", params.All()[0].Name, n.Model)
	}
	var err error
	if p.program, err = n.engine.Compile(engine.Step{Outputs: outputs}); err != nil {
		return nil, err
	}
	if err := params.Load(p.program, func(w *nn.Param) []float32 { return n.Weights(w.Name) }); err != nil {
		p.program.Close()
		return nil, err
	}
	p.pixels, p.logits = make([]float32, p.x.Shape().Size()), make([]float32, logits.Shape().Size())
	p.cotangents, p.classes = make([]float32, len(p.logits)), make([]int32, n.Batch)
	if len(outputs) > 1 {
		p.answer = make([]float32, len(p.pixels))
	}
	return p, nil
}

// excess returns u = log Σ_{k≠y} exp(f_k − f_y): [B] for logits f: [B, K] and labels y: [B].
func excess(logits, y *sym.Expr) *sym.Expr {
	const out = 1e9 // far above any logit: the label's own term is exp(−out) = 0
	classes := 0
	if s := logits.Shape(); len(s) == 2 {
		classes = s[1]
	}
	label := sym.OneHot(y, classes)
	others := sym.LogSumExp(sym.Sub(logits, sym.Scale(label, out)))
	return sym.Sub(others, sym.Sum(sym.Mul(logits, label), 1))
}

// checkImages refuses images that the network does not take.
func (n *Network) checkImages(s Images) error {
	switch {
	case s.Part == nil || s.Len() == 0:
		return fault.Inputf("no images, expected at least one")
	case s.Shape != n.Shape:
		return fault.Inputf("images of %v, but the model takes %v", s.Shape, n.Shape)
	case len(s.Normalizer.Std) != n.Shape.C || len(s.Normalizer.Mean) != n.Shape.C:
		return fault.Inputf(
			"normalization of %d means and %d deviations for images of %v", len(s.Normalizer.Mean),
			len(s.Normalizer.Std), s.Shape,
		)
	case len(s.Images) != len(s.Labels)*n.Shape.Size():
		return fault.Inputf(
			"%d bytes for %d images of %v, expected %d", len(s.Images), len(s.Labels), s.Shape,
			len(s.Labels)*n.Shape.Size(),
		)
	}
	for _, k := range s.Index {
		switch {
		case k < 0 || k >= len(s.Labels):
			return fault.Inputf("image %d of a part of %d", k, len(s.Labels))
		case s.Labels[k] < 0 || int(s.Labels[k]) >= n.Classes:
			return fault.Inputf("images of class %d, but the model knows %d classes", s.Labels[k], n.Classes)
		}
	}
	return nil
}

// scales returns ∂x/∂v per channel, by which derivatives with respect to x become those with
// respect to the pixels.
func (s Images) scales() []float64 {
	out := make([]float64, s.Shape.C)
	for ch := range out {
		t := s.Normalizer.Tables()[ch]
		out[ch] = float64(t[255]) - float64(t[0])
	}
	return out
}

// each calls f with the positions first … last−1 of every batch of images, last: [first, last).
func (n *Network) each(count int, f func(first, last int) error) error {
	for first := 0; first < count; first += n.Batch {
		if err := f(first, min(first+n.Batch, count)); err != nil {
			return err
		}
	}
	return nil
}

// load takes images first … last−1 as the network's input and returns their labels.
func (p *network) load(s Images, t dataset.Tables, first, last int) []int32 {
	size, labels := s.Shape.Size(), make([]int32, 0, last-first)
	for i, k := range s.Index[first:last] {
		t.Apply(p.pixels[i*size:(i+1)*size], s.Image(k))
		labels = append(labels, s.Labels[k])
	}
	return labels
}
