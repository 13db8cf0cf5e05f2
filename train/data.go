package train

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/dataset/picture"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
)

// DataDigest returns the SHA-256 of the images and labels that a configuration's data are divided from, and the names of the
// classes: equal digests mean that equal configurations train on equal bytes.
func DataDigest(ctx context.Context, cfg Config, opt Options) (string, error) {
	cfg.Model, cfg.Architecture = "", nil // they need suit none
	_, digest, err := Describe(ctx, cfg, opt)
	return digest, err
}

// Describe reads the data of a configuration and returns what they are, the counts of images being those that are there, and
// their digest. It looks at the context between its steps.
func Describe(ctx context.Context, cfg Config, opt Options) (dataset.Info, string, error) {
	cfg.Seed = 1 // a seed may divide a folder into parts; the pictures are the same
	d, err := openData(ctx, &cfg, opt)
	if err != nil {
		return dataset.Info{}, "", err
	}
	if err := ctx.Err(); err != nil {
		return d.Info, "", err
	}
	train, test, err := readParts(d)
	if err != nil {
		return d.Info, "", err
	}
	info := d.Info
	info.Train, info.Test = train.Len(), test.Len()
	return info, digest(d, train, test), ctx.Err()
}

// digest returns the SHA-256 of a data set's images, labels and classes.
func digest(d *dataset.Dataset, train, test *dataset.Part) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %v\n", d.Classes, d.Shape)
	for _, part := range []*dataset.Part{train, d.Val(), test} {
		if part == nil {
			part = &dataset.Part{}
		}
		fmt.Fprintf(h, "%d\n", len(part.Labels))
		h.Write(part.Images)
		h.Write(part.Labels)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// takes returns an error if the model is too large for square images of a side, whatever their channels. What is wrong with the
// model itself is said elsewhere.
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

// openData opens the data set or the folder of pictures that the configuration names. Of a folder it resolves the size that
// pictures have and how they are made square, so that the configuration repeats the run when pictures are added.
func openData(ctx context.Context, cfg *Config, opt Options) (*dataset.Dataset, error) {
	if !dataset.IsFolder(cfg.Data) {
		d, err := dataset.Open(cfg.Data, opt.DataDirs...)
		switch {
		case err != nil: // first of all a name that nothing has
			return nil, err
		case cfg.Size != 0:
			return nil, fault.Inputf("size is %d, but the images of %s have theirs: it is for folders of pictures", cfg.Size, cfg.Data)
		case opt.Strict:
			return nil, fault.Inputf("strict is set, but %s is no folder of pictures: it is for those", cfg.Data)
		case cfg.Fit != "":
			return nil, fault.Inputf("fit is %s, but the images of %s are square: it is for folders of pictures", cfg.Fit, cfg.Data)
		}
		return d, nil
	}
	fit, err := picture.ParseFit(cfg.Fit)
	if err != nil {
		return nil, err
	}
	d, report, err := dataset.OpenFolder(ctx, cfg.Data, folder.Options{
		Size: cfg.Size, Fit: fit, Seed: cfg.Seed, Strict: opt.Strict, Progress: opt.Reading, Suits: cfg.takes,
	})
	if err != nil {
		return nil, err
	}
	cfg.Size, cfg.Fit = d.Shape.H, string(fit)
	if opt.Found != nil {
		opt.Found(report)
	}
	return d, nil
}
