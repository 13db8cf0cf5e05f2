package classify

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/dataset/picture"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/pretrained"
	"github.com/gradreg/gradreg/task"
)

// DataDigest returns the SHA-256 of the images and labels that a configuration's data are divided
// from, and the names of the classes: equal digests mean that equal configurations train on equal
// bytes.
func DataDigest(ctx context.Context, cfg Config, opt Options) (string, error) {
	if err := fault.NoContext(ctx); err != nil {
		return "", err
	}
	cfg.Model, cfg.Architecture = model.Spec{}, nil // they need suit none
	_, digest, err := Describe(ctx, cfg, opt)
	return digest, err
}

// Describe reads the data of a configuration and returns what they are, the counts of images being
// those that are there, and their digest. Data without a test image, on which no run can end, are
// the input's fault. It looks at the context between its steps.
func Describe(ctx context.Context, cfg Config, opt Options) (dataset.Info, string, error) {
	if err := fault.NoContext(ctx); err != nil {
		return dataset.Info{}, "", err
	}
	if cfg.Backbone != "" {
		opt.channels = pretrained.Channels
	}
	cfg.Seed = 1 // a seed may divide a folder into parts; the pictures are the same
	d, err := openData(ctx, &cfg, opt)
	if err != nil {
		return dataset.Info{}, "", err
	}
	if err := ctx.Err(); err != nil {
		return d.Info, "", err
	}
	train, test, err := d.Parts()
	if err != nil {
		return d.Info, "", err
	}
	info := d.Info
	info.Train, info.Test = train.Len(), test.Len()
	if err := tested(cfg.Data, info.Test); err != nil {
		return info, "", err
	}
	digest, err := d.Digest()
	return info, digest, cmp.Or(err, ctx.Err())
}

// tested returns an error if data leave no image to test a run on: its accuracy would be 0 of 0.
func tested(data dataset.Source, images int) error {
	switch {
	case images > 0:
		return nil
	case data.Dir() != "":
		return fault.Inputf(
			"%s: found no picture to test on, expected a class of two pictures or more; or, beside "+
				"train, a folder test or val with pictures",
			data,
		)
	}
	return fault.Inputf("%s: found no image to test on, expected at least one", data)
}

// takes returns an error if the model is too large for square images of a side, whatever their
// channels. What is wrong with the model itself is said elsewhere.
func (c *Config) takes(side int) error {
	m, err := c.architecture()
	if err != nil {
		return nil
	}
	for _, channels := range []int{1, 3} {
		if _, err = model.Summarize(m, channels, side, side, 2); err == nil {
			return nil
		}
	}
	return fault.Inputf("model %s: size %d does not suit it: %w", m, side, errors.Unwrap(err))
}

// testDigest identifies what test images are made of, in their order: the digest of their part, and
// which of it they are, unless they are all.
func testDigest(test dataset.Subset) string {
	if slices.Equal(test.Index, dataset.Whole(test.Part).Index) {
		return test.Digest
	}
	h := sha256.New()
	fmt.Fprintln(h, test.Digest)
	binary.Write(h, binary.LittleEndian, int64s(test.Index))
	return hex.EncodeToString(h.Sum(nil))
}

// int64s returns numbers in the form that has one size everywhere.
func int64s(values []int) []int64 {
	out := make([]int64, len(values))
	for i, v := range values {
		out[i] = int64(v)
	}
	return out
}

// openData opens the data set or the folder of pictures that the configuration names. It records
// where the files of a data set were found, and of a folder the size that pictures have, how they
// are made square and how they are divided, so that the configuration repeats the run when pictures
// are added.
func openData(ctx context.Context, cfg *Config, opt Options) (*dataset.Dataset, error) {
	if !cfg.Data.Resizable() {
		return openAsIs(ctx, cfg, opt)
	}
	division, err := folder.ParseDivision(cfg.Division)
	if err != nil {
		return nil, err
	}
	cfg.Division = string(division)
	return openPictures(ctx, cfg, opt, division)
}

// openAsIs opens a data set with a name or in memory, whose images are what they are. The folder of
// the configuration comes before the usual places, but not before one that this run was told alone.
func openAsIs(ctx context.Context, cfg *Config, opt Options) (*dataset.Dataset, error) {
	dirs := opt.DataDirs
	if cfg.DataDir != "" && !told(dirs) {
		dirs = []string{cfg.DataDir}
	}
	d, _, err := cfg.Data.Open(ctx, dataset.Opening{Dirs: dirs, Memory: opt.Dataset})
	if err != nil { // first of all a name that nothing has
		return nil, err
	}
	if err := cmp.Or(cfg.forFolders(opt), cfg.settle(d)); err != nil {
		return nil, err
	}
	cfg.DataDir = ""
	if d.Given {
		cfg.DataDir, err = filepath.Abs(d.Folder)
	}
	return d, err
}

// forFolders refuses what is for folders of pictures alone.
func (c *Config) forFolders(opt Options) error {
	switch {
	case c.Size != 0:
		return fault.Fieldf(
			"size is %d, but the images of %s have theirs: it is for folders of pictures", c.Size,
			c.Data,
		)
	case opt.Strict:
		return fault.Fieldf("strict is set, but %s is no folder of pictures: it is for those", c.Data)
	case c.Fit != "":
		return fault.Fieldf("fit is %s, but the images of %s are square: it is for folders of pictures", c.Fit, c.Data)
	case c.Division != "":
		return fault.Inputf(
			"division is %s, but %s has its test images: it is for folders of pictures", c.Division,
			c.Data,
		)
	}
	return nil
}

// told reports whether folders of data sets are the only ones to look in, as [dataset.Open] has it.
func told(dirs []string) bool { return len(dirs) > 0 && !slices.Contains(dirs, "") }

// openPictures opens a folder of pictures; test, if not nil, are the files of its test part.
func openPictures(ctx context.Context, cfg *Config, opt Options, division folder.Division) (*dataset.Dataset, error) {
	fit, err := picture.ParseFit(cfg.Fit)
	if err != nil {
		return nil, err
	}
	var asked task.Task // nil for what the folder says
	if cfg.Task != "" {
		if asked, err = task.Parse(cfg.Task); err != nil {
			return nil, fault.Input(err)
		}
	}
	d, report, err := cfg.Data.Open(ctx, dataset.Opening{Pictures: folder.Options{
		Task: asked, Size: cfg.Size, Fit: fit, Seed: cfg.Seed, Division: division,
		Channels: opt.channels, LargestDefault: opt.largestSide, Strict: opt.Strict,
		Progress: opt.Reading, CheckSize: cfg.takes,
	}})
	if err != nil {
		return nil, err
	}
	if err := cfg.settle(d); err != nil {
		return nil, err
	}
	cfg.Size, cfg.Fit, cfg.DataDir = d.Shape.H, string(fit), ""
	if opt.Found != nil {
		opt.Found(report)
	}
	return d, nil
}
