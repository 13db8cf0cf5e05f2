package nn

import (
	"fmt"

	"github.com/gradreg/gradreg/sym"
)

// MaxPooling is the layer that takes the largest element of each Window × Window window; windows
// overlap where Stride is smaller. x: [B, C, H, W]. Padding is never the largest. An extent n
// becomes ⌊(n + 2·Border − Window)/Stride⌋ + 1 under Valid, where rows and columns that fill no
// window are dropped, and ⌈n/Stride⌉ under Same. The derivative goes to the first of equal
// elements, row by row.
type MaxPooling struct {
	Window  int
	Stride  int // Window if 0
	Padding Padding
	// Border is the padding on every side, less than Window; it replaces Padding if positive.
	Border int
}

// Apply applies the layer. A window below 1, a negative field, and a border that holds a whole
// window are errors.
func (l MaxPooling) Apply(c *Context, x *sym.Expr) *sym.Expr {
	name := c.Name("pool")
	if x.Err() != nil {
		return x
	}
	if err := l.check(x); err != nil {
		return sym.Refuse(x, fmt.Errorf("%s: %w", name, err))
	}
	description := fmt.Sprintf("max pool %dx%d", l.Window, l.Window)
	if l.stride() != l.Window {
		description += fmt.Sprintf(", stride %d", l.stride())
	}
	return c.Note(name, description, sym.MaxPool(x, l.geometry(x)))
}

// check returns what is wrong with the fields for an input.
func (l MaxPooling) check(x *sym.Expr) error {
	err := check(l.Padding, option{"stride", l.Stride}, option{"border", l.Border})
	if err != nil {
		return err
	}
	if len(x.Shape()) != 4 {
		return fmt.Errorf("input is %v, expected [B, C, H, W]", x.Shape())
	}
	if l.Window < 1 {
		return fmt.Errorf("window is %d, expected at least 1", l.Window)
	}
	if l.Border >= l.Window {
		return fmt.Errorf("border is %d, expected less than the window of %d", l.Border, l.Window)
	}
	return nil
}

func (l MaxPooling) stride() int {
	if l.Stride == 0 {
		return l.Window
	}
	return l.Stride
}

// geometry returns windows, strides and borders for an input.
func (l MaxPooling) geometry(x *sym.Expr) sym.PoolSpec {
	spec := sym.PoolSpec{
		Window: [2]int{l.Window, l.Window}, Stride: [2]int{l.stride(), l.stride()},
	}
	for axis := range 2 {
		if l.Padding == Same {
			spec.PadBefore[axis], spec.PadAfter[axis] = sym.SamePadding(
				extent(x, 2+axis), l.Window, l.stride(), 1,
			)
		}
		if l.Border > 0 {
			spec.PadBefore[axis], spec.PadAfter[axis] = l.Border, l.Border
		}
	}
	return spec
}

// MaxPool returns the largest element of each n × n window, stride n; rows and columns that fill no
// window are dropped. x: [B, C, H, W]. It is short for a [MaxPooling].
func MaxPool(c *Context, x *sym.Expr, n int) *sym.Expr { return MaxPooling{Window: n}.Apply(c, x) }

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
