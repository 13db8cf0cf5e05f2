package train

import (
	"context"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/dataset/picture"
	"github.com/gradreg/gradreg/internal/fault"
)

// openData opens the data set or the folder of pictures that the configuration names. Of a folder it resolves the size that
// pictures have and how they are made square, so that the configuration repeats the run when pictures are added.
func openData(ctx context.Context, cfg *Config, opt Options) (*dataset.Dataset, error) {
	if !dataset.IsFolder(cfg.Data) {
		switch {
		case cfg.Size != 0:
			return nil, fault.Inputf("size is %d, but the images of %s have theirs: it is for folders of pictures", cfg.Size, cfg.Data)
		case cfg.Fit != "":
			return nil, fault.Inputf("fit is %s, but the images of %s are square: it is for folders of pictures", cfg.Fit, cfg.Data)
		}
		return dataset.Open(cfg.Data, opt.DataDirs...)
	}
	fit, err := picture.ParseFit(cfg.Fit)
	if err != nil {
		return nil, err
	}
	d, report, err := dataset.OpenFolder(ctx, cfg.Data, folder.Options{
		Size: cfg.Size, Fit: fit, Seed: cfg.Seed, Strict: opt.Strict, Progress: opt.Reading,
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
