package sym_test

import (
	"path/filepath"
	"testing"

	"github.com/gradreg/gradreg/internal/golden"
	"github.com/gradreg/gradreg/sym"
)

// TestFormat compares the text of expressions and of what rewriting makes of them with golden files.
func TestFormat(t *testing.T) {
	g := sym.NewGraph()
	x, w := g.Input("x", sym.Float, 2, 3), g.Input("w", sym.Float, 3, 4)
	logits := sym.MatMul(x, w)
	loss := sym.Mean(sym.CrossEntropy(logits, sym.OneHot(g.Input("class", sym.Int, 2), 4)))
	penalty := sym.Sum(sym.Square(sym.VJP(logits, g.Normal(7, 2, 4), x)[0]))
	image, filter := g.Input("image", sym.Float, 1, 2, 6, 6), g.Input("filter", sym.Float, 3, 2, 3, 3)
	conv := sym.Conv(image, filter, sym.ConvSpec{Stride: [2]int{2, 1}, PadBefore: [2]int{1, 1}, PadAfter: [2]int{1, 1}})
	pooled := sym.Sum(sym.MaxPool(conv, sym.PoolSpec{Window: [2]int{3, 2}}))
	a, b := g.Input("a", sym.Float, 4), g.Input("b", sym.Float, 4)
	twice := sym.Exp(sym.Neg(sym.Neg(sym.Sub(a, b))))
	for name, roots := range map[string][]*sym.Expr{
		"loss":             {loss},
		"penalty_gradient": sym.Gradient(penalty, w),
		"pool_gradients":   sym.Gradient(pooled, image, filter),
		"tangent":          {sym.JVP(sym.LogSumExp(logits), []*sym.Expr{x}, []*sym.Expr{sym.Neg(x)})},
		"layout": {
			sym.Slice(x, []int{0, 1}, []int{2, 3}, []int{1, 2}), sym.Pad(a, []int{1}, []int{2}, []int{0}), sym.Concat(0, a, b), sym.Transpose(x, 1, 0),
			sym.Scatter(a, sym.Reshape(sym.MaxPoolIndex(sym.Reshape(a, 1, 4, 1, 1), sym.PoolSpec{Window: [2]int{1, 1}}), 4), 0, 5), sym.Pow(a, -0.5),
			sym.Select(g.Bernoulli(0.5, 3, 4), a, g.Uniform(2, 4)),
		},
		"before_rewrite": {twice},
		"after_rewrite":  sym.Rewrite([]*sym.Expr{twice}, dropDoubleNegation),
		"after_replace":  sym.Replace([]*sym.Expr{twice, a, sym.Neg(a)}, map[*sym.Expr]*sym.Expr{a: sym.Square(b), sym.Neg(a): b}),
	} {
		golden.Text(t, filepath.Join("testdata", name+".txt"), sym.Format(roots...))
	}
}

// dropDoubleNegation is a rewriting rule: −(−x) = x.
func dropDoubleNegation(e *sym.Expr, args []*sym.Expr) *sym.Expr {
	if e.Op() == sym.OpNeg && args[0].Op() == sym.OpNeg {
		return args[0].Args()[0]
	}
	return nil
}

// TestRewriteSharing checks that a rewriting that changes nothing gives the same expressions, and that one that does
// leaves the others as they were.
func TestRewriteSharing(t *testing.T) {
	g := sym.NewGraph()
	x, y := g.Input("x", sym.Float, 3), g.Input("y", sym.Float, 3)
	roots := []*sym.Expr{sym.Softmax(sym.Mul(x, y)), sym.Sum(x), sym.Tanh(y)}
	for i, e := range sym.Rewrite(roots, func(*sym.Expr, []*sym.Expr) *sym.Expr { return nil }) {
		if e != roots[i] {
			t.Errorf("%v became another expression", roots[i])
		}
	}
	replaced := sym.Replace(roots, map[*sym.Expr]*sym.Expr{x: y})
	if replaced[0] != sym.Softmax(sym.Square(y)) || replaced[1] != sym.Sum(y) || replaced[2] != roots[2] {
		t.Errorf("replacing x by y gives %s", sym.Format(replaced...))
	}
}
