package bench

import (
	"context"
	"math"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/model"
)

// TestRegularizerCosts checks the table of costs on a small model: the plain step is its own measure, and penalties add
// multiply-adds.
func TestRegularizerCosts(t *testing.T) {
	regs, err := gradreg.ParseAll([]string{"datagrad:1", "spectral-norm:0.1", "input-noise:0.1"})
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.Parse("mlp:hidden=16")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := RegularizerCosts(context.Background(), m, 4, 1, regs, Options{Rounds: 2, Seconds: 1e-3})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 4 || rows[0].Regularizer != "plain" || rows[0].RelativeMACs != 1 || rows[0].RelativeTime != 1 {
		t.Errorf("the plain row is %+v of %d", rows[0], len(rows))
	}
	for _, r := range rows {
		if !(r.StepSeconds > 0 && r.Low <= r.RelativeTime && r.RelativeTime <= r.High) || math.IsInf(r.High, 0) {
			t.Errorf("%+v", r)
		}
	}
	if !(rows[1].RelativeMACs > 1.5) || rows[3].RelativeMACs != 1 {
		t.Errorf("relative multiply-adds are %v and %v", rows[1].RelativeMACs, rows[3].RelativeMACs)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := RegularizerCosts(ctx, m, 4, 1, regs, Options{Rounds: 1, Seconds: 1e-3}); err == nil {
		t.Error("a cancelled measurement has no error")
	}
}
