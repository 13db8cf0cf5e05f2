package tune

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
)

// Auto stands for a λ that is to be found, as in datagrad:auto.
const Auto = gradreg.Auto

// open is a regularizer whose λ is to be found.
type open struct {
	gradreg.Spec
	at int // among the configuration's regularizers
}

// some returns the regularizer with some λ of its interval.
func (o open) some() gradreg.Spec { return o.WithLambda(newLadder(o.Interval(), 1).at(0)) }

// gaps returns the regularizers that count, which are those behind the last none, and which of them
// have no λ yet.
func gaps(cfg classify.Config) (regularizers []gradreg.Spec, list []open) {
	for _, r := range cfg.Regularizers {
		if r.Clears() {
			regularizers, list = nil, nil
			continue
		}
		if r.Open() {
			list = append(list, open{r, len(regularizers)})
		}
		regularizers = append(regularizers, r)
	}
	return regularizers, list
}

// Needed reports whether a configuration has a λ to be found.
func Needed(cfg classify.Config) bool {
	_, list := gaps(cfg)
	return len(list) > 0
}

// WithoutOpen returns a configuration less the regularizers whose λ is to be found.
func WithoutOpen(cfg classify.Config) classify.Config {
	regularizers, list := gaps(cfg)
	for _, o := range slices.Backward(list) {
		regularizers = slices.Delete(regularizers, o.at, o.at+1)
	}
	cfg.Regularizers = regularizers
	return cfg
}

// WithSome returns a configuration with some λ in the place of every auto, for whoever measures what a
// run costs.
func WithSome(cfg classify.Config) classify.Config {
	regularizers, list := gaps(cfg)
	return filled(cfg, regularizers, list)
}

// Cost returns what finding every λ of a configuration that is open costs at most, in runs.
func Cost(cfg classify.Config) float64 {
	_, list := gaps(cfg)
	first, second := newRounds()
	return float64(len(list)) * (scaleShare + float64(first.most)*first.share + float64(second.most)*second.share)
}

// filled returns a configuration with some λ in the place of every auto.
func filled(cfg classify.Config, regularizers []gradreg.Spec, list []open) classify.Config {
	cfg.Regularizers = slices.Clone(regularizers)
	for _, o := range list {
		cfg.Regularizers[o.at] = o.some()
	}
	return cfg
}

// Resolved returns a configuration with every text form written in full, with auto where it was.
func Resolved(cfg classify.Config) (classify.Config, error) {
	regularizers, list := gaps(cfg)
	if len(list) == 0 {
		return cfg.Resolved()
	}
	out, err := filled(cfg, regularizers, list).Resolved()
	if err != nil {
		return out, err
	}
	for i, full := range out.Regularizers {
		if slices.ContainsFunc(list, func(o open) bool { return full.Name() == o.Name() }) {
			out.Regularizers[i] = full.WithOpen()
		}
	}
	return out, nil
}

// Identity returns what a search, of a program with the given [SearchVersion] or 0 for the
// unrecorded one, does to an equal configuration, for the key of its result: nothing where no λ is
// open. The number alone would share results that were found when probes went through the whole
// run's warm-up.
func Identity(cfg classify.Config, search int) string {
	search = cmp.Or(search, Unrecorded)
	switch {
	case !Needed(cfg):
		return ""
	case warms(cfg):
		return fmt.Sprintf("search %d, warm-up in proportion\n", search)
	}
	return fmt.Sprintf("search %d\n", search)
}
