package classify

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/task"
)

// Opened is a finished run whose test images are read, before its model has done anything: what can
// be refused, or compared with another run, is known now.
type Opened struct {
	Config Config
	Card   ModelInfo
	// Notes say what of the images is not as it was when the run was trained.
	Notes []string

	arch  model.Model // of one's own
	run   *run
	other string // folder that it is tested on instead of its test images
}

// OpenRun opens a finished run and reads its test images. Where a folder's pictures have changed
// since the run was trained, they are the test pictures of the run that are still there, and Notes
// says so; of a run of an earlier program, which did not write down what those were, they are what
// its division makes test images of now. Of the options it uses DataDirs and Threads.
func OpenRun(ctx context.Context, dir string, opt Options) (*Opened, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, err
	}
	o, err := openFinished(dir, opt)
	if err != nil {
		return nil, err
	}
	if o.Notes, err = o.run.openTest(ctx); err != nil { // a damaged model's file may say anything of the images
		err = cmp.Or(tensorfile.Intact(filepath.Join(dir, ModelFile)), err)
	}
	return o, err
}

// openFinished opens a finished run without any images.
func openFinished(dir string, opt Options) (*Opened, error) {
	cfg, err := FolderConfig(dir)
	if err != nil {
		return nil, err
	}
	card, err := readCard(filepath.Join(dir, ModelFile))
	if err != nil {
		return nil, err
	}
	_, published := cfg.Data.Info()
	if _, was := dataset.ParseSource(card.Data).Info(); was {
		published = true
	}
	moved := card.DataDigest != "" && !published
	if card.Model.String() != cfg.Model.String() || card.Data != cfg.Data.String() && !moved {
		if err := tensorfile.Intact(filepath.Join(dir, ModelFile)); err != nil {
			return nil, err
		}
		return nil, fault.Inputf(
			"%s holds the model %s of %s, but its config.yaml says %s of %s", dir, card.Model,
			card.Data, cfg.Model, cfg.Data,
		)
	}
	r := &run{Options: opt, config: cfg, normalizer: card.Normalizer, classes: card.Classes, scale: card.Targets}
	r.Dir = dir
	if r.task, err = task.Parse(card.Task); err != nil {
		return nil, err
	}
	r.recorded = recordedBy(dir, cfg, card.DataDigest, card.TestDigest)
	if r.recorded.pictures {
		r.channels = card.Channels // of grey pictures, with one in colour added
	}
	if r.pictures, err = readPictures(r.path(picturesFile)); err != nil {
		return nil, err
	}
	return &Opened{Config: cfg, Card: card, run: r}, nil
}

// readCard reads what a model file says about its model.
func readCard(path string) (ModelInfo, error) {
	var c ModelInfo
	h, err := tensorfile.ReadHeader(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, fault.Inputf("%s: %w, expected a model file", path, fs.ErrNotExist)
	}
	if err != nil {
		return c, err
	}
	if c, err = newCard(h); err != nil {
		return c, cmp.Or(tensorfile.Intact(path), fault.Inputf("%s: %w", path, err))
	}
	return c, nil
}

// newCard returns what a header says about its model.
func newCard(h tensorfile.Header) (c ModelInfo, err error) {
	text, ok := h.Metadata["gradreg"]
	if !ok {
		return c, errors.New("a safetensors file, but not a model of gradreg")
	}
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return c, fmt.Errorf("metadata: %w", err)
	}
	return c, c.check()
}

// Shape returns the extent of the model's images.
func (o *Opened) Shape() dataset.Shape { return o.Card.shape() }

// Test returns the test images.
func (o *Opened) Test() dataset.Subset { return o.run.test }

// TestDigest is that of [Examined.TestDigest].
func (o *Opened) TestDigest() string { return testDigest(o.run.test) }

// Keep leaves of the test images those at the given positions, in their order.
func (o *Opened) Keep(positions []int) {
	t := &o.run.test
	index := make([]int, len(positions))
	for i, p := range positions {
		index[i] = t.Index[p]
	}
	t.Index = index
}

// Examine loads the model, classifies the test images, and makes a network to look into. There
// have to be classes.
func (o *Opened) Examine() (*Examined, error) {
	if err := o.Card.needsClasses("an examination"); err != nil {
		return nil, err
	}
	r := o.run
	m, e, err := o.evaluate()
	if err != nil {
		return nil, err
	}
	defer m.Close()
	s := &Examined{Evaluation: e, TestImages: r.images(r.test), Notes: o.Notes, run: r}
	s.Network, err = m.network(r.Threads)
	return s, err
}

// openImages opens the run's data, if they are not yet.
func (r *run) openImages(ctx context.Context) (err error) {
	if r.data == nil {
		r.data, r.digest, err = openRecorded(ctx, &r.config, r.Options, r.recorded)
	}
	return err
}
