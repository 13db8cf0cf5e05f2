package classify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/tensorfile"
)

// digestKey is where a checkpoint says what images the run is trained on.
const digestKey = "data_digest"

// recordedData is what a run's folder says of the run's images. Runs of older programs said less.
type recordedData struct {
	dir      string // the run's folder
	pictures bool   // the images are pictures of a folder
	dataDir  string // that the files of a data set with a name were found in; empty for the usual places
	division string // of a folder
	digest   string // SHA-256 of all images
	test     string // SHA-256 of what the test images are made of, see [dataset.Part].Digest
}

// recordedBy returns what the configuration in a run's folder says, and digests that stand
// elsewhere.
func recordedBy(dir string, recorded Config, digest, test string) recordedData {
	return recordedData{
		dir: dir, pictures: recorded.Size > 0, dataDir: recorded.DataDir,
		division: recorded.Division, digest: digest, test: test,
	}
}

// locate makes the path of a folder of pictures one that does not depend on where we are, and
// returns the SHA-256 of the images, those of a folder as the seed divides them.
func locate(cfg *Config, d *dataset.Dataset) (sum string, err error) {
	if cfg.Data, err = cfg.Data.Abs(); err != nil {
		return "", err
	}
	return d.Digest()
}

// openRecorded opens the data that a run folder names, and returns their digest. Files of a data
// set are looked for where they were and then in the usual places, unless the run was told where
// they are. An error is that no images are those of the run.
func openRecorded(
	ctx context.Context, cfg *Config, opt Options, from recordedData,
) (d *dataset.Dataset, sum string, err error) {
	if from.pictures {
		return openSamePictures(ctx, cfg, opt, from)
	}
	if from.digest == "" || !cfg.Data.LookedUp() {
		cfg.DataDir = from.dataDir
		if d, err = openData(ctx, cfg, opt); err == nil {
			sum, err = locate(cfg, d)
		}
		return d, sum, err
	}
	var first error
	for _, dirs := range from.places(opt.DataDirs) {
		try, o := *cfg, opt
		try.DataDir, o.DataDirs = "", dirs
		if d, err = openAsIs(ctx, &try, o); err == nil {
			sum, err = locate(&try, d)
		}
		if err == nil {
			if sum == from.digest {
				cfg.DataDir = from.dataDir // a run that goes on keeps its configuration
				return d, sum, nil
			}
			err = from.differs(cfg.Data, d.Folder, sum)
		}
		if first == nil || errors.Is(first, dataset.ErrNotFound) {
			first = err
		}
	}
	if errors.Is(first, dataset.ErrNotFound) && from.dataDir != "" {
		first = fmt.Errorf(
			"%s was trained on the files in %s, which are not there any more: %w", from.dir,
			from.dataDir, first,
		)
	}
	return nil, "", first
}

// places lists where to look for the files of a data set, as lists of folders: the one that was
// told alone; else first where they were.
func (o recordedData) places(dirs []string) [][]string {
	if told(dirs) {
		return [][]string{dirs}
	}
	var list [][]string
	if o.dataDir != "" && exists(o.dataDir) {
		list = append(list, []string{o.dataDir})
	}
	return append(list, []string{""}, append(slices.Clone(dirs), ""))
}

// openSamePictures opens a folder of pictures again, and says of one that is gone where it was. The
// division is that of the run: older programs knew but one.
func openSamePictures(
	ctx context.Context, cfg *Config, opt Options, from recordedData,
) (*dataset.Dataset, string, error) {
	if dir := cfg.Data.Dir(); dir == "" || !exists(dir) {
		return nil, "", fault.Inputf("%s was trained on pictures of the folder %s, which is not "+
			"there; put it back, or write in %s where it is now",
			from.dir, cfg.Data, filepath.Join(from.dir, configFile))
	}
	division := folder.ByContent
	if from.division != "" {
		var err error
		if division, err = folder.ParseDivision(from.division); err != nil {
			return nil, "", err
		}
	}
	cfg.Division = from.division
	d, err := openPictures(ctx, cfg, opt, division)
	if err != nil {
		return nil, "", err
	}
	sum, err := locate(cfg, d)
	return d, sum, err
}

// exists reports whether there is something of that name.
func exists(name string) bool {
	_, err := os.Stat(name)
	return !errors.Is(err, fs.ErrNotExist)
}

// check returns an error unless images are those that the run was trained on. Runs of older
// programs did not say.
func (o recordedData) check(data dataset.Source, found string) error {
	if o.digest == "" || o.digest == found {
		return nil
	}
	if data.Dir() == "" {
		return fault.Inputf("the images of %s are not those that %s was trained on: their SHA-256 "+
			"is %.12s…, expected %.12s…",
			data, o.dir, found, o.digest)
	}
	return fault.Inputf("the pictures in %s are not those that %s was trained on: their SHA-256 is "+
		"%.12s…, expected %.12s…; put back what was changed, added or removed, or train anew",
		data, o.dir, found, o.digest)
}

// differs says that the files of a data set are not those of the run.
func (o recordedData) differs(data dataset.Source, dir, found string) error {
	where, those := "", "those"
	if dir != "" {
		where = " in " + dir
	}
	switch {
	case o.dataDir != "" && dir == o.dataDir:
		those = "any more those"
	case o.dataDir != "":
		those = "those in " + o.dataDir
	}
	return fault.Inputf("the images of %s%s are not %s that %s was trained on: their SHA-256 is "+
		"%.12s…, expected %.12s…; say where the files are that it was trained on, or train anew",
		data, where, those, o.dir, found, o.digest)
}

// recordedDigest returns what a checkpoint says of the pictures, "" if it does not or cannot be
// read, which restore tells.
func recordedDigest(path string) string {
	h, err := tensorfile.ReadHeader(path)
	if err != nil {
		return ""
	}
	return h.Metadata[digestKey]
}

// belongs returns an error unless a checkpoint was written with the engine's configuration. Where
// the pictures lie does not count, as they are compared themselves; older programs counted it as it
// was asked for. A run that was extended, but did not come to a checkpoint since, has one of an
// earlier plan.
func (e *trainer) belongs(hash string) error {
	for _, plan := range e.config.plans() {
		old := plan
		old.Data = e.asked
		if hash == plan.hash() || hash == old.text() {
			return nil
		}
	}
	return fmt.Errorf("belongs to another configuration than the folder's config.yaml")
}
