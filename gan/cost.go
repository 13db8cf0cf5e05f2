package gan

import (
	"context"

	"github.com/gradreg/gradreg/internal/fault"
)

// Cost returns the multiply-adds of a step of a run.
func Cost(ctx context.Context, c Config, o RunOptions) (int, error) {
	if err := fault.NoContext(ctx); err != nil {
		return 0, err
	}
	o.Dir, o.Resume = "", false
	r := &run{RunOptions: o, config: c}
	defer r.close()
	if err := r.prepare(ctx); err != nil {
		return 0, err
	}
	return r.macs(), nil
}

// macs returns the multiply-adds of a step, in the mean over the run: penalties may take turns.
func (r *run) macs() int { return r.allMACs() / r.config.Steps }

// allMACs returns the multiply-adds of the run.
func (r *run) allMACs() int {
	t, c := r.training, r.config
	turns := c.Steps * c.CriticSteps
	of := func(n int) (sum int) { // of the critic's first n turns
		for turn := 1; turn <= n; turn++ {
			sum += r.program.MACs(t.Critic.At(turn))
		}
		return sum
	}
	period := t.Critic.Period()
	critic := of(turns % period)
	if whole := turns / period; whole > 0 {
		critic += whole * of(period)
	}
	return critic + turns*r.program.MACs(t.imagineStep()) + c.Steps*r.program.MACs(t.firstGenerator())
}
