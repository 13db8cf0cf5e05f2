package classify

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"slices"

	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/build"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/runfolder"
)

// modelFormat is raised when the meaning of a model file changes.
const modelFormat = "gradreg-model-1"

// ModelInfo is what a model file says about its model.
type ModelInfo struct {
	Format   string     `json:"format"`
	Version  string     `json:"version"` // of the program that wrote it
	Model    model.Spec `json:"model"`
	Data     string     `json:"data"`
	Classes  []string   `json:"classes"`
	Channels int        `json:"channels"`
	Height   int        `json:"height"`
	Width    int        `json:"width"`
	// how pictures become squares, of a model of a folder of pictures
	Fit        string             `json:"fit,omitempty"`
	Normalizer dataset.Normalizer `json:"normalizer"`
	// what it learned, a name of package task; empty for classes
	Task    string           `json:"task,omitempty"`
	Targets *dataset.Scaling `json:"targets,omitempty"` // of the numbers of regression
	// SHA-256 of the images, as the seed divided those of a folder
	DataDigest string `json:"data_digest,omitempty"`
	TestDigest string `json:"test_digest,omitempty"` // SHA-256 of what the test images are made of, whatever their size
	// how its convolutions are computed, as in its training: one of engine.Convolutions; empty for auto
	Convolution engine.Convolution `json:"convolution,omitempty"`
}

// engine returns what computes the model's answers.
func (c ModelInfo) engine(threads int) (engine.Engine, error) {
	return engine.Native(engine.Options{Threads: threads, Convolution: c.Convolution})
}

// shape returns the extent of the model's images.
func (c ModelInfo) shape() dataset.Shape {
	return dataset.Shape{C: c.Channels, H: c.Height, W: c.Width}
}

