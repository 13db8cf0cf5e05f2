package classify

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/strictyaml"
)

// HasRun reports whether a folder holds the configuration of a run, which Resume goes on with.
func HasRun(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, configFile))
	return err == nil
}

// FolderConfig returns the configuration of a run folder.
func FolderConfig(dir string) (Config, error) {
	path := filepath.Join(dir, configFile)
	data, err := boundedfile.Read(path, strictyaml.MaxBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return Config{}, fault.Missingf("%s is no run folder: it has no %s", dir, configFile)
	}
	if err != nil {
		return Config{}, err
	}
	cfg, err := ReadConfig(Config{}, data)
	if err != nil {
		return cfg, fault.Inputf("%s: %w", path, err)
	}
	return cfg, nil
}

// longestSummary is more than the accuracies of as many classes as a model may have take.
const longestSummary = 16 << 20

// FolderSummary returns the result of a finished run.
func FolderSummary(dir string) (Summary, error) {
	var s Summary
	path := filepath.Join(dir, summaryFile)
	data, err := boundedfile.Read(path, longestSummary)
	if errors.Is(err, fs.ErrNotExist) {
		return s, fault.Missingf("%s holds no finished run: it has no %s", dir, summaryFile)
	}
	if err != nil {
		return s, err
	}
	if err := json.Unmarshal(data, &s); err != nil {
		return s, fault.Inputf("%s: %w", path, err)
	}
	return s, nil
}
