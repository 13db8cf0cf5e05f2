package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/tune"
)

// tuned finds every λ that the configuration leaves open. The run folder is not made before all are
// found; what the search has done is kept in the user's cache folder until then, and the same
// command goes on from there.
func (a *app) tuned(
	ctx context.Context, cfg classify.Config, opt classify.Options, plain bool,
) (classify.Config, error) {
	if !tune.Needed(cfg) {
		return cfg, nil
	}
	if opt.Dir != "" {
		if err := classify.CheckVacant(opt.Dir); err != nil {
			return cfg, err
		}
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	reading := a.newFolderProgress(plain)
	opt.Reading = reading.report
	memory, err := searchMemory(ctx, cfg, opt)
	reading.close()
	if err != nil {
		return cfg, err
	}
	options := tune.Options{DataDirs: opt.DataDirs, Threads: opt.Threads}
	if memory != nil {
		options.Probe = memory.Probe
	}
	show := a.newSearchProgress(plain)
	if a.watched() {
		options.Log, options.Progress = show.log, show.report
	}
	cfg, err = tune.Lambda(ctx, cfg, options)
	show.close()
	if err == nil && a.watched() {
		for _, choice := range cfg.Choices {
			for _, doubt := range choice.Warnings() {
				a.note("note: " + doubt)
			}
		}
	}
	switch {
	case errors.Is(err, classify.ErrInterrupted):
		return cfg, fmt.Errorf("%w while looking for λ; the same command goes on from here", err)
	case err == nil && memory != nil:
		err = memory.Forget()
	}
	return cfg, err
}

// searchMemory returns the memory of the search for a configuration's λ; nil where the user has no
// cache folder.
func searchMemory(ctx context.Context, cfg classify.Config, opt classify.Options) (*tune.Memory, error) {
	cache, err := dataset.CacheDir()
	if err != nil {
		return nil, nil
	}
	return tune.Remember(ctx, filepath.Join(cache, "searches"), cfg, opt)
}
