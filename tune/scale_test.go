package tune_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/tune"
)

// few is a training of some steps on few images.
func few() classify.Config {
	cfg := classify.Default()
	cfg.TrainSize, cfg.Batch, cfg.EvalEvery = 60, 20, 0
	return cfg
}

// TestGradientScale checks that the scale of a penalty twice as large is half as large.
func TestGradientScale(t *testing.T) {
	scale := func(r gradreg.Regularizer, augment string) float64 {
		cfg := few()
		cfg.Regularizers, cfg.Steps, cfg.Augment = nil, 5, augment
		s, err := tune.GradientScale(context.Background(), cfg, r, classify.Options{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, augment := range []string{"none", "mixup:1"} {
		once, twice := scale(gradreg.DataGrad{Weight: 1}, augment), scale(doubled{gradreg.DataGrad{Weight: 1}}, augment)
		if !(once > 0) || math.Abs(once/twice-2) > 1e-5 {
			t.Errorf("augment %s: scales %v and %v, expected half", augment, once, twice)
		}
	}
}

// doubled is twice DataGrad.
type doubled struct{ gradreg.DataGrad }

func (d doubled) Penalty(p *gradreg.Problem) *sym.Expr { return sym.Scale(d.DataGrad.Penalty(p), 2) }

// flat is a penalty that no parameter changes.
type flat struct{ gradreg.DataGrad }

func (flat) Penalty(p *gradreg.Problem) *sym.Expr { return p.Graph.Const(3) }

// TestNoScale checks that a penalty without a gradient, or with one that float32 has no square of,
// has no scale, and that the error names both norms.
func TestNoScale(t *testing.T) {
	cfg := few()
	cfg.Regularizers, cfg.Steps = nil, 2
	for name, r := range map[string]gradreg.Regularizer{
		"flat": flat{gradreg.DataGrad{Weight: 1}}, "huge": times{gradreg.DataGrad{Weight: 1}, 1e30}, "tiny": times{gradreg.DataGrad{Weight: 1}, 1e-30},
	} {
		scale, err := tune.GradientScale(context.Background(), cfg, r, classify.Options{Threads: 1})
		if err == nil || !strings.Contains(err.Error(), "no λ balances them") || scale != 0 {
			t.Errorf("%s: a scale of %v, %v", name, scale, err)
		}
	}
}

// times is a multiple of DataGrad.
type times struct {
	gradreg.DataGrad
	by float64
}

func (m times) Penalty(p *gradreg.Problem) *sym.Expr { return sym.Scale(m.DataGrad.Penalty(p), m.by) }
