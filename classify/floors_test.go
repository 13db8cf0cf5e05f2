package classify_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/sym"
)

// TestClockStandsStill checks that a run which its clock gives no time, as a coarse one does with a short run, ends with results
// whose rates are 0, not infinite: those could not be written.
func TestClockStandsStill(t *testing.T) {
	cfg, now := small(), time.Now()
	cfg.Steps = 8
	dir, remaining := filepath.Join(t.TempDir(), "run"), time.Duration(0)
	got, err := classify.Run(context.Background(), cfg, classify.Options{
		Dir: dir, Threads: 1, Now: func() time.Time { return now }, Stepped: func(p classify.Progress) { remaining += p.Remaining },
	})
	if err != nil || got.ImagesPerSecond != 0 || got.DataWaitFraction != 0 || remaining != 0 {
		t.Errorf("%v images/s, a share of %v waits, %v remain; %v", got.ImagesPerSecond, got.DataWaitFraction, remaining, err)
	}
}

// flat is a penalty that no parameter changes.
type flat struct{ gradreg.DataGrad }

func (flat) Penalty(p *gradreg.Problem) *sym.Expr { return p.Graph.Const(3) }

// TestNoScale checks that a penalty without a gradient, or with one that float32 has no square of, has no scale, and that
// the error names both norms.
func TestNoScale(t *testing.T) {
	cfg := small()
	cfg.Regularizers, cfg.Steps = nil, 2
	for name, r := range map[string]gradreg.Regularizer{
		"flat": flat{gradreg.DataGrad{Weight: 1}}, "huge": times{gradreg.DataGrad{Weight: 1}, 1e30}, "tiny": times{gradreg.DataGrad{Weight: 1}, 1e-30},
	} {
		scale, err := classify.GradientScale(context.Background(), cfg, r, classify.Options{Threads: 1})
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
