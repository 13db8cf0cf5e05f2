package features

import (
	"context"
	"fmt"
	"slices"

	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/gan/score"
	"github.com/gradreg/gradreg/internal/fault"
)

// Scores are those of generated images, or points, beside those of as many real ones.
type Scores struct {
	Count   int            `json:"sample_count"`
	Reports []score.Report `json:"reports,omitempty"` // of each network
	// ClassifierAccuracy is the share of real images of the set's Other part that the first network
	// classifies rightly, where its classes are theirs.
	ClassifierAccuracy *float64 `json:"classifier_accuracy,omitempty"`
	// Copying is the test of copying in pixels.
	Copying *Copying `json:"copying,omitempty"`
	// Modes are those of stacked images, and Floor what perfect samples have.
	Modes *score.ModeScore `json:"modes,omitempty"`
	Floor *score.Floor     `json:"floor,omitempty"`
	// Gaussians are the modes of points.
	Gaussians *score.GaussianScore `json:"gaussians,omitempty"`
	Notes     []string             `json:"notes,omitempty"`
}

// Copying is a test of copying, with the numbers of images that it is of.
type Copying struct {
	score.CopyingScore
	Train     int `json:"train_count"`
	HeldOut   int `json:"held_out_count"`
	Generated int `json:"generated_count"`
}

// The bounds of scores: the largest set, and of the test of copying, whose time grows with their
// product, those of the training images and of the others.
const (
	MostImages      = 10000
	copyingTrain    = 10000
	copyingImages   = 2000
	copyingMost     = copyingImages * copyingTrain * 784
	copyingLeast    = 20
	floorDraws      = 20
	kernelSize      = 1000
	frechetMultiple = 6 // samples for each feature that a Fréchet distance and its limit need
)

// Count returns how many images of each kind the set has for scores.
func (s *Set) Count() int { return min(MostImages, s.Real.Len(), s.Other.Len()) }

// Score scores generated images [C, H, W] of bytes by networks. flipped says that the generator has
// learned from mirrored images, too; watch, if set, is told what happens.
func (s *Set) Score(
	ctx context.Context, generated [][]byte, networks []*Network, flipped bool, watch func(string),
) (Scores, error) {
	if err := fault.NoContext(ctx); err != nil {
		return Scores{}, err
	}
	if watch == nil {
		watch = func(string) {}
	}
	n := min(s.Count(), len(generated))
	if n < 2 {
		return Scores{}, fault.Inputf(
			"%d generated and %d real images, expected at least 2 of each", len(generated),
			s.Count(),
		)
	}
	out := Scores{Count: n}
	for i, network := range networks {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		watch("scores by " + network.Name)
		report, err := s.report(generated[:n], network, n)
		if err != nil {
			return out, fmt.Errorf("%s: %w", network.Name, err)
		}
		out.Reports = append(out.Reports, report)
		if i == 0 {
			if out.ClassifierAccuracy, err = s.accuracy(network, n); err != nil {
				return out, err
			}
		}
	}
	watch("copying")
	err := s.copying(&out, generated[:n], flipped)
	return out, err
}

// sees reports whether a network knows the set's classes.
func (s *Set) sees(n *Network) bool { return s.Classes != nil && slices.Equal(n.Classes, s.Classes) }

// report scores by one network.
func (s *Set) report(generated [][]byte, network *Network, n int) (score.Report, error) {
	sets := score.Sets{Features: network.Name}
	var err error
	var mine, other score.Matrix
	if sets.Generated, mine, err = network.Of(generated); err != nil {
		return score.Report{}, err
	}
	if sets.Real, _, err = network.Of(Images(s.Real, n)); err != nil {
		return score.Report{}, err
	}
	if sets.Other, other, err = network.Of(Images(s.Other, n)); err != nil {
		return score.Report{}, err
	}
	if s.sees(network) {
		sets.Classifier, sets.GeneratedClasses, sets.OtherClasses, sets.Shares = network.Name, mine, other, s.Shares
	}
	return Measure(sets)
}

// Measure is [score.Measure] of any number of samples: of few no Fréchet distances, and kernel
// distances of smaller subsets.
func Measure(sets score.Sets) (score.Report, error) {
	report, err := measured(sets)
	size := subsetSize(sets.Real.N)
	for i, s := range report.Scores {
		if s.Key != score.KeyKernel || size == kernelSize {
			continue
		}
		warning := fmt.Sprintf(
			"of %d samples, in subsets of %d where %d are usual: small differences mean nothing",
			sets.Real.N, size, kernelSize,
		)
		if _, ok := report.Find(score.KeyFrechet); !ok {
			warning += fmt.Sprintf(
				"; a Fréchet distance of %d features needs %d samples", sets.Real.D, frechetMultiple*sets.Real.D,
			)
		}
		report.Scores[i].Warning = warning
	}
	return report, err
}

// subsetSize returns the samples of a subset of a kernel distance of n samples.
func subsetSize(n int) int { return min(kernelSize, max(2, n/2)) }

// measured is Measure without warnings of few samples' kernel distances.
func measured(sets score.Sets) (score.Report, error) {
	o := score.Options{Kernel: score.KernelOptions{Size: subsetSize(sets.Real.N)}}
	if sets.Real.N >= frechetMultiple*sets.Real.D {
		return score.Measure(sets, o)
	}
	return few(sets, o)
}

