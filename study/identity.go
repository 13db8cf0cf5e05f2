package study

import (
	"context"
	"fmt"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/train"
)

// Identity is what determines a study's numbers beside its configurations.
type Identity struct {
	Numbers int               `json:"numbers"` // train.Numbers
	CPU     string            `json:"cpu"`     // kernel level
	Digests map[string]string `json:"digests"` // of the data sets, see train.DataDigest
}

// Identify reads a study's data. An error is also that they do not suit its cells.
func Identify(ctx context.Context, s *Spec, opt train.Options) (Identity, error) {
	level, err := kernel.Active()
	if err != nil {
		return Identity{}, err
	}
	id := Identity{Numbers: train.Numbers, CPU: level.String()}
	var data map[string]dataset.Info
	if id.Digests, data, err = Describe(ctx, s, opt); err != nil {
		return id, err
	}
	return id, s.Suits(data)
}

// Describe reads a study's data, and returns their digests and what they are.
func Describe(ctx context.Context, s *Spec, opt train.Options) (map[string]string, map[string]dataset.Info, error) {
	digests, data := map[string]string{}, map[string]dataset.Info{}
	for _, c := range s.Cells() {
		if digests[c.Data] != "" {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		_, cfg, err := s.first(c)
		if err != nil {
			return nil, nil, err
		}
		if data[c.Data], digests[c.Data], err = train.Describe(ctx, cfg, opt); err != nil {
			return nil, nil, err
		}
	}
	return digests, data, nil
}

// Here returns how this process differs from one that the study was begun by, so that its numbers would be others.
func (id Identity) Here() error {
	level, err := kernel.Active()
	if err != nil {
		return err
	}
	if id.CPU != level.String() {
		return fmt.Errorf("it was begun with the kernels %s, this process has %s; GRADREG_CPU selects others", id.CPU, level)
	}
	if id.Numbers != train.Numbers {
		return fmt.Errorf("it was begun by a version of the program whose numbers are %d, those of this one are %d", id.Numbers, train.Numbers)
	}
	return nil
}

// Has returns which data are not those of the study. Data that are new to it are what they are.
func (id Identity) Has(digests map[string]string) error {
	for name, digest := range digests {
		if was, ok := id.Digests[name]; ok && was != digest {
			return fmt.Errorf("the images of %s are not those that it was begun with", name)
		}
	}
	return nil
}
