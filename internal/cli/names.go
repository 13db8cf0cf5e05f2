package cli

import (
	"fmt"
	"path/filepath"
	"strconv"
	"unicode/utf8"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
)

// nameBytes is how much of a folder's name goes into the name of another file: systems allow 255
// bytes, and more than that name stands there.
const nameBytes = 100

// shortened returns the first bytes of a name, whole characters.
func shortened(name string) string {
	if len(name) <= nameBytes {
		return name
	}
	end := nameBytes
	for end > 0 && !utf8.RuneStart(name[end]) {
		end--
	}
	return name[:end]
}

// folderName returns a folder under runs/ that says what the run is.
func folderName(cfg classify.Config) string {
	method, size := "plain", "all"
	if regs, err := gradreg.RegularizersOf(cfg.Regularizers); err == nil {
		for _, r := range regs {
			if r.Name() != "weight-decay" {
				method = r.Name()
				break
			}
		}
	}
	network := cfg.Model.Name() + "-" + method
	switch {
	case cfg.Frozen():
		network = classify.TransferFeatures
	case cfg.Finetunes() && method == "plain":
		network = cfg.Model.Name() + "-" + classify.TransferFinetune
	}
	switch {
	case cfg.PerClass > 0:
		size = fmt.Sprintf("%dperclass", cfg.PerClass)
	case cfg.TrainSize > 0:
		size = strconv.Itoa(cfg.TrainSize)
	}
	return filepath.Join(
		defaultRuns,
		fmt.Sprintf(
			"%s-%s-%s-s%d", shortened(cfg.Data.Name()), size, network, cfg.Seed,
		),
	)
}

// orNone returns a list in words, which says so where it has nothing.
func orNone(s string) string {
	if s == "" {
		return gradreg.None
	}
	return s
}
