package train

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/filelock"
	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/report"
)

// Options are what a run needs beside its configuration; none of them changes its numbers.
type Options struct {
	// Dir is the run folder. Run creates it; an existing one is an error unless Resume is set. Empty means
	// that nothing is written.
	Dir string
	// Resume continues the run in Dir from its checkpoint, with the configuration that was passed, which must
	// be that of the folder.
	Resume bool
	// DataDirs are the folders to look for data in.
	DataDirs []string
	// Threads is the number of workers; 0 means one per processor.
	Threads int
	// Started, if set, is called before the first step, Stepped after every step.
	Started func(Start)
	Stepped func(Progress)
	// Now tells the time; time.Now if nil.
	Now func() time.Time
}

// Start describes a run that is about to begin.
type Start struct {
	Config     Config
	Parameters int
	Threads    int
	CPU        string // kernel level
	Step       int    // steps taken before
	MACs       int    // multiply-adds of a step
	Bytes      int    // memory of the compiled step
}

// Progress describes a run after a step.
type Progress struct {
	Step, Steps     int
	Loss            float64
	Penalties       []float64
	Names           []string // of the penalties
	DevAccuracy     float64  // of the last evaluation, NaN before the first
	Evaluated       bool     // at this step
	ImagesPerSecond float64
	Remaining       time.Duration
}

// Summary is the result of a run, and the content of summary.json.
type Summary struct {
	TestAccuracy    float64  `json:"test_accuracy"`
	TestErrorCount  int      `json:"test_error_count"`
	TestNLL         float64  `json:"test_nll"`
	TestImages      int      `json:"test_images"`
	DevAccuracy     *float64 `json:"dev_accuracy,omitempty"`
	Steps           int      `json:"steps"`
	Seconds         float64  `json:"seconds"`
	ImagesPerSecond float64  `json:"images_per_second"`
	Seed            uint64   `json:"seed"`
	Data            string   `json:"data"`
	TrainSize       int      `json:"train_size"`
	Model           string   `json:"model"`
	Parameters      int      `json:"parameters"`
	Regularizers    []string `json:"regularizers"`
	Threads         int      `json:"threads"`
	CPU             string   `json:"cpu"`
	Dir             string   `json:"dir,omitempty"`
}

// ErrInterrupted is returned when the context ended; the state has been saved if there is a folder.
var ErrInterrupted = errors.New("interrupted")

// The files of a run folder.
const (
	configFile     = "config.yaml"
	metricsFile    = "metrics.jsonl"
	checkpointFile = "checkpoint.safetensors"
	ModelFile      = "model.safetensors"
	summaryFile    = "summary.json"
	curveFile      = "curve.svg"
	lockFile       = ".lock"
)

// run is a run in progress.
type run struct {
	Options
	config     Config
	engine     *engine
	classifier *Classifier
	division   dataset.Division
	test       dataset.Subset
	data       *dataset.Dataset
	normalizer dataset.Normalizer
	devTables  dataset.Tables
	batches    *dataset.Batches
	journal    *journal
	progress   progress
	devScore   *float64
	rate       speedometer
}

