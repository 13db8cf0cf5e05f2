package study

import (
	"context"
	"errors"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/tune"
)

// Repeat trains a run again, in no folder, and returns its result. In a process that agrees with the
// study's Identity ([Identity.Here], [Identity.CheckDigests]) it is the stored result, bit for bit
// ([Result.Compare]).
func Repeat(ctx context.Context, run Run, opt classify.Options) (Result, error) {
	if err := fault.NoContext(ctx); err != nil {
		return Result{}, err
	}
	cfg, err := tune.Lambda(ctx, run.Config, tune.Options{DataDirs: opt.DataDirs, Threads: opt.Threads})
	if err != nil {
		return Result{}, err
	}
	if !run.Final() {
		t, err := classify.Probe(ctx, cfg, opt)
		return TrialResult(t).Searched(cfg), err
	}
	var metrics []classify.Metrics // of the evaluations
	told := opt.Stepped
	opt.Stepped = func(p classify.Progress) {
		if p.Evaluated {
			metrics = append(metrics, classify.Metrics{Step: p.Step, DevQuality: &p.DevQuality})
		}
		if told != nil {
			told(p)
		}
	}
	s, err := classify.Run(ctx, cfg, opt)
	if errors.Is(err, classify.ErrDiverged) {
		return Result{Diverged: err.Error()}, nil
	}
	return FinalResult(s, metrics), err
}