// saveModel writes the weights and what predicting needs.
func saveModel(path string, params *nn.Params, from nn.Holder, card ModelInfo) error {
	card.Format, card.Version = modelFormat, build.Current().Version
	text, err := json.Marshal(card)
	if err != nil {
		return err
	}
	f := tensorfile.File{Tensors: map[string]tensorfile.Tensor{}, Metadata: map[string]string{"gradreg": string(text)}}
	err = params.Each(from, func(p *nn.Param, values []float32) error {
		if !p.Auxiliary {
			f.Tensors[p.Name] = tensorfile.Tensor{Shape: p.Expr.Shape(), F32: slices.Clone(values)}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error { return tensorfile.Write(w, f) })
}

// SavedModel is a trained model that classifies images. Any number of goroutines may ask it at the
// same time: as many as it has threads are answered at once, each with memory of its own for the
// images and one memory of the weights for all; others wait. An answer does not depend on what else
// is asked.
type SavedModel struct {
	ModelInfo
	arch   model.Model
	pool   *pool
	tables dataset.Tables
}

// limits of what a model file can make us allocate.
const (
	maxClasses = 1 << 16
	maxExtent  = 1 << 12
)

// Load reads a model file. batch is the number of images that are classified at a time, 1 for
// single ones, threads the number of workers, 0 for one per processor. Errors of the file are the
// input's fault.
func Load(path string, batch, threads int) (*SavedModel, error) {
	return load(path, nil, batch, threads)
}

// LoadArchitecture is Load for a model of one's own, as Config.Architecture had it: it has the
// String that the file names.
func LoadArchitecture(path string, arch model.Model, batch, threads int) (*SavedModel, error) {
	return load(path, arch, batch, threads)
}

func load(path string, arch model.Model, batch, threads int) (*SavedModel, error) {
	if batch < 1 {
		return nil, fault.Inputf("batch is %d, expected at least 1", batch)
	}
	m, err := readModel(func(accept func(tensorfile.Header) error) (tensorfile.File, error) {
		return tensorfile.ReadFile(path, accept)
	}, arch, batch, threads)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fault.Missingf("%s: not found, expected a model file", path)
	case errors.As(err, new(unstarted)):
		return nil, fault.Inputf("%s: %w", path, err)
	}
	return m, err
}

// unstarted is the error of a file that was read whole and has no model that works.
type unstarted struct{ error }

func (u unstarted) Unwrap() error { return u.error }

// readModel builds the model of a file that read reads when its header is accepted.
func readModel(
	read func(accept func(tensorfile.Header) error) (tensorfile.File, error), arch model.Model,
	batch, threads int,
) (*SavedModel, error) {
	m := &SavedModel{}
	var c *classifier
	f, err := read(func(h tensorfile.Header) (err error) {
		c, err = m.describe(h, arch, batch)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := m.start(c, f, threads); err != nil {
		return nil, unstarted{err}
	}
	return m, nil
}

// describe makes of a file's header the description of its model, of package model if arch is nil.
// The file has tensors of exactly the sizes that the model's have, which bounds what is read of it.
func (m *SavedModel) describe(h tensorfile.Header, arch model.Model, batch int) (*classifier, error) {
	var err error
	if m.ModelInfo, err = newCard(h); err != nil {
		return nil, err
	}
	if m.arch, err = m.architecture(arch); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	c, err := newClassifier(m.arch, m.shape(), len(m.Classes), batch)
	if err != nil {
		return nil, err
	}
	params := c.params.All()
	if len(h.Shapes) != len(params) {
		return nil, fmt.Errorf("holds %d tensors, expected the %d of %s", len(h.Shapes), len(params), m.Model)
	}
	for _, p := range params {
		if err := runfolder.CheckShape(h, p.Name, p.Expr.Shape()); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// architecture returns the model that the card names, or the given one, if it is that.
func (c ModelInfo) architecture(given model.Model) (model.Model, error) {
	if given == nil {
		m, err := c.Model.Model()
		if err != nil {
			err = fmt.Errorf("%w; an architecture of one's own is read by LoadArchitecture or ExamineArchitecture", err)
		}
		return m, err
	}
	if err := given.Validate(); err != nil {
		return nil, err
	}
	if given.String() != c.Model.String() {
		return nil, fmt.Errorf("found %s, expected the given %s", c.Model, given)
	}
	return given, nil
}

// start compiles the network and gives it its weights. The network's memory is allocated when the
// file is known to hold all of them, which bounds it.
func (m *SavedModel) start(c *classifier, f tensorfile.File, threads int) error {
	for _, p := range c.params.All() {
		if err := runfolder.CheckTensor(f, p.Name, p.Expr.Shape(), false); err != nil {
			return err
		}
	}
	if threads == 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	on, err := m.engine(threads)
	if err != nil {
		return err
	}
	if err := c.compile(on); err != nil {
		return err
	}
	if err := c.params.Load(c.program, func(p *nn.Param) []float32 { return f.Tensors[p.Name].F32 }); err != nil {
		return err
	}
	m.pool = newPool(c, threads, c.twin)
	m.tables = m.Normalizer.Tables()
	return nil
}

// check refuses a card that makes no sense.
func (c ModelInfo) check() error {
	switch {
	case c.Format != modelFormat:
		return fmt.Errorf("format is %q, expected %q", c.Format, modelFormat)
	case len(c.Classes) < c.leastClasses() || len(c.Classes) > maxClasses:
		return fmt.Errorf("%d classes, expected %d to %d", len(c.Classes), c.leastClasses(), maxClasses)
	case c.Channels < 1 || c.Height < 1 || c.Width < 1 || max(c.Channels, c.Height, c.Width) > maxExtent:
		return fmt.Errorf("images of %v, expected extents from 1 to %d", c.shape(), maxExtent)
	case len(c.Normalizer.Mean) != c.Channels || len(c.Normalizer.Std) != c.Channels:
		return fmt.Errorf("normalizer of %d channels, expected %d", len(c.Normalizer.Mean), c.Channels)
	}
	if _, err := c.Convolution.Resolve(); err != nil {
		return err
	}
	for ch, std := range c.Normalizer.Std {
		if std < 0 || std > 1 || c.Normalizer.Mean[ch] < 0 || c.Normalizer.Mean[ch] > 1 {
			return fmt.Errorf(
				"normalizer of channel %d is mean %v, std %v, expected 0 to 1", ch,
				c.Normalizer.Mean[ch], std,
			)
		}
	}
	return c.checkTask()
}

// Close waits for the answers that are under way and frees the model's workers. Whoever asks later
// gets [ErrClosed]; closing again does nothing.
func (m *SavedModel) Close() { m.pool.close() }

// Predict returns the class probabilities of an image given as bytes [C, H, W]; the probability of
// each label, or numbers in the units of the data, where those are the model's task.
func (m *SavedModel) Predict(image []byte) ([]float64, error) {
	all, err := m.PredictAll([][]byte{image})
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// PredictAll is Predict of any number of images, as many at a time as Load was asked for.
func (m *SavedModel) PredictAll(images [][]byte) ([][]float64, error) {
	size := m.shape().Size()
	for i, image := range images {
		if len(image) != size {
			return nil, fault.Inputf("image %d of %d bytes, expected the %d of %v", i, len(image), size, m.shape())
		}
	}
	c, err := m.pool.take()
	if err != nil {
		return nil, err
	}
	defer m.pool.give(c)
	all := make([][]float64, 0, len(images))
	for batch := range slices.Chunk(images, c.batch) {
		logits, err := c.run(func(x []float32) {
			// what an earlier batch left behind them is computed, too, and changes nothing
			for i, image := range batch {
				m.tables.Apply(x[i*size:(i+1)*size], image)
			}
		})
		if err != nil {
			return nil, err
		}
		for i := range batch {
			all = append(all, m.answer(logits[i*c.classes:(i+1)*c.classes], assess.Softmax))
		}
	}
	return all, nil
}

// Score classifies a subset of images.
func (m *SavedModel) Score(s dataset.Subset) (assess.Score, error) {
	l, err := m.answers(s, m.tables)
	if err != nil {
		return assess.Score{}, err
	}
	return l.Score(), nil
}

// answers classifies a subset under a normalization that need not be the model's.
func (m *SavedModel) answers(s dataset.Subset, t dataset.Tables) (*assess.Logits, error) {
	if err := m.checkImages(s); err != nil {
		return nil, err
	}
	c, err := m.pool.take()
	if err != nil {
		return nil, err
	}
	defer m.pool.give(c)
	return c.answers(s, t)
}

// checkImages refuses images that the model does not take.
func (m *SavedModel) checkImages(s dataset.Subset) error {
	if err := m.needsClasses("a score"); err != nil {
		return err
	}
	if s.Part == nil {
		return fault.Inputf("no images, expected at least one")
	}
	if s.Shape != m.shape() {
		return fault.Inputf("images of %v, but the model takes %v", s.Shape, m.shape())
	}
	for _, y := range s.Labels {
		if y < 0 || int(y) >= len(m.Classes) {
			return fault.Inputf("images of class %d, but the model knows %d classes", y, len(m.Classes))
		}
	}
	return nil
}
