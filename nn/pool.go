package nn

import (
	"fmt"

	"github.com/gradreg/gradreg/sym"
)

// MaxPool returns the largest element of each n × n window, stride n; rows and columns that fill no
// window are dropped. x: [B, C, H, W].
func MaxPool(c *Context, x *sym.Expr, n int) *sym.Expr {
	return c.Note(
		c.Name("pool"), fmt.Sprintf("max pool %dx%d", n, n),
		sym.MaxPool(x, sym.PoolSpec{Window: [2]int{n, n}}),
	)
}

// AvgPool returns the mean of each n × n window, stride n.
func AvgPool(c *Context, x *sym.Expr, n int) *sym.Expr {
	return c.Note(
		c.Name("pool"), fmt.Sprintf("average pool %dx%d", n, n),
		sym.AvgPool(x, sym.PoolSpec{Window: [2]int{n, n}}),
	)
}

// GlobalAvgPool returns the mean over rows and columns: [B, C, H, W] → [B, C].
func GlobalAvgPool(c *Context, x *sym.Expr) *sym.Expr {
	return c.Note(c.Name("pool"), "global average pool", sym.Mean(x, 2, 3))
}
