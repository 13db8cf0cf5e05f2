package nn

import (
	"fmt"

	"github.com/gradreg/gradreg/sym"
)

// Context applies layers once: it counts them, so that they get names, and hands out random streams.
type Context struct {
	Params   *Params
	Training bool
	// Layers describes what has been applied, in order.
	Layers []Layer
	// Updates are the new values of running statistics that a training step has to store.
	Updates []Update

	counts map[string]int
	stream uint32
}

// Layer describes an applied layer.
type Layer struct {
	Name       string
	Kind       string
	Shape      sym.Shape // of its output
	Parameters int       // trainable scalars
}

// Update is the new value of a parameter.
type Update struct {
	Param *Param
	Value *sym.Expr
}

// NewContext returns a context that applies layers in training or in inference mode. Random streams are
// numbered from firstStream; contexts whose random numbers must differ start at different ones.
func NewContext(params *Params, training bool, firstStream uint32) *Context {
	return &Context{Params: params, Training: training, counts: map[string]int{}, stream: firstStream}
}

// Graph returns the graph of the parameters.
func (c *Context) Graph() *sym.Graph { return c.Params.graph }

// NextStream returns a random stream that no one else in this context uses.
func (c *Context) NextStream() uint32 {
	c.stream++
	return c.stream - 1
}

// name returns the next name of a kind of layer: conv1, conv2, ….
func (c *Context) name(kind string) string {
	c.counts[kind]++
	return fmt.Sprintf("%s%d", kind, c.counts[kind])
}

// last returns the name that was given last to a kind of layer.
func (c *Context) last(kind string) string { return fmt.Sprintf("%s%d", kind, c.counts[kind]) }

// weight returns a trainable parameter that decays.
func (c *Context) weight(layer string, init Init, shape ...int) *sym.Expr {
	return c.Params.get(Param{Name: layer + ".weight", Init: init, Trainable: true, Decay: true}, shape...).Expr
}

// bias returns a trainable parameter, 0 at first, that does not decay.
func (c *Context) bias(layer string, n int) *sym.Expr {
	return c.Params.get(Param{Name: layer + ".bias", Trainable: true}, n).Expr
}

// note describes an applied layer and returns its output.
func (c *Context) note(name, kind string, y *sym.Expr, params ...*sym.Expr) *sym.Expr {
	l := Layer{Name: name, Kind: kind, Shape: y.Shape()}
	for _, p := range params {
		l.Parameters += p.Shape().Size()
	}
	c.Layers = append(c.Layers, l)
	return y
}
