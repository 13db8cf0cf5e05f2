package classify

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/gradreg/gradreg/internal/fault"
)

// finished reports whether the run's folder holds its result. That of another run, which somebody
// put there, is the input's fault: the run could not go on, and would pass for that one.
func (r *run) finished() (bool, error) {
	s, err := FolderSummary(r.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err == nil {
		if err = s.belongs(r.config, r.digest); err == nil {
			return true, nil
		}
		err = fmt.Errorf("%s: %w", r.path(summaryFile), err)
	}
	return false, fault.Inputf("%w; remove the file and the run goes on from its checkpoint", err)
}

// belongs returns why a summary cannot be that of a finished run with a configuration, on images of
// a digest, if that is known. Programs wrote text forms more or less in full.
func (s Summary) belongs(c Config, digest string) error {
	differs := func(field string, found, expected any) error {
		return fmt.Errorf("the result of another run: its %s is %v, that of this run is %v", field, found, expected)
	}
	switch {
	case s.Seed != c.Seed:
		return differs("seed", s.Seed, c.Seed)
	case s.Steps != c.end() && !(c.Patience > 0 && s.Steps < c.end() && s.Exhausted != ""):
		return differs("number of steps", s.Steps, c.end())
	case s.Model.InFull() != c.Model.InFull():
		return differs("model", s.Model, c.Model)
	case s.TrainSize > 0 && c.TrainSize > 0 && s.TrainSize != c.TrainSize:
		return differs("train size", s.TrainSize, c.TrainSize)
	case len(s.Regularizers) != len(c.Regularizers):
		return differs("list of regularizers", s.Regularizers, c.Regularizers)
	case s.DataDigest != "" && digest != "" && s.DataDigest != digest:
		return differs("images' SHA-256", s.DataDigest[:min(12, len(s.DataDigest))]+"…", digest[:12]+"…")
	}
	for i, found := range s.Regularizers {
		if found.InFull() != c.Regularizers[i].InFull() {
			return differs("regularizer", found, c.Regularizers[i])
		}
	}
	return nil
}
