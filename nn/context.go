package nn

import (
	"fmt"

	"github.com/gradreg/gradreg/sym"
)

// Context applies layers once: it counts them, so that they get names, and hands out random
// streams.
type Context struct {
	Params   *Params
	Training bool
	// Layers describes what has been applied, in order.
	Layers []Layer
	// Updates are the new values of running statistics that a training step has to store.
	Updates []sym.Update
	// Parts are the scopes in which layers have been applied by In, without those within them.
	Parts []Part
	// DropoutRate replaces the rate of every dropout layer if positive.
	DropoutRate float64

	counts map[string]int // of names by scope and kind; contexts from In count on together
	stream *uint32        // the next one; contexts from Again and In count on together
}

// Layer describes an applied layer.
type Layer struct {
	Name       string    // as its parameters' names begin, such as conv1 or critic/conv1
	Kind       string    // for people, such as "conv 3x3, stride 2"
	Shape      sym.Shape // of its output
	Parameters int       // trainable scalars
	// MACs are the multiply-adds of matrix products and convolutions in a forward pass of one
	// sample.
	MACs int
	// Input is what a dense layer is applied to, nil of others: of a classifier's last one its
	// features.
	Input *sym.Expr
}

// Part is a part of a network that was applied in a scope of its own.
type Part struct {
	Name   string // of the scope, such as stage1
	Output *sym.Expr
}

// NewContext returns a context that applies layers in training or in inference mode. Random streams
// are numbered from firstStream; contexts whose random numbers must differ start at different ones.
// In a scope they are counted from the scope's first stream, so that two scopes share none
// ([Params.Scope]).
func NewContext(params *Params, training bool, firstStream uint32) *Context {
	next := params.firstStream + firstStream
	return &Context{Params: params, Training: training, counts: map[string]int{}, stream: &next}
}

// Again returns a context that applies the same model once more in the same step: its layers have
// the same names, and so the same parameters, but random numbers, such as a dropout mask, of their
// own. Its updates of running statistics are its own and usually dropped, so that a step moves them
// once.
func (c *Context) Again() *Context {
	return &Context{
		Params: c.Params, Training: c.Training, DropoutRate: c.DropoutRate,
		counts: map[string]int{}, stream: c.stream,
	}
}

// Graph returns the graph of the parameters.
func (c *Context) Graph() *sym.Graph { return c.Params.Graph() }

// NextStream returns a random stream that no one else in this context, or one made by Again, uses.
func (c *Context) NextStream() uint32 {
	*c.stream++
	return *c.stream - 1
}

// Name returns the next name of a kind of layer: conv1, conv2, …. A layer asks once each time it is
// applied, so that the same model applied again finds its parameters.
func (c *Context) Name(kind string) string {
	counted := c.Params.prefix + kind
	c.counts[counted]++
	return fmt.Sprintf("%s%d", kind, c.counts[counted])
}

// In applies layers in a scope of the context's parameters, in which their names count from 1, and
// returns what f returns: a part of one network, such as a stage, whose parameters are
// stage1/conv1.weight and so on. f gets a context on the scope; what it notes in Layers and Updates
// comes to those of c, and Parts gets the scope with what f returns. Unlike two networks, the parts
// share the random streams of c.
func (c *Context) In(scope string, f func(*Context) *sym.Expr) *sym.Expr {
	part := *c
	part.Params, part.Layers, part.Updates, part.Parts = c.Params.Scope(scope), nil, nil, nil
	y := f(&part)
	c.Layers = append(c.Layers, part.Layers...)
	c.Updates = append(c.Updates, part.Updates...)
	c.Parts = append(c.Parts, Part{scope, y})
	return y
}

// Weight returns the trainable parameter layer.weight, which decays. Other parameters of a layer,
// such as a factor that does not decay or a running average, come from [Params.Get].
func (c *Context) Weight(layer string, init Init, shape ...int) *sym.Expr {
	p := Param{Name: layer + ".weight", Init: init, Trainable: true, Decay: true}
	return c.Params.Get(p, shape...).Expr
}

// Bias returns the trainable parameter layer.bias: [n], 0 at first, which does not decay.
func (c *Context) Bias(layer string, n int) *sym.Expr {
	return c.Params.Get(Param{Name: layer + ".bias", Trainable: true}, n).Expr
}

// Note appends the description of an applied layer to Layers and returns its output y: the name
// from [Context.Name], a text for people, and the trainable parameters it has.
func (c *Context) Note(name, kind string, y *sym.Expr, params ...*sym.Expr) *sym.Expr {
	l := Layer{Name: c.Params.prefix + name, Kind: kind, Shape: y.Shape()}
	for _, p := range params {
		l.Parameters += p.Shape().Size()
	}
	c.Layers = append(c.Layers, l)
	return y
}

// noteProduct is Note for a layer that computes product: [B, …] with one product or convolution,
// whose multiply-adds for one sample it notes, and y from it.
func (c *Context) noteProduct(
	name, kind string, y, product *sym.Expr, params ...*sym.Expr,
) *sym.Expr {
	c.Note(name, kind, y, params...)
	if product.Err() == nil {
		c.Layers[len(c.Layers)-1].MACs = product.MACs() / product.Shape()[0]
	}
	return y
}

// NoteLinear is Note for a layer whose filter w meets an input once for every position of y that a
// channel has: y: [B, Out, …], w a tensor of Out filters. It counts their multiply-adds for one
// sample.
func (c *Context) NoteLinear(name, kind string, y, w *sym.Expr, bias ...*sym.Expr) *sym.Expr {
	c.Note(name, kind, y, append([]*sym.Expr{w}, bias...)...)
	if y.Err() == nil && w.Err() == nil && len(y.Shape()) >= 2 {
		positions := y.Shape()[2:].Size()
		c.Layers[len(c.Layers)-1].MACs = positions * w.Shape().Size()
	}
	return y
}
