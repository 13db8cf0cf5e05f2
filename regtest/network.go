package regtest

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
)

// The extents of the test problems.
const (
	batch   = 3
	classes = 4
)

var image = []int{2, 8, 8}

// The key and step of the random numbers.
const key, step = 7, 1

// network is a small classifier that a penalty is tested on.
type network struct {
	name    string
	coupled bool // one sample's logits depend on the others, or on random numbers per sample
	forward gradreg.Forward
}

// networksFor returns the networks that a regularizer applies to: all of them, but for one that
// changes dropout layers ([gradreg.ErrNoDropout]) or compares feature maps ([gradreg.ErrNoMaps])
// those that have any.
func networksFor(reg gradreg.Regularizer) []network {
	return slices.DeleteFunc(networks(), func(n network) bool {
		p := newProblem(n, 1, reg)
		return errors.Is(p.Outputs.Err(), gradreg.ErrNoDropout) || errors.Is(p.value(reg).Err(), gradreg.ErrNoMaps)
	})
}

// networks covers the kinds of layers between them.
func networks() []network {
	return []network{
		{"convolutions", false, convolutions},
		{"residual", false, residual},
		{"batch norm", true, batchNorm},
		{"group norm", false, groupNorm},
		{"dropout", true, dropout},
		{"parts", false, parts},
	}
}

func convolutions(c *nn.Context, x *sym.Expr) *sym.Expr {
	h := nn.ReLU(nn.Conv{Out: 3, Kernel: 3, Padding: nn.Same, MaxPool: 2}.Apply(c, x))
	h = nn.Activation("tanh").Apply(nn.Conv{Out: 4, Kernel: 2, Stride: 2}.Apply(c, h))
	return nn.Dense{Out: classes}.Apply(c, nn.Flatten(h))
}

func residual(c *nn.Context, x *sym.Expr) *sym.Expr {
	h := nn.Activation("softplus").Apply(nn.Conv{Out: 3, Kernel: 3, Dilation: 2}.Apply(c, x))
	h = sym.Add(h, nn.ReLU(nn.Conv{Out: 3, Kernel: 3, Border: 1}.Apply(c, h)))
	return nn.Dense{Out: classes}.Apply(c, nn.GlobalAvgPool(c, nn.GELU(nn.AvgPool(c, h, 2))))
}

func batchNorm(c *nn.Context, x *sym.Expr) *sym.Expr {
	h := nn.Conv{Out: 3, Kernel: 3, Stride: 2, NoBias: true}.Apply(c, x)
	h = nn.ReLU(nn.BatchNorm{}.Apply(c, h))
	h = nn.BatchNorm{}.Apply(c, nn.Dense{Out: 5}.Apply(c, nn.Flatten(h)))
	return nn.Dense{Out: classes}.Apply(c, nn.Activation("tanh").Apply(h))
}

func groupNorm(c *nn.Context, x *sym.Expr) *sym.Expr {
	h := nn.Conv{Out: 4, Kernel: 3, Stride: 2, NoBias: true}.Apply(c, x)
	h = nn.ReLU(nn.GroupNorm{Groups: 2}.Apply(c, h))
	return nn.Dense{Out: classes}.Apply(c, nn.Flatten(nn.MaxPool(c, h, 2)))
}

func dropout(c *nn.Context, x *sym.Expr) *sym.Expr {
	h := nn.ReLU(nn.Dense{Out: 12}.Apply(c, nn.Flatten(x)))
	return nn.Dense{Out: classes}.Apply(c, nn.Dropout{Rate: 0.25}.Apply(c, h))
}

// parts is a network whose head has weights that are not pretrained.
func parts(c *nn.Context, x *sym.Expr) *sym.Expr {
	h := c.In("stem", func(c *nn.Context) *sym.Expr {
		return nn.Activation("softplus").Apply(nn.Conv{Out: 3, Kernel: 3, Stride: 2}.Apply(c, x))
	})
	h = c.In("stage1", func(c *nn.Context) *sym.Expr {
		return nn.Activation("tanh").Apply(nn.Conv{Out: 4, Kernel: 3, Border: 1, NoBias: true}.Apply(c, h))
	})
	return c.In(head, func(c *nn.Context) *sym.Expr { return nn.Dense{Out: classes}.Apply(c, nn.GlobalAvgPool(c, h)) })
}

// head is the scope of weights that are not pretrained.
const head = "head"

// problem is a training step on a network with values for its inputs.
type problem struct {
	*gradreg.Problem
	values map[*sym.Expr]*sym.Tensor
}

// newProblem builds a step with a regularizer, whose transformation it applies, on a batch that
// holds copies of the same images. All values are functions of the network only.
func newProblem(n network, copies int, reg gradreg.Regularizer) *problem {
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g), true, 0)
	x := g.Input("x", sym.Float, append([]int{batch * copies}, image...)...)
	y := g.Input("y", sym.Int, batch*copies)
	p := &problem{
		gradreg.NewProblem(
			task.Classification{}, c, x, sym.OneHot(y, classes),
			gradreg.Transform(n.forward, []gradreg.Regularizer{reg}),
		),
		map[*sym.Expr]*sym.Tensor{},
	}
	p.Pretrained = func(p *nn.Param) bool { return !strings.HasPrefix(p.Name, head) }
	r := rand.New(rand.NewPCG(1, 2))
	images, labels := sym.NewTensor(append([]int{batch}, image...)...), sym.NewTensor(batch)
	for i := range images.Data {
		images.Data[i] = float64(float32(r.NormFloat64()))
	}
	for i := range labels.Data {
		labels.Data[i] = float64(r.IntN(classes))
	}
	p.values[x], p.values[y] = repeated(images, 0, copies), repeated(labels, 0, copies)
	return p
}

// fill gives values to the parameters that have none yet, also to those that a penalty has asked
// for.
func (p *problem) fill() {
	for i, param := range p.Params.All() {
		if p.values[param.Expr] != nil {
			continue
		}
		r := rand.New(rand.NewPCG(5, uint64(i)))
		values := make([]float32, param.Expr.Shape().Size())
		param.Fill(values, 1)
		v := sym.NewTensor(param.Expr.Shape()...)
		for j := range values {
			// Initial values may be special, such as a bias of 0.
			v.Data[j] = float64(values[j] + float32(0.2*r.Float64()))
		}
		p.values[param.Expr] = v
	}
}

// value builds what is tested: the penalty, or where the regularizer changes the problem the loss
// with it.
func (p *problem) value(reg gradreg.Regularizer) *sym.Expr {
	if _, ok := reg.(gradreg.Transformer); ok {
		return sym.Add(p.Loss(), reg.Penalty(p.Problem))
	}
	return reg.Penalty(p.Problem)
}

// eval evaluates expressions in float64.
func (p *problem) eval(exprs ...*sym.Expr) ([]*sym.Tensor, error) {
	p.fill()
	return sym.Eval(sym.Env{Values: p.values, Key: key, Step: step}, exprs...)
}

// repeated returns t n times after itself along an axis.
func repeated(t *sym.Tensor, axis, n int) *sym.Tensor {
	out := &sym.Tensor{Shape: slices.Clone(t.Shape)}
	out.Shape[axis] *= n
	inner := t.Shape[axis:].Size()
	for start := 0; start < len(t.Data); start += inner {
		for range n {
			out.Data = append(out.Data, t.Data[start:start+inner]...)
		}
	}
	return out
}
