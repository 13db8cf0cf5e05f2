package train

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/tensorfile"
)

// digestKey is where a checkpoint says what pictures the run is trained on.
const digestKey = "data_digest"

// locate makes the path of a folder of pictures one that does not depend on where we are, and returns the SHA-256 of its
// pictures as the seed divides them. Data sets with a name have neither: their files are known by published checksums.
func locate(cfg *Config, d *dataset.Dataset) (sum string, err error) {
	if !dataset.IsFolder(cfg.Data) {
		return "", nil
	}
	if cfg.Data, err = filepath.Abs(cfg.Data); err != nil {
		return "", err
	}
	train, test, err := readParts(d)
	if err != nil {
		return "", err
	}
	return digest(d, train, test), nil
}

// openRecorded opens the data that a run folder names, and says of pictures that are gone where they were.
func openRecorded(ctx context.Context, dir string, cfg *Config, opt Options) (*dataset.Dataset, error) {
	if cfg.Size > 0 && (!dataset.IsFolder(cfg.Data) || !exists(cfg.Data)) {
		return nil, fault.Inputf("%s was trained on pictures of the folder %s, which is not there; put it back, or write in %s where it is now",
			dir, cfg.Data, filepath.Join(dir, configFile))
	}
	return openData(ctx, cfg, opt)
}

// exists reports whether there is something of that name.
func exists(name string) bool {
	_, err := os.Stat(name)
	return !errors.Is(err, fs.ErrNotExist)
}

// checkPictures returns an error unless the pictures of a folder are those that a run was trained on. Runs of older programs
// did not say.
func checkPictures(dir, data, recorded, found string) error {
	if recorded == "" || recorded == found {
		return nil
	}
	return fault.Inputf("the pictures in %s are not those that %s was trained on: their SHA-256 is %.12s…, expected %.12s…; put back what was changed, added or removed, or train anew",
		data, dir, found, recorded)
}

// recordedDigest returns what a checkpoint says of the pictures, "" if it does not or cannot be read, which restore tells.
func recordedDigest(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	f, err := tensorfile.Parse(data)
	if err != nil {
		return ""
	}
	return f.Metadata[digestKey]
}

// belongs returns an error unless a checkpoint was written with the engine's configuration. Where the pictures lie does not
// count, as they are compared themselves; older programs counted it as it was asked for. A run that was extended, but did not
// come to a checkpoint since, has one of an earlier plan.
func (e *engine) belongs(hash string) error {
	for _, plan := range e.config.plans() {
		old := plan
		old.Data = e.asked
		if hash == plan.hash() || hash == old.text() {
			return nil
		}
	}
	return fmt.Errorf("belongs to another configuration than the folder's config.yaml")
}
