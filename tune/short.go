package tune

import (
	"math"
	"slices"
	"strconv"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/spec"
)

// warmup is the one option of regularizers and learning-rate schedules that counts steps of the
// run: ramps and decays go by its share, every=k by the step.
const warmup = "warmup"

// Shortened returns a configuration of a share of the steps, rounded up and at least one, whose
// warm-ups take the same shares of them, and which is neither extended nor ended early: a short run
// in which λ, or the learning rate, hardly begins to rise says nothing about the long one.
func Shortened(cfg classify.Config, share float64) classify.Config {
	all, steps := cfg.Steps, max(1, int(math.Ceil(share*float64(cfg.Steps))))
	cfg.Regularizers = slices.Clone(cfg.Regularizers)
	for i, text := range cfg.Regularizers {
		cfg.Regularizers[i] = shortenedText(text, steps, all)
	}
	cfg.Schedule = shortenedText(cfg.Schedule, steps, all)
	cfg.Steps, cfg.StopAfter, cfg.Extended = steps, 0, nil
	cfg.Epochs, cfg.Patience, cfg.Keep = 0, 0, ""
	return cfg
}

// shortenedText returns a text form for some of all steps, rounded up as those are.
func shortenedText(text string, steps, all int) string {
	s, err := spec.Parse(text)
	i := slices.IndexFunc(s.Pairs, func(p spec.Pair) bool { return p.Key == warmup })
	if err != nil || i < 0 {
		return text
	}
	n, err := strconv.Atoi(s.Pairs[i].Value)
	if err != nil {
		return text // for classify.Config to refuse
	}
	s.Pairs[i].Value = strconv.Itoa((n*steps + all - 1) / all)
	return s.String()
}

// warms reports whether something in a configuration has a warm-up.
func warms(cfg classify.Config) bool {
	return slices.ContainsFunc(append([]string{cfg.Schedule}, cfg.Regularizers...), func(text string) bool {
		s, err := spec.Parse(text)
		return err == nil && s.Has(warmup)
	})
}