// Run trains a model. When the context ends it finishes the step, saves, and returns ErrInterrupted.
func Run(ctx context.Context, cfg Config, opt Options) (Summary, error) {
	if opt.Threads == 0 {
		opt.Threads = runtime.GOMAXPROCS(0)
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	r := &run{Options: opt}
	release, err := r.prepare(cfg)
	if err != nil {
		return Summary{}, err
	}
	defer release()
	if err := r.fit(ctx); err != nil {
		return Summary{}, err
	}
	return r.finish()
}

// prepare does everything that can fail before the first step.
func (r *run) prepare(cfg Config) (release func(), err error) {
	level, err := kernel.Active()
	if err != nil {
		return nil, fault.Input(err)
	}
	p, err := cfg.resolve()
	if err != nil {
		return nil, err
	}
	if r.data, err = dataset.Open(cfg.Data, r.DataDirs...); err != nil {
		return nil, err
	}
	if err := r.divide(&cfg); err != nil {
		return nil, err
	}
	r.config = cfg
	r.devTables = r.tables(r.division.Dev)
	if r.batches, err = dataset.NewBatches(r.division.Train, r.normalizer, cfg.Batch, cfg.Seed); err != nil {
		return nil, err
	}
	classes := len(r.data.Classes)
	if r.engine, err = newEngine(cfg, p, r.data.Shape, classes, level, r.Threads); err != nil {
		return nil, err
	}
	if r.classifier, err = newClassifier(p, r.data.Shape, classes, evalBatch, level, r.Threads); err != nil {
		return nil, err
	}
	r.progress.sums = make([]float64, 1+len(p.regularizers))
	unlock, err := r.openFolder()
	if err != nil {
		return nil, err
	}
	return func() {
		r.engine.close()
		r.classifier.Close()
		unlock()
	}, nil
}

// divide reads the data and chooses the images and the normalization. The test images are read, too, so that a
// damaged file is found out now, but nothing looks at them before finish.
func (r *run) divide(cfg *Config) error {
	train, official, err := readParts(r.data)
	if err != nil {
		return err
	}
	if cfg.TrainSize == 0 {
		cfg.TrainSize = train.Len()
	}
	if cfg.PaperProtocol {
		r.division, r.test, err = dataset.DividePaper(train, official, cfg.TrainSize, cfg.Seed)
	} else {
		r.division, err = dataset.Divide(train, cfg.TrainSize, cfg.Seed)
		r.test = dataset.Whole(official)
	}
	if err != nil {
		return err
	}
	r.normalizer = dataset.Statistics(r.division.Train)
	return nil
}

// readParts reads both parts of a data set at once.
func readParts(d *dataset.Dataset) (train, test *dataset.Part, err error) {
	failed := make(chan error)
	go func() {
		var err error
		test, err = d.Test()
		failed <- err
	}()
	train, err = d.Train()
	return train, test, errors.Join(err, <-failed)
}

// tables returns the normalization of a subset: that of the training images, but under the paper's protocol
// its own.
func (r *run) tables(s dataset.Subset) dataset.Tables {
	if r.config.PaperProtocol {
		return dataset.Statistics(s).Tables()
	}
	return r.normalizer.Tables()
}

// path returns the place of a file of the run folder.
func (r *run) path(name string) string { return filepath.Join(r.Dir, name) }

// openFolder creates the run folder, or opens it and restores the run. It writes a checkpoint and reads it
// back, so that a folder that cannot hold one is found out before the first step.
func (r *run) openFolder() (unlock func(), err error) {
	if r.Dir == "" {
		return func() {}, nil
	}
	if !r.Resume {
		if err := createFolder(r.Dir); err != nil {
			return nil, err
		}
	}
	unlock, err = filelock.Acquire(r.path(lockFile))
	if err != nil {
		return nil, fault.Inputf("run folder %s: %w", r.Dir, err)
	}
	if err := r.restore(); err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

// createFolder makes a new folder; one with anything in it is an error.
func createFolder(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case err == nil && len(entries) > 0:
		return fault.Inputf("run folder %s exists and is not empty; choose another with --out, or continue it with --resume %s", dir, dir)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return fault.Inputf("run folder %s: %w", dir, err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fault.Inputf("run folder: %w", err)
	}
	return nil
}

// restore brings the run to where its folder says it is.
func (r *run) restore() error {
	if _, err := os.Stat(r.path(summaryFile)); err == nil {
		return fault.Inputf("run %s is complete; there is nothing to resume", r.Dir)
	}
	if r.Resume {
		p, err := r.engine.restore(r.path(checkpointFile))
		switch {
		case err == nil:
			r.progress = p
		case !errors.Is(err, fs.ErrNotExist): // without a checkpoint the run begins again
			return err
		}
	}
	data, err := r.config.YAML()
	if err == nil && !r.Resume {
		err = atomicfile.WriteBytes(r.path(configFile), data)
	}
	if err != nil {
		return err
	}
	if r.journal, err = openJournal(r.path(metricsFile), r.progress.metricsBytes); err != nil {
		return err
	}
	if err := r.checkpoint(); err != nil {
		return err
	}
	_, err = r.engine.restore(r.path(checkpointFile))
	return err
}

// checkpoint saves the run's state, if there is a folder and the state is sound.
func (r *run) checkpoint() error {
	if r.Dir == "" {
		return nil
	}
	if !r.engine.finite() {
		return r.engine.diverged(r.progress.step, "a parameter", nan)
	}
	if err := r.journal.sync(); err != nil {
		return err
	}
	r.progress.metricsBytes = r.journal.bytes
	return r.engine.save(r.path(checkpointFile), r.progress)
}

// finish evaluates the model on the test images, once, and writes the results.
func (r *run) finish() (Summary, error) {
	r.classifier.load(r.engine)
	score, err := r.classifier.score(r.test, r.tables(r.test))
	if err != nil {
		return Summary{}, err
	}
	level, err := kernel.Active()
	if err != nil {
		return Summary{}, err
	}
	s := Summary{
		TestAccuracy: score.Accuracy(), TestErrorCount: score.Errors, TestNLL: score.NLL(), TestImages: score.Images,
		DevAccuracy: r.devScore, Steps: r.config.Steps, Seconds: r.progress.seconds,
		ImagesPerSecond: float64(r.config.Steps*r.config.Batch) / r.progress.seconds, Seed: r.config.Seed,
		Data: r.config.Data, TrainSize: r.config.TrainSize, Model: r.config.Model, Parameters: r.engine.params.Count(),
		Regularizers: r.config.Regularizers, Threads: r.Threads, CPU: level.String(), Dir: r.Dir,
	}
	if r.Dir == "" {
		return s, nil
	}
	return s, r.writeResults(s)
}

// writeResults writes the files of a finished run, the summary last.
func (r *run) writeResults(s Summary) error {
	shape := r.data.Shape
	card := Card{
		Model: r.config.Model, Data: r.config.Data, Classes: r.data.Classes,
		Channels: shape.C, Height: shape.H, Width: shape.W, Normalizer: r.normalizer,
	}
	if err := saveModel(r.path(ModelFile), r.engine, card); err != nil {
		return err
	}
	if err := r.journal.close(); err != nil {
		return err
	}
	metrics, err := ReadMetrics(r.path(metricsFile))
	if err != nil {
		return err
	}
	if err := report.WriteCurve(r.path(curveFile), curve(r.config, metrics)); err != nil {
		return fmt.Errorf("%s: %w", r.path(curveFile), err)
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(r.path(summaryFile), append(data, '\n'))
}

// curve collects the series of a run's learning curve.
func curve(cfg Config, metrics []Metrics) report.Curve {
	c := report.Curve{Title: fmt.Sprintf("%s, %d images, %s, seed %d", cfg.Data, cfg.TrainSize, cfg.Model, cfg.Seed)}
	loss := report.Series{Name: "loss"}
	penalties := map[string]*report.Series{}
	var order []string
	for _, text := range cfg.Regularizers {
		name := nameOf(text)
		penalties[name] = &report.Series{Name: name}
		order = append(order, name)
	}
	for _, m := range metrics {
		loss.Add(float64(m.Step), m.Loss)
		for name, v := range m.Penalties {
			if s := penalties[name]; s != nil {
				s.Add(float64(m.Step), v)
			}
		}
		if m.DevAccuracy != nil {
			c.Accuracy.Add(float64(m.Step), *m.DevAccuracy)
		}
	}
	c.Accuracy.Name = "dev accuracy"
	c.Losses = append(c.Losses, loss)
	for _, name := range order {
		c.Losses = append(c.Losses, *penalties[name])
	}
	return c
}