// few returns the scores that do not ask for many samples.
func few(s score.Sets, o score.Options) (score.Report, error) {
	r := score.Report{Features: s.Features, Classifier: s.Classifier}
	kernel, err := score.Kernel(s.Real, s.Generated, o.Kernel)
	if err != nil {
		return r, err
	}
	real, err := score.Kernel(s.Real, s.Other, o.Kernel)
	if err != nil {
		return r, err
	}
	add := func(key, name string, value, real float64) {
		r.Scores = append(r.Scores, score.Score{Key: key, Name: name + ", " + s.Features, Value: value, Real: &real})
	}
	add(score.KeyKernel, "KD", kernel.Mean, real.Mean)
	r.Scores[0].StandardError = &kernel.StandardError
	if s.Real.N <= 5 {
		return r, nil
	}
	near, err := score.Neighbours(s.Real, s.Generated, 0)
	if err != nil {
		return r, err
	}
	others, err := score.Neighbours(s.Real, s.Other, 0)
	if err != nil {
		return r, err
	}
	add(score.KeyPrecision, "precision", near.Precision, others.Precision)
	add(score.KeyRecall, "recall", near.Recall, others.Recall)
	add(score.KeyDensity, "density", near.Density, others.Density)
	add(score.KeyCoverage, "coverage", near.Coverage, others.Coverage)
	return r, nil
}

// accuracy returns how often a network is right on real images, nil of one without the classes.
func (s *Set) accuracy(network *Network, n int) (*float64, error) {
	if !s.sees(network) {
		return nil, nil
	}
	_, probabilities, err := network.Of(Images(s.Other, n))
	if err != nil {
		return nil, err
	}
	right := 0
	labels := Labels(s.Other, n)
	predicted, err := score.Predicted(probabilities)
	if err != nil {
		return nil, err
	}
	for i, class := range predicted {
		if class == labels[i] {
			right++
		}
	}
	share := float64(right) / float64(len(labels))
	return &share, nil
}

// Pixels returns images in rows of numbers, 0 to 1.
func Pixels(images [][]byte) score.Matrix {
	if len(images) == 0 {
		return score.Matrix{}
	}
	m := score.Matrix{N: len(images), D: len(images[0]), Values: make([]float32, 0, len(images)*len(images[0]))}
	for _, image := range images {
		for _, v := range image {
			m.Values = append(m.Values, float32(v)/255)
		}
	}
	return m
}

// copying tests whether the training images are copied.
func (s *Set) copying(out *Scores, generated [][]byte, flipped bool) error {
	train := Images(s.Train, copyingTrain)
	most := copyingMost / (len(train) * s.Shape.Size())
	n := min(copyingImages, most, len(generated), s.Other.Len())
	if n < copyingLeast {
		out.Notes = append(
			out.Notes,
			fmt.Sprintf("no test of copying: %d held-out images, expected at least %d", n, copyingLeast),
		)
		return nil
	}
	o := score.CopyingOptions{Cells: min(10, max(1, n/100))}
	if flipped {
		o.MirrorWidth = s.Shape.W
	}
	c, err := score.Copying(Pixels(train), Pixels(Images(s.Other, n)), Pixels(generated[:n]), o)
	if err != nil {
		return err
	}
	out.Copying = &Copying{c, len(train), n, n}
	if s.Train.Len() > len(train) {
		out.Notes = append(out.Notes, fmt.Sprintf(
			"copying was looked for in %d of the %d training images", len(train), s.Train.Len()))
	}
	return nil
}

// Stack scores generated images of three channels by the classes of their channels, as Metz et al.
// 2017 did.
func (s *Set) Stack(generated [][]byte, network *Network) (Scores, error) {
	if !s.sees(network) {
		return Scores{}, fault.Inputf("%s knows other classes than those of %s", network.Name, s.Data)
	}
	out := Scores{Count: len(generated)}
	size := s.Shape.Size()
	var classes [3][]int
	for ch := range classes {
		channel := make([][]byte, len(generated))
		for i, image := range generated {
			channel[i] = image[ch*size : (ch+1)*size]
		}
		_, probabilities, err := network.Of(channel)
		if err != nil {
			return out, err
		}
		if classes[ch], err = score.Predicted(probabilities); err != nil {
			return out, err
		}
	}
	k := len(s.Classes)
	stacked, err := score.Stacked(classes[0], classes[1], classes[2], k)
	if err != nil {
		return out, err
	}
	modes, err := score.Modes(stacked, k*k*k)
	if err != nil {
		return out, err
	}
	floor, err := score.ModeFloor(score.StackedShares(s.Shares), len(generated), floorDraws, 1)
	if err != nil {
		return out, err
	}
	out.Modes, out.Floor = &modes, &floor
	out.ClassifierAccuracy, err = s.accuracy(network, s.Count())
	return out, err
}

// ScorePoints scores generated points [n, D] by distances in the plane itself, and by their modes.
func ScorePoints(set gan.PointSet, seed uint64, generated []float32) (Scores, error) {
	d := set.Dimensions
	n := len(generated) / d
	out := Scores{Count: n}
	matrix := func(values []float32) score.Matrix { return score.Matrix{N: n, D: d, Values: values} }
	draw := func(first int) score.Matrix {
		values := make([]float32, n*d)
		set.Draw(seed, first, n, values)
		return matrix(values)
	}
	sets := score.Sets{Features: "points", Generated: matrix(generated), Real: draw(0), Other: draw(n)}
	report, err := Measure(sets)
	if err != nil {
		return out, err
	}
	out.Reports = append(out.Reports, report)
	if set.Centres == nil {
		return out, nil
	}
	mixture := score.Mixture{Centres: score.Matrix{N: len(set.Centres), D: d}, Sigma: set.Sigma}
	for _, c := range set.Centres {
		for _, v := range c {
			mixture.Centres.Values = append(mixture.Centres.Values, float32(v))
		}
	}
	modes, err := score.Gaussians(sets.Generated, mixture)
	out.Gaussians = &modes
	return out, err
}
