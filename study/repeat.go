package study

import (
	"context"

	"github.com/gradreg/gradreg/train"
	"github.com/gradreg/gradreg/tune"
)

// Repeat trains a run again, in no folder, and returns what it comes to but its learning curve. In a process that the study's
// Identity fits ([Identity.Here], [Identity.Has]) it Equals what it came to before.
func Repeat(ctx context.Context, run Run, opt train.Options) (Result, error) {
	cfg, err := tune.Lambda(ctx, run.Config, tune.Options{DataDirs: opt.DataDirs, Threads: opt.Threads})
	if err != nil {
		return Result{}, err
	}
	if !run.Final() {
		t, err := train.Probe(ctx, cfg, opt)
		return TrialResult(t).Searched(cfg), err
	}
	s, err := train.Run(ctx, cfg, opt)
	if train.Diverged(err) {
		return Result{Diverged: err.Error()}, nil
	}
	return FinalResult(s), err
}
