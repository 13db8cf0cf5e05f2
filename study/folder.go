package study

import (
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/strictyaml"
)

// The longest files of a report: as many runs as a study may have, with learning curves of some
// hundred points.
const (
	longestResults = 1 << 30
	longestRuns    = 1 << 30
)

// ReadFolder reads the study and the runs of a report's folder.
func ReadFolder(dir string) (*Study, Results, error) {
	data := map[string][]byte{}
	for _, file := range []struct {
		name    string
		longest int64
	}{{SpecFile, strictyaml.MaxBytes}, {ResultsFile, longestResults}} {
		name := file.name
		text, err := boundedfile.Read(filepath.Join(dir, name), file.longest)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil, fault.Missingf("%s is no report's folder: it has no %s", dir, name)
		}
		if err != nil {
			return nil, nil, err
		}
		data[name] = text
	}
	spec, err := Read(data[SpecFile])
	if err != nil {
		return nil, nil, fault.Inputf("%s: %w", filepath.Join(dir, SpecFile), err)
	}
	s := &Study{Spec: *spec}
	if err := json.Unmarshal(data[ResultsFile], &struct {
		Identity *Identity `json:"identity"`
	}{&s.Identity}); err != nil {
		return nil, nil, fault.Inputf("%s: %w", filepath.Join(dir, ResultsFile), err)
	}
	runs, err := ReadRunsFile(filepath.Join(dir, RunsFile))
	if err != nil {
		return nil, nil, err
	}
	results := Results{}
	for _, r := range runs {
		results[r.Key] = r
	}
	return s, results, nil
}
