package study

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"github.com/goccy/go-yaml"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/backbone"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/tune"
)

// space is the parameters of a cell.
type space struct {
	parameters map[string]Parameter
	free       []string // the names of the open ones, sorted
	key        uint64   // of the draws
	trials     int
}

// Values are the parameters of a run.
type Values map[string]float64

// space returns the parameters of a cell: those of the method before those of the setting before
// those of the study. Parameters that nothing refers to are left out, so that a budget is not spent
// on them.
func (s *Spec) space(c Cell) (space, error) {
	t, m := s.parts(c)
	all := maps.Clone(s.Parameters)
	if all == nil {
		all = map[string]Parameter{}
	}
	maps.Copy(all, t.Parameters)
	maps.Copy(all, m.Parameters)
	out := space{parameters: map[string]Parameter{}, key: hash64(s.Name + "\n" + c.String()), trials: 1}
	if s.Tuning != nil {
		out.trials = s.Tuning.Trials
	}
	for _, name := range references(s.Train, t.Regularizers, t.Train, m.Regularizers, m.Train) {
		p, ok := all[name]
		if !ok {
			return out, fmt.Errorf("nothing defines $%s", name)
		}
		p, err := p.at(c)
		if err != nil {
			return out, fmt.Errorf("parameter %s: %w", name, err)
		}
		out.parameters[name] = p
		if p.free() {
			out.free = append(out.free, name)
		}
	}
	return out, nil
}

// first returns the parameters of a cell, and the configuration of its first trial with the first
// seed.
func (s *Spec) first(c Cell) (space, classify.Config, error) {
	space, err := s.space(c)
	if err != nil {
		return space, classify.Config{}, err
	}
	cfg, err := s.config(c, space.draws()[0], 1)
	return space, cfg, err
}

// draws returns the values of the trials. Each parameter has a sequence of its own.
func (s space) draws() []Values {
	list := make([]Values, s.trials)
	for i := range list {
		list[i] = Values{}
	}
	for name, p := range s.parameters {
		var values []float64
		if p.free() {
			values = p.draws(s.key^hash64(name), s.trials)
		}
		for i := range list {
			if list[i][name] = p.fixed(); values != nil {
				list[i][name] = values[i]
			}
		}
	}
	return list
}

var reference = regexp.MustCompile(`\$([a-z][a-z0-9_]*)`)

// references returns the names of the parameters that some YAML values refer to, sorted.
func references(values ...any) []string {
	found := map[string]bool{}
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			for _, m := range reference.FindAllStringSubmatch(v, -1) {
				found[m[1]] = true
			}
		case []string:
			for _, e := range v {
				walk(e)
			}
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	for _, v := range values {
		walk(v)
	}
	return slices.Sorted(maps.Keys(found))
}

// filled returns a text with the values of its references.
func (v Values) filled(text string) string {
	return reference.ReplaceAllStringFunc(
		text, func(m string) string { return strconv.FormatFloat(v[m[1:]], 'g', -1, 64) },
	)
}

// config returns the configuration of a cell's run.
func (s *Spec) config(c Cell, v Values, seed uint64) (classify.Config, error) {
	t, m := s.parts(c)
	cfg := classify.Default()
	cfg.Regularizers, cfg.EvalEvery = []gradreg.Spec{}, s.Curves
	for _, over := range []map[string]any{s.Train, t.Train, m.Train} {
		if len(over) == 0 {
			continue
		}
		fields := map[string]any{}
		for name, value := range over {
			if slices.Contains([]string{"data", "train_size", "seed", "regularizers"}, name) {
				return cfg, fmt.Errorf("train: %s has a place of its own in a study", name)
			}
			fields[name] = value
			text, ok := value.(string)
			if !ok {
				continue
			}
			fields[name] = v.filled(text)
			if n, ok := number(fields[name]); ok {
				fields[name] = n
			}
		}
		text, err := yaml.Marshal(fields)
		if err != nil {
			return cfg, err
		}
		if cfg, err = classify.ReadConfig(cfg, text); err != nil {
			return cfg, fmt.Errorf("train: %w", err)
		}
	}
	for _, list := range [][]string{m.Regularizers, t.Regularizers} {
		for _, text := range list {
			cfg.Regularizers = append(cfg.Regularizers, gradreg.ParseSpec(v.filled(text)))
		}
	}
	cfg.Data, cfg.TrainSize, cfg.Seed = dataset.ParseSource(c.Data), c.TrainSize, seed
	if !cfg.Data.Resizable() {
		cfg.Size, cfg.Fit = 0, "" // of pictures in folders, if there are any among the data
	}
	if err := identifyWeights(&cfg); err != nil {
		return cfg, fmt.Errorf("train: %w", err)
	}
	return tune.Resolved(cfg)
}

// identifyWeights gives a configuration with pretrained weights their SHA-256, if it has none and the
// file is a known one: runs with other weights are other runs, wherever the file lies.
func identifyWeights(cfg *classify.Config) error {
	if cfg.Backbone == "" || cfg.BackboneSHA256 != "" {
		return nil
	}
	for _, k := range backbone.KnownFiles() {
		if k.Name == cfg.Backbone && len(k.SHA256) == 2*sha256.Size {
			cfg.BackboneSHA256 = k.SHA256
			return nil
		}
	}
	return fmt.Errorf("backbone is %s without backbone_sha256, expected the SHA-256 of the file beside it: "+
		"runs on other machines need the same weights", cfg.Backbone)
}
