package gradreg_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
)

// finetunedNetwork is the network of tools/golden/finetune.py.
func finetunedNetwork(c *nn.Context, x *sym.Expr) *sym.Expr {
	h := c.In("stem", func(c *nn.Context) *sym.Expr {
		return nn.ReLU(nn.Conv{Out: 4, Kernel: 3, Padding: nn.Same}.Apply(c, x))
	})
	h = nn.MaxPool(c, h, 2)
	h = c.In("stage1", func(c *nn.Context) *sym.Expr {
		return nn.GELU(nn.GroupNorm{Groups: 2}.Apply(c, nn.Conv{Out: 6, Kernel: 3, NoBias: true}.Apply(c, h)))
	})
	return c.In("head", func(c *nn.Context) *sym.Expr { return nn.Dense{Out: 5}.Apply(c, nn.GlobalAvgPool(c, h)) })
}

// newFinetuning builds a step of the network; pretrained says which of its parameters are.
func newFinetuning(pretrained func(p *nn.Param) bool) *step {
	g := sym.NewGraph()
	c := nn.NewContext(nn.NewParams(g), true, 0)
	s := &step{values: map[*sym.Expr]*sym.Tensor{}}
	targets := sym.OneHot(g.Input("y", sym.Int, 3), 5)
	s.problem = gradreg.NewProblem(
		task.Classification{}, c, g.Input("x", sym.Float, 3, 2, 8, 8), targets, finetunedNetwork,
	)
	s.problem.Pretrained = pretrained
	return s
}

// butHead reports whether a parameter is none of the head.
func butHead(p *nn.Param) bool { return !strings.HasPrefix(p.Name, "head/") }

// TestGoldenFinetune compares the regularizers of finetuning with PyTorch: the penalty and its
// gradient with respect to every parameter.
func TestGoldenFinetune(t *testing.T) {
	f := golden(t, "finetune")
	covered := map[string]bool{}
	for text, reg := range goldenRegularizers(t, f) {
		covered[reg.Name()] = true
		s := newFinetuning(butHead)
		s.total, s.penalties = gradreg.Objective(s.problem, []gradreg.Regularizer{reg})
		s.compareFamily(t, f, text, s.penalties[0])
	}
	for _, info := range gradreg.Regularizers() {
		if info.Finetuning && !covered[info.Name] {
			t.Errorf("the golden file has no %s", info.Name)
		}
	}
}

// TestFinetuningRefused checks that the regularizers of finetuning are refused where nothing is
// pretrained, and where there is nothing to compare.
func TestFinetuningRefused(t *testing.T) {
	for _, text := range []string{"l2-sp:0.1", "delta:0.1"} {
		reg, err := gradreg.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		total, _ := gradreg.Objective(newFinetuning(nil).problem, []gradreg.Regularizer{reg})
		if err := gradreg.Refused(total); !errors.Is(err, gradreg.ErrNotPretrained) ||
			err.Error() != `regularizer "`+text+`": `+gradreg.ErrNotPretrained.Error() {
			t.Errorf("%s: %v, expected a refusal", text, err)
		}
		// At λ 0 there is no penalty.
		none, _ := gradreg.WithLambda(reg, 0)
		if total, _ := gradreg.Objective(newFinetuning(nil).problem, []gradreg.Regularizer{none}); total.Err() != nil {
			t.Errorf("%s: %v", none, total.Err())
		}
	}
	s := newStep(network{"", 5, familyNetwork}, []int{3, 2, 8, 8}, nil)
	s.problem.Pretrained = butHead
	total, _ := gradreg.Objective(s.problem, []gradreg.Regularizer{gradreg.Delta{Weight: 1}})
	if err := gradreg.Refused(total); !errors.Is(err, gradreg.ErrNoMaps) {
		t.Errorf("%v, expected a refusal", err)
	}
	for _, text := range []string{"l2-sp:1,head=-1", "delta:-1", "l2-sp:1,every=-2", "delta:1,at=noise"} {
		if _, err := gradreg.Parse(text); err == nil {
			t.Errorf("%s is accepted", text)
		}
	}
}

// TestStart checks that both regularizers share one copy of the pretrained weights, that it begins
// with the values of the parameters, and that weights which have not moved have no penalty.
func TestStart(t *testing.T) {
	s := newFinetuning(func(*nn.Param) bool { return true })
	regs := []gradreg.Regularizer{gradreg.L2SP{Weight: 1}, gradreg.Delta{Weight: 1}}
	s.total, s.penalties = gradreg.Objective(s.problem, regs)
	if s.total.Err() != nil {
		t.Fatal(s.total.Err())
	}
	s.giveFamily(s.total)
	copies := 0
	for _, p := range s.problem.Params.All() {
		values := make([]float32, p.Expr.Shape().Size())
		p.Fill(values, 3)
		v := sym.NewTensor(p.Expr.Shape()...)
		for i := range values {
			v.Data[i] = float64(values[i])
		}
		s.values[p.Expr] = v
		if p.StartOf != nil {
			copies++
		}
	}
	if trainable := len(s.problem.Params.Trainable()); copies != trainable {
		t.Errorf("%d copies of %d parameters", copies, trainable)
	}
	got, err := sym.Eval(sym.Env{Values: s.values}, s.penalties...)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range regs {
		if got[i].Data[0] != 0 {
			t.Errorf("%s is %v at the start, expected 0", r, got[i].Data[0])
		}
	}
}
