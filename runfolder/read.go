package runfolder

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

// Begun reports whether dir holds the configuration of a run of the layout.
func (l Layout) Begun(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, l.Config))
	return err == nil
}

// ReadConfig reads the configuration of the run in dir, whose YAML parse reads. kind is what the
// error calls a folder that has none, such as "run folder".
func ReadConfig[C any](l Layout, dir, kind string, parse func(data []byte) (C, error)) (c C, err error) {
	path := filepath.Join(dir, l.Config)
	data, err := boundedfile.Read(path, strictyaml.MaxBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return c, fault.Missingf("%s is no %s: it has no %s", dir, kind, l.Config)
	}
	if err != nil {
		return c, err
	}
	if c, err = parse(data); err != nil {
		return c, fault.Inputf("%s: %w", path, err)
	}
	return c, nil
}

// ReadResult reads the JSON of the result that says that the run in dir is finished, the first of the
// layout's, of at most so many bytes.
func ReadResult[R any](l Layout, dir string, longest int64) (r R, err error) {
	path := filepath.Join(dir, l.Results[0])
	data, err := boundedfile.Read(path, longest)
	if errors.Is(err, fs.ErrNotExist) {
		return r, fault.Missingf("%s holds no finished run: it has no %s", dir, l.Results[0])
	}
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fault.Inputf("%s: %w", path, err)
	}
	return r, nil
}
