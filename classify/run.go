package classify

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/pretrained"
	"github.com/gradreg/gradreg/runfolder"
	"github.com/gradreg/gradreg/task"
	"github.com/gradreg/gradreg/train"
)

// run is a run in progress.
type run struct {
	Options
	config     Config
	on         engine.Engine
	engine     *trainer
	classifier *classifier
	judging    *classifier         // of dev images; classifier where there are as many as that takes
	network    *pretrained.Network // that the run begins with, nil from scratch
	frozen     *frozen             // of a run that trains a head on frozen features
	division   dataset.Division
	test       dataset.Subset
	data       *dataset.Dataset
	digest     string                     // of the images
	recorded   recordedData               // of a run that is examined
	classes    []string                   // of its model
	pictures   map[string][]listedPicture // of a folder, by part, of a run that is examined
	normalizer dataset.Normalizer
	task       task.Task
	scale      *dataset.Scaling // of numbers
	devTables  dataset.Tables
	batches    *dataset.Batches
	folder     *runfolder.Folder
	journal    *runfolder.Journal
	progress   progress
	devScore   *float64 // quality of the last evaluation, see task.Quality
	devStep    int      // of that evaluation
	logged     int      // step of the last line of metrics
	loop       train.Loop
	probing    bool // there is no test: hold out training images where there are no dev images
	measuring  bool // some steps are timed and forgotten
}

// Run trains a model. When the context ends it finishes the step, saves, and returns an error that
// is [ErrInterrupted] and wraps the context's; so does one that ends before the first step.
func Run(ctx context.Context, cfg Config, opt Options) (Summary, error) {
	if err := fault.NoContext(ctx); err != nil {
		return Summary{}, err
	}
	r := &run{Options: opt.filled()}
	defer r.close()
	if err := r.prepare(ctx, cfg); err != nil {
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			err = Interrupted(ctx)
		}
		return Summary{}, err
	}
	if err := r.fit(ctx); err != nil {
		return Summary{}, r.late(err)
	}
	s, err := r.finish()
	return s, r.late(err)
}

// late marks an error after the first step of a run that has a folder: something was written.
func (r *run) late(err error) error {
	if r.Dir == "" {
		return err
	}
	return fault.Late(err)
}

// close gives back what prepare took.
func (r *run) close() {
	r.engine.close()
	r.classifier.close()
	if r.judging != r.classifier {
		r.judging.close()
	}
	r.frozen.close()
	r.journal.Close()
	r.folder.Close()
}

// prepare does everything that can fail before the first step.
func (r *run) prepare(ctx context.Context, cfg Config) error {
	var err error
	p, err := cfg.resolve()
	if err != nil {
		return err
	}
	if r.on, err = engine.Native(engine.Options{Threads: r.Threads, Convolution: cfg.Convolution}); err != nil {
		return err
	}
	asked := cfg.Data
	if err := r.openBackbone(&cfg, &p); err != nil {
		return err
	}
	if err := r.open(ctx, &cfg); err != nil {
		return err
	}
	if err := p.augment.Fits(r.data.Shape.H, r.data.Shape.W); err != nil {
		return fault.Input(err)
	}
	if err := r.divide(&cfg); err != nil {
		return err
	}
	if r.probing {
		r.holdOut()
	}
	if err := cmp.Or(cfg.settleSteps(r.division.Train.Len()), r.checkJudged(cfg)); err != nil {
		return err
	}
	cfg.Batch = cfg.batch(r.division.Train.Len())
	r.config = cfg
	r.setTask(&p)
	if r.network != nil {
		r.normalizer = r.network.Normalizer()
	}
	r.devTables = r.tables(r.division.Dev)
	if cfg.Frozen() {
		return r.prepareFrozen(cfg, p)
	}
	if cfg.Finetunes() {
		p.optimizer = byDepth(p.optimizer, r.network.Model, cfg.DepthRate)
	}
	if r.batches, err = dataset.NewBatches(r.division.Train, r.normalizer, cfg.Batch, cfg.Seed); err != nil {
		return err
	}
	classes := len(r.data.Classes)
	background := make([]byte, r.data.Shape.C)
	for ch, mean := range r.normalizer.Mean {
		background[ch] = byte(255*mean + 0.5)
	}
	r.batches.Augment(p.augment.WithBackground(background))
	if r.engine, err = newTrainer(cfg, p, r.data.Shape, classes, r.on); err != nil {
		return err
	}
	r.engine.asked, r.engine.digest = asked, r.digest
	if cfg.Finetunes() {
		if err := r.beginFinetuning(ctx); err != nil {
			return err
		}
	}
	if r.classifier, err = newClassifier(p.model, r.data.Shape, classes, evalBatchOf(r.data.Shape)); err != nil {
		return err
	}
	if err := r.classifier.compile(r.on); err != nil {
		return err
	}
	if err := r.prepareJudging(p.model); err != nil {
		return err
	}
	r.progress.sums = make([]float64, 1+len(p.regularizers))
	r.progress.origins = []Origin{originHere(r.on.Name(), r.numbers(), 1)}
	if err := r.openFolder(); err != nil {
		return err
	}
	return r.rehearse()
}

