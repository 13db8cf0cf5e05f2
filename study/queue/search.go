package queue

import (
	"context"
	"os"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/study"
	"github.com/gradreg/gradreg/tune"
)

// choose finds every λ that a configuration leaves open, unless the run has begun, whose folder
// then has them and how they were found. A folder with the configuration of another run is the
// input's fault.
func (w *worker) choose(
	ctx context.Context, args RunArgs, cfg classify.Config, opt classify.Options,
) (classify.Config, error) {
	switch {
	case !tune.Needed(cfg):
		return cfg, nil
	case opt.Resume:
		begun, err := classify.FolderConfig(opt.Dir)
		if err != nil {
			return cfg, err
		}
		found, err := tune.Found(cfg, begun)
		if err != nil {
			return cfg, fault.Inputf("%s: %w", opt.Dir, err)
		}
		return found, nil
	}
	probe := func(ctx context.Context, short classify.Config, _ classify.Options) (classify.ProbeResult, error) {
		return w.probe(ctx, short, args.Digest)
	}
	return tune.Lambda(ctx, cfg, tune.Options{DataDirs: opt.DataDirs, Threads: opt.Threads, Probe: probe})
}

// probe does a short run of a search as a run of its own, whose state and result are kept like
// those of any other: a search that was interrupted goes on, and another run's search that asks the
// same is told.
func (w *worker) probe(ctx context.Context, cfg classify.Config, digest string) (classify.ProbeResult, error) {
	cfg, err := cfg.Resolved()
	if err != nil {
		return classify.ProbeResult{}, err
	}
	cfg.EvalEvery = 0 // no curve is asked for
	digests := map[string]string{cfg.Data.String(): digest}
	key, err := study.Key(
		cfg, false,
		study.Identity{Numbers: classify.NumericsVersion, CPU: w.cpu, Digests: digests},
	)
	if err != nil {
		return classify.ProbeResult{}, err
	}
	known := study.Results{}
	if err := w.queue.Results(ctx, []string{key}, known); err != nil {
		return classify.ProbeResult{}, err
	}
	result, ok := known[key]
	if !ok {
		if result, err = w.probed(ctx, key, cfg, digest); err != nil {
			return classify.ProbeResult{}, err
		}
	}
	return result.Trial(), nil
}

// probed trains and keeps the result. If the database does not take it, this search goes on
// without.
func (w *worker) probed(ctx context.Context, key string, cfg classify.Config, digest string) (study.Result, error) {
	text, err := cfg.YAML()
	if err != nil {
		return study.Result{}, err
	}
	args := RunArgs{Key: key, Config: string(text), Digest: digest}
	result, err := w.train(ctx, args)
	if err != nil {
		return result, err
	}
	if err := w.queue.keep(context.WithoutCancel(ctx), args, result, nil); err != nil {
		w.log("%v; a probe's result is not kept", w.queue.hide(err))
		return result, nil
	}
	if err := os.RemoveAll(w.dir(key)); err != nil {
		w.log("%v", err)
	}
	return result, nil
}
