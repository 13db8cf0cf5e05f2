package dataset

import (
	"context"
	"path/filepath"

	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/internal/fault"
)

// OpenFolder returns the pictures of a folder with a folder for each class as a data set, both
// parts read. [folder.Open] says what it makes of it and what it refuses, the report what it found.
// Where opt.Cache is empty, images are kept in the folder pictures of [CacheDir]; [NoCache] keeps
// none.
//
// A run opens a folder with opt.Seed its own seed, unless it is to be compared with runs of other
// seeds on the same test images; what it trained with, Shape and opt.Fit, makes the same of other
// pictures (package picture).
func OpenFolder(ctx context.Context, dir string, opt folder.Options) (*Dataset, folder.Report, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, folder.Report{}, err
	}
	switch opt.Cache {
	case NoCache:
		opt.Cache = ""
	case "":
		if cache, err := CacheDir(); err == nil { // without one, nothing can be kept
			opt.Cache = filepath.Join(cache, "pictures")
		}
	}
	set, err := folder.Open(ctx, dir, opt)
	if err != nil {
		return nil, folder.Report{}, err
	}
	shape := Shape{C: set.Channels, H: set.Side, W: set.Side}
	part := func(p folder.Pictures) *Part {
		return &Part{
			Shape: shape, Images: p.Images, Labels: p.Labels, Targets: p.Targets, Files: p.Files,
			Hashes: p.Hashes, Classes: set.Classes, Digest: p.Digest,
		}
	}
	training, official := part(set.Train), part(set.Test)
	d := &Dataset{
		Info: Info{
			Name: dir, Description: "pictures of a folder, " + string(set.Fit), Task: set.Task,
			Classes: set.Classes, Shape: shape,
			Train: training.Len(), Test: official.Len(), From: dir, Defaults: photoDefaults(),
		},
		Folder: dir, Given: true,
		train: func() (*Part, error) { return training, nil },
		test:  func() (*Part, error) { return official, nil },
	}
	if n := len(set.Val.Labels); n > 0 {
		d.val, d.Info.Val = part(set.Val), n
	}
	return d, set.Report, nil
}

// NoCache is what to set [folder.Options].Cache to where decoded images are not to be kept.
const NoCache = "none"
