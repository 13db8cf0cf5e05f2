package nn

import "github.com/gradreg/gradreg/sym"

// Dense is the layer y = x·W + b. x: [B, In], W: [In, Out], b: [Out], y: [B, Out].
type Dense struct {
	Out    int
	NoBias bool
	// Init draws the weight's initial values, [GlorotUniform] if nil: fans are In and Out.
	Init Initializer
	// Spectral divides the weight by its spectral norm, as [Spectral] does.
	Spectral bool
}

// Apply applies the layer. The bias starts at 0.
func (d Dense) Apply(c *Context, x *sym.Expr) *sym.Expr {
	name := c.Name("dense")
	in := extent(x, 1)
	w := c.Weight(name, d.Init.or(GlorotUniform)(in, d.Out), in, d.Out)
	description, matrix := "dense", w
	if d.Spectral {
		description, matrix = "dense, spectral", Spectral(c, name, w, 1)
	}
	y := sym.MatMul(x, matrix)
	var bias []*sym.Expr
	if !d.NoBias {
		bias = append(bias, c.Bias(name, d.Out))
		y = sym.Add(y, bias[0])
	}
	y = c.NoteLinear(name, description, y, w, bias...)
	c.Layers[len(c.Layers)-1].Input = x
	return y
}

// extent returns the extent of an axis of x, 1 if there is none: the operation that follows then
// reports the wrong rank.
func extent(x *sym.Expr, axis int) int {
	if axis >= len(x.Shape()) {
		return 1
	}
	return x.Shape()[axis]
}

// Flatten returns [B, C, H, W] as [B, C·H·W].
func Flatten(x *sym.Expr) *sym.Expr {
	if x.Err() != nil || len(x.Shape()) == 0 {
		return x
	}
	return sym.Reshape(x, x.Shape()[0], x.Shape().Size()/x.Shape()[0])
}