// open opens the data. Those of a run that is resumed have to be what they were.
func (r *run) open(ctx context.Context, cfg *Config) (err error) {
	if !r.Resume {
		if r.data, err = openData(ctx, cfg, r.Options); err == nil {
			r.digest, err = locate(cfg, r.data)
		}
		if err == nil && r.Digest != "" && !cfg.Data.DividedBySeed() && r.digest != r.Digest {
			err = fault.Inputf(
				"the images of %s are not those that are asked for: their SHA-256 is %.12s…, expected %.12s…",
				cfg.Data, r.digest, r.Digest,
			)
		}
		return err
	}
	recorded, err := FolderConfig(r.Dir)
	if err != nil {
		return err
	}
	from := recordedBy(r.Dir, recorded, recordedDigest(r.path(checkpointFile)), "")
	if r.data, r.digest, err = openRecorded(ctx, cfg, r.Options, from); err == nil {
		err = from.check(cfg.Data, r.digest)
	}
	if err != nil { // a damaged checkpoint may say anything of the images
		return cmp.Or(tensorfile.Intact(r.path(checkpointFile)), err)
	}
	return nil
}

// divide reads the data and chooses the images and the normalization. The test images are read,
// too, so that a damaged file is found out now, but nothing looks at them before finish.
func (r *run) divide(cfg *Config) error {
	train, official, err := r.data.Parts()
	if err != nil {
		return err
	}
	val := r.data.Val()
	if val != nil && cfg.DevShare > 0 {
		return fault.Inputf(
			"dev_share is %v, but %s has images in val to judge a run on the way", cfg.DevShare,
			cfg.Data,
		)
	}
	r.division, r.test, err = cfg.divide(train, official, len(r.data.Classes))
	if err != nil {
		return err
	}
	if err := tested(cfg.Data, r.test.Len()); err != nil {
		return err
	}
	if val != nil {
		r.division.Dev = dataset.Whole(val)
	}
	r.normalizer = dataset.Statistics(r.division.Train)
	return nil
}

// divide chooses training, dev and test images, and completes what the configuration says of their
// numbers. It looks at labels alone.
func (c *Config) divide(
	train, official *dataset.Part, classes int,
) (d dataset.Division, test dataset.Subset, err error) {
	if c.PerClass > 0 {
		c.TrainSize, c.Subset = c.PerClass*classes, Balanced
	}
	test = dataset.Whole(official)
	if c.DevShare > 0 {
		d, err = dataset.DivideHeldOut(train, c.TrainSize, c.DevShare, c.Seed)
		c.TrainSize = d.Train.Len()
		return d, test, err
	}
	if c.TrainSize == 0 {
		c.TrainSize = train.Len()
	}
	switch {
	case c.PaperProtocol:
		d, test, err = dataset.DividePaper(train, official, c.TrainSize, c.Seed)
	case c.Subset == Balanced:
		d, err = dataset.DivideBalanced(train, c.TrainSize, classes, c.Seed)
	default:
		d, err = dataset.Divide(train, c.TrainSize, c.Seed)
	}
	return d, test, err
}

// tables returns the normalization of a subset: that of the training images, but under the paper's
// protocol its own.
func (r *run) tables(s dataset.Subset) dataset.Tables {
	if r.config.PaperProtocol {
		return dataset.Statistics(s).Tables()
	}
	return r.normalizer.Tables()
}

// rehearse evaluates two batches, so that an evaluation that fails does so before the first step.
func (r *run) rehearse() error {
	s := r.division.Dev
	if s.Len() == 0 {
		s = r.division.Train
	}
	s.Index = s.Index[:min(2*r.classifier.batch, s.Len())]
	if err := r.classifier.load(r.engine); err != nil {
		return err
	}
	if _, err := r.measure(s, r.normalizer.Tables()); err != nil {
		return fmt.Errorf("evaluation before the first step: %w", err)
	}
	return nil
}
