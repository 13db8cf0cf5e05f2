package classify

import (
	"context"
	"crypto/sha256"
	"slices"

	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
)

// Examined is a finished run whose model can be asked for more than its answers to the test images.
type Examined struct {
	Evaluation
	Network    *assess.Network
	TestImages assess.Images // as Outcome.Test
	// Notes say what of the images is not as it was when the run was trained.
	Notes []string

	run *run
}

// Examine opens a finished run, and classifies its test images. Of the options it uses DataDirs and
// Threads.
func Examine(ctx context.Context, dir string, opt Options) (*Examined, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, err
	}
	return examine(ctx, dir, nil, opt)
}

// ExamineArchitecture is Examine for a run with a model of one's own, as Config.Architecture had
// it.
func ExamineArchitecture(ctx context.Context, dir string, arch model.Model, opt Options) (*Examined, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, err
	}
	return examine(ctx, dir, arch, opt)
}

func examine(ctx context.Context, dir string, arch model.Model, opt Options) (*Examined, error) {
	o, err := OpenRun(ctx, dir, opt)
	if err != nil {
		return nil, err
	}
	o.arch = arch
	return o.Examine()
}

// Close ends the network's workers.
func (s *Examined) Close() {
	if s != nil {
		s.Network.Close()
	}
}

// Training returns the images that the run was trained on, as they were before augmentation. Where
// pictures have changed since, it is what is left of them, and Notes says so.
func (s *Examined) Training(ctx context.Context) (assess.Images, error) {
	if err := fault.NoContext(ctx); err != nil {
		return assess.Images{}, err
	}
	r, cfg := s.run, s.Config
	normalizer := r.normalizer // that of the model's file: dividing again computes the same one
	part, notes, err := r.training(ctx, &cfg)
	s.Notes = append(s.Notes, notes...)
	return assess.Images{Subset: part, Normalizer: normalizer}, err
}

// TestDigest identifies the files that the test images are made of, whatever size the run makes of
// them: runs where it is equal are tested on the same pictures.
func (s *Examined) TestDigest() string { return testDigest(s.Test) }

// TestHash is equal for runs whose test images and labels are the same, in the same order.
func (s *Examined) TestHash() [sha256.Size]byte {
	return s.Test.Hash(len(s.Classes))
}

// images returns a subset with its normalization: that of the training images, but under the
// paper's protocol its own.
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
	err := c.params.Each(c.program, func(p *nn.Param, values []float32) error {
		weights[p.Name] = slices.Clone(values)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return assess.NewNetwork(assess.NetworkOptions{
		Model: m.arch, Shape: m.shape(), Classes: len(m.Classes), Threads: threads, Convolution: m.Convolution,
		Weights: func(name string) []float32 { return weights[name] },
	})
}
