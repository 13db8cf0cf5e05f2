package tune

import (
	"context"
	"runtime"
	"strings"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
)

// Options are what the search needs beside the configuration; none of them changes its choice.
type Options struct {
	DataDirs []string
	// Threads is how many probes run at once, each on a thread of its own; 0 means one per
	// processor.
	Threads int
	// Log, if set, is told what is going on.
	Log func(string)
	// Progress, if set, is told before the first short run how many there will be at most, and then
	// how far they are. It is called by one goroutine at a time.
	Progress func(Progress)
	// Probe, if set, is called instead of [classify.Probe]: by one who remembers the short runs
	// that are done, so that a search which was interrupted goes on.
	Probe func(context.Context, classify.Config, classify.Options) (classify.ProbeResult, error)
}

// SearchVersion is raised by every change that makes the search find another λ for an equal
// configuration.
const SearchVersion = 3

// Unrecorded is [SearchVersion] of what was stored without it.
const Unrecorded = 2

// Lambda finds the λ of every regularizer that has auto for it, and returns the configuration with
// the numbers, with how they were found in its Note and Choices. Short runs with λ around the point
// where loss and penalty have gradients of one size, or in the interval of a rate, are compared on
// dev images, never on test images; the neighbourhood of the best trains for longer (after
// successive halving: Jamieson and Talwalkar 2016). Errors within their noise are decided by the
// negative log-likelihood after calibration, because a penalty takes confidence away, which is no
// harm.
//
// Several are found one after another, as they stand: those before have the λ that was found, those
// after are left out, and the regularizers that have a number are there in all probes. Each costs
// at most 2.35 times the run's steps, beside the rounding up to whole steps. λ = 0, which is no
// penalty, is among what is compared, and may win.
func Lambda(ctx context.Context, cfg classify.Config, opt Options) (classify.Config, error) {
	if err := fault.NoContext(ctx); err != nil {
		return classify.Config{}, err
	}
	probe := opt.Probe
	if probe == nil {
		probe = classify.Probe
	}
	return find(ctx, cfg, opt, lab{probe, GradientScale})
}

// lab runs what a search asks for.
type lab struct {
	probe func(context.Context, classify.Config, classify.Options) (classify.ProbeResult, error)
	scale func(context.Context, classify.Config, gradreg.Regularizer, classify.Options) (float64, error)
}

func find(ctx context.Context, cfg classify.Config, opt Options, lab lab) (classify.Config, error) {
	regularizers, list := gaps(cfg)
	if len(list) == 0 {
		return cfg, nil
	}
	if err := filled(cfg, regularizers, list).Validate(); err != nil {
		return cfg, err
	}
	if cfg.Steps < 1 {
		return cfg, fault.Inputf(
			"steps is %d, expected those of the %d epochs to be counted before a search", cfg.Steps,
			cfg.Epochs,
		)
	}
	if opt.Threads == 0 {
		opt.Threads = runtime.GOMAXPROCS(0)
	}
	if len(list) > 1 { // what is wrong with the last should not be found out after the search for the first
		if _, err := lab.probe(
			ctx, Shortened(filled(cfg, regularizers, list), 0),
			classify.Options{DataDirs: opt.DataDirs, Threads: opt.Threads},
		); err != nil {
			return cfg, err
		}
	}
	found := cfg
	found.Regularizers, found.Choices = regularizers, nil
	for _, o := range list {
		found.Regularizers[o.at] = o.WithLambda(0)
	}
	var notes []string
	track := newTracker(opt.Progress)
	for _, o := range list {
		search{opt, lab, found, o, track}.plan()
	}
	for _, o := range list {
		track.turn(o.Name())
		choice, err := (search{opt, lab, found, o, track}).run(ctx)
		if err != nil {
			return cfg, err
		}
		found.Regularizers[o.at] = choice.Regularizer
		found.Choices, notes = append(found.Choices, *choice), append(notes, choice.String())
	}
	found.Note = strings.Join(notes, "; ")
	return found, nil
}
