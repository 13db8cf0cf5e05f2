package study

import (
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/tune"
)

// CheckData reports the first cell that its data cannot support, and why, before any run starts. Data
// without a description are passed over.
func (s *Spec) CheckData(data map[string]dataset.Info) error {
	for _, c := range s.Cells() {
		space, cfg, err := s.first(c)
		if err != nil {
			return fault.Inputf("%s: %w", c, err)
		}
		info, ok := imagesOf(data, cfg)
		if !ok {
			continue
		}
		probes := tune.Needed(cfg) || len(space.free) > 0
		// A penalty whose λ is to be found has no value to be built with.
		if err := tune.WithoutOpen(cfg).CheckData(info, probes); err != nil {
			return fault.Inputf("%s: %w", c, err)
		}
	}
	return nil
}

// KnownData describes the data sets that are known without being read.
func KnownData() map[string]dataset.Info {
	known := map[string]dataset.Info{}
	for _, info := range dataset.List() {
		known[info.Name] = info
	}
	return known
}
