package tune

import (
	"math"
	"slices"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
)

// Shortened returns a configuration of a share of the steps, rounded up and at least one, whose
// warm-ups take the same shares of them, and which is neither extended nor ended early: a short run
// in which λ, or the learning rate, hardly begins to rise says nothing about the long one. Warm-ups
// are the only options of regularizers and schedules that count steps of the run: ramps and decays
// go by its share, every=k by the step.
func Shortened(cfg classify.Config, share float64) classify.Config {
	all, steps := cfg.Steps, max(1, int(math.Ceil(share*float64(cfg.Steps))))
	shorter := func(warmup int) int { return (warmup*steps + all - 1) / all }
	cfg.Regularizers = slices.Clone(cfg.Regularizers)
	for i, r := range cfg.Regularizers {
		if warmup, ok := r.Warmup(); ok {
			cfg.Regularizers[i] = r.WithWarmup(shorter(warmup))
		}
	}
	if warmup, ok := cfg.Schedule.Warmup(); ok {
		cfg.Schedule = cfg.Schedule.WithWarmup(shorter(warmup))
	}
	cfg.Steps, cfg.StopAfter, cfg.Extended = steps, 0, nil
	cfg.Epochs, cfg.Patience, cfg.Keep = 0, 0, ""
	return cfg
}

// warms reports whether something in a configuration names a warm-up.
func warms(cfg classify.Config) bool {
	_, ok := cfg.Schedule.Warmup()
	return ok || slices.ContainsFunc(cfg.Regularizers, func(r gradreg.Spec) bool {
		_, ok := r.Warmup()
		return ok
	})
}
