package nn

import (
	"fmt"

	"github.com/gradreg/gradreg/sym"
)

// Dropout sets each element to 0 with probability Rate and divides the others by 1−Rate, in
// training; in inference it does nothing (Srivastava et al. 2014, in the inverted form). 0 ≤ Rate
// < 1.
type Dropout struct{ Rate float64 }

// Apply applies the layer with a mask of its own. A rate out of range is an error, in inference,
// too.
func (d Dropout) Apply(c *Context, x *sym.Expr) *sym.Expr {
	if c.DropoutRate > 0 {
		d.Rate = c.DropoutRate
	}
	if !(d.Rate >= 0 && d.Rate < 1) { // also of NaN
		return sym.Refuse(x, fmt.Errorf("%s: rate is %v, expected at least 0 and below 1", c.Name("dropout"), d.Rate))
	}
	if d.Rate == 0 || !c.Training || x.Err() != nil {
		return x
	}
	keep := c.Graph().Bernoulli(1-d.Rate, c.NextStream(), x.Shape()...)
	zero := c.Graph().Const(0, x.Shape()...)
	y := sym.Select(keep, sym.Scale(x, 1/(1-d.Rate)), zero)
	return c.Note(c.Name("dropout"), "dropout", y)
}
