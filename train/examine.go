package train

import (
	"context"
	"crypto/sha256"
	"path/filepath"
	"slices"

	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
)

// Subject is a finished run whose model can be asked for more than its answers to the test images.
type Subject struct {
	Evaluation
	Network    *assess.Network
	TestImages assess.Images // as Outcome.Test

	run *run
}

// Examine opens a finished run, and classifies its test images. Of the options it uses DataDirs and Threads.
func Examine(dir string, opt Options) (*Subject, error) { return examine(dir, nil, opt) }

// ExamineArchitecture is Examine for a run with a model of one's own, as Config.Architecture had it.
func ExamineArchitecture(dir string, arch model.Model, opt Options) (*Subject, error) {
	return examine(dir, arch, opt)
}

func examine(dir string, arch model.Model, opt Options) (*Subject, error) {
	cfg, err := FolderConfig(dir)
	if err != nil {
		return nil, err
	}
	m, err := load(filepath.Join(dir, ModelFile), arch, evalBatch, opt.Threads)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	moved := m.DataDigest != "" && !slices.Contains(dataset.Names(), m.Data) && !slices.Contains(dataset.Names(), cfg.Data)
	if m.Model != cfg.Model || m.Data != cfg.Data && !moved {
		return nil, fault.Inputf("%s holds the model %s of %s, but its config.yaml says %s of %s", dir, m.Model, m.Data, cfg.Model, cfg.Data)
	}
	r := &run{Options: opt, config: cfg, normalizer: m.Normalizer, classes: m.Classes}
	r.Dir = dir
	r.recorded = recordedBy(dir, cfg, m.DataDigest, m.TestDigest)
	if err := r.openTest(); err != nil {
		return nil, err
	}
	s := &Subject{Evaluation: Evaluation{Config: cfg}, TestImages: r.images(r.test), run: r}
	logits, err := m.answers(r.test, s.TestImages.Normalizer.Tables())
	if err != nil {
		return nil, err
	}
	s.Outcome = Outcome{cfg.title(), m.Classes, r.test, logits}
	s.Network, err = m.network(opt.Threads)
	return s, err
}

// Close ends the network's workers.
func (s *Subject) Close() {
	if s != nil {
		s.Network.Close()
	}
}

// Training returns the images that the run was trained on, as they were before augmentation.
func (s *Subject) Training() (assess.Images, error) {
	r, cfg := s.run, s.Config
	if err := r.recorded.check(cfg.Data, r.digest); err != nil { // the test images alone may be those of the run
		return assess.Images{}, err
	}
	normalizer := r.normalizer // that of the model's file: dividing again computes the same one
	if err := r.divide(&cfg); err != nil {
		return assess.Images{}, err
	}
	return assess.Images{Subset: r.division.Train, Normalizer: normalizer}, nil
}

// TestDigest identifies the files that the test images are made of, whatever size the run makes of
// them: runs where it is equal are tested on the same pictures.
func (s *Subject) TestDigest() string { return testDigest(s.Test) }

// TestHash is equal for runs whose test images and labels are the same, in the same order.
func (s *Subject) TestHash() [sha256.Size]byte {
	h := sha256.New()
	for _, i := range s.Test.Index {
		h.Write(s.Test.Image(i))
		h.Write([]byte{s.Test.Labels[i]})
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// openTest reads the images that a finished run is tested on. Where the run recorded what those are
// made of, its training images may have changed since.
func (r *run) openTest() (err error) {
	if r.data, r.digest, err = openRecorded(context.Background(), &r.config, r.Options, r.recorded); err != nil {
		return err
	}
	if r.config.PaperProtocol {
		if err := r.recorded.check(r.config.Data, r.digest); err != nil {
			return err
		}
		cfg, normalizer := r.config, r.normalizer
		err := r.divide(&cfg)
		r.normalizer = normalizer
		return err
	}
	same, err := r.sameTest()
	if err != nil || same {
		return err
	}
	if r.recorded.pictures { // of which others may have come to be test images
		if r.recorded.files, err = readTestFiles(r.path(testFiles)); err != nil {
			return err
		}
	}
	if r.recorded.files == nil {
		return r.recorded.check(r.config.Data, r.digest)
	}
	found := r.digest
	if r.data, r.digest, err = openRecorded(context.Background(), &r.config, r.Options, r.recorded); err != nil {
		return err
	}
	if same, err = r.sameTest(); err != nil || same {
		return err
	}
	return r.recorded.check(r.config.Data, found)
}

// sameTest takes the images of the test part, and reports whether they are made of what the run was
// tested on.
func (r *run) sameTest() (bool, error) {
	official, err := r.data.Test()
	if err != nil {
		return false, err
	}
	r.test = dataset.Whole(official)
	return r.recorded.test != "" && r.recorded.test == testDigest(r.test) && slices.Equal(r.classes, r.data.Classes), nil
}

// images returns a subset with its normalization: that of the training images, but under the paper's protocol its own.
func (r *run) images(s dataset.Subset) assess.Images {
	if r.config.PaperProtocol {
		return assess.Images{Subset: s, Normalizer: dataset.Statistics(s)}
	}
	return assess.Images{Subset: s, Normalizer: r.normalizer}
}

// network returns a network with the model's weights, which outlives the model.
func (m *SavedModel) network(threads int) (*assess.Network, error) {
	weights := map[string][]float32{}
	c := m.pool.first
	for _, p := range c.params.All() {
		weights[p.Name] = slices.Clone(c.program.Float(p.Expr))
	}
	return assess.NewNetwork(assess.NetworkOptions{
		Model: m.arch, Shape: m.shape(), Classes: len(m.Classes), Threads: threads,
		Weights: func(name string) []float32 { return weights[name] },
	})
}
