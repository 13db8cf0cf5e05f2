package features

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/filelock"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/runfolder"
)

// Training is how a classifier is trained.
type Training struct {
	// Cache is the folder that classifiers are kept in; empty for the folder features of
	// [dataset.CacheDir].
	Cache   string
	Threads int
	// Steps replaces the number of steps that suits the images, if it is not 0.
	Steps   int
	Started func(classify.Start) // where one has to be trained
	Stepped func(classify.Progress)
}

// Classifier returns a classifier of the set's classes, trained on two thirds of the training images,
// which Real and Other have none of. The first who asks trains it, and one that was interrupted goes
// on; all others get it from the cache.
func (s *Set) Classifier(ctx context.Context, t Training) (*Network, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, err
	}
	if s.Classes == nil {
		return nil, fault.Inputf(
			"%s has no classes, expected a folder with a folder for each class, or a classifier",
			s.Data,
		)
	}
	cfg, err := s.config(t)
	if err != nil {
		return nil, err
	}
	dir, err := s.folder(cfg, t)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, classify.ModelFile)
	for {
		if n, err := Load(path, t.Threads); err == nil {
			return n, nil
		}
		if !runfolder.Running(dir) {
			if err := train(ctx, cfg, dir, t); err == nil {
				return Load(path, t.Threads)
			} else if !errors.Is(err, filelock.ErrHeld) && !errors.Is(err, runfolder.ErrTaken) {
				return nil, err
			}
		}
		select { // until another process has trained it
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// train trains a classifier in its folder, or goes on with it. What cannot go on begins again: the
// folder is the program's own.
func train(ctx context.Context, cfg classify.Config, dir string, t Training) error {
	opt := classify.Options{Dir: dir, Threads: t.Threads, Started: t.Started, Stepped: t.Stepped}
	if _, err := os.Stat(dir); err == nil {
		opt.Resume = true
		_, err := classify.Run(ctx, cfg, opt)
		if err == nil || ctx.Err() != nil || errors.Is(err, filelock.ErrHeld) {
			return err
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		opt.Resume = false
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	_, err := classify.Run(ctx, cfg, opt)
	return err
}

// config returns what trains a classifier that suits the images: LeNet for grey ones of 28 to 32
// pixels, a residual network for others.
func (s *Set) config(t Training) (classify.Config, error) {
	c := classify.Default()
	c.Regularizers = gradreg.Specs("weight-decay:5e-4")
	c.EvalEvery, c.LogEvery, c.CheckpointEvery, c.Augment = 0, 100, 200, "none"
	c.Seed, c.TrainSize = classifierSeed, 0
	c.LearningRate, c.Schedule = 1e-3, optim.ParseScheduleSpec("cosine")
	c.Model, c.Batch, c.Steps = model.ParseSpec("resnet:depth=20"), 64, 3000
	if s.Shape.C == 1 && min(s.Shape.H, s.Shape.W) >= 28 && max(s.Shape.H, s.Shape.W) <= 32 {
		c.Model, c.Batch, c.Steps = model.ParseSpec("lenet"), 100, 6000
		c.Regularizers = gradreg.Specs("datagrad:1", "weight-decay:5e-4")
	}
	n := s.classifier.Len()
	tests := max(1, n/10)
	c.Batch = max(1, min(c.Batch, n-tests))
	c.Steps = max(1, min(c.Steps, 30*n/c.Batch))
	if t.Steps > 0 {
		c.Steps = t.Steps
	}
	part := func(index []int) *dataset.Part {
		p := &dataset.Part{Shape: s.Shape, Classes: s.Classes}
		for _, k := range index {
			p.Images = append(p.Images, s.classifier.Image(k)...)
			p.Labels = append(p.Labels, s.classifier.Labels[k])
		}
		return p
	}
	set, err := dataset.New(
		dataset.Info{
			Name:    "classifier of " + filepath.Base(strings.TrimPrefix(s.Data, gan.StackedPrefix)),
			Classes: s.Classes, Shape: s.Shape,
		},
		part(s.classifier.Index[tests:]), part(s.classifier.Index[:tests]),
	)
	if err != nil {
		return c, err
	}
	c.Data = set.Source()
	return c, nil
}

// folder returns where a classifier is kept: a function of the images and of what trains it.
func (s *Set) folder(cfg classify.Config, t Training) (string, error) {
	cache := t.Cache
	if cache == "" {
		dir, err := dataset.CacheDir()
		if err != nil {
			return "", err
		}
		cache = filepath.Join(dir, "features")
	}
	resolved, err := cfg.Resolved()
	if err != nil {
		return "", err
	}
	text, err := resolved.YAML()
	if err != nil {
		return "", err
	}
	numbers, err := classify.Numbers(cfg)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	fmt.Fprintln(h, s.Digest, s.Shape, numbers)
	h.Write(text)
	return filepath.Join(cache, hex.EncodeToString(h.Sum(nil))[:24]), nil
}
