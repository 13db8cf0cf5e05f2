package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/gan/features"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/foreign"
)

// ganScoreOptions are the flags of gradreg gan score.
type ganScoreOptions struct {
	ganSubject
	features string
	count    int
	plain    bool
}

func (a *app) ganScoreCommand() *cobra.Command {
	o := &ganScoreOptions{}
	cmd := &cobra.Command{
		Use:   "score RUN|FOLDER",
		Short: "Say how good samples are",
		Long: `Compare samples of a generator, or the pictures of a folder, with real images: with training images that the network of the
features has not seen. Beside each score stands that of as many real images that no one was trained on, which is what
perfect samples have.

Features are those of a classifier that is trained on two thirds of the training images, once, and kept in the cache folder;
--features names another. A second network with random weights should rank alike. Scores are named after the
network: FD, lenet-84 is a Fréchet distance of the 84 features of a LeNet, which compares with no FID. All images are
rounded to 8 bits.

  FD, FD∞, KD             distance of the features: 0 is best; FD grows with fewer images, FD∞ is without that, KD too
  precision, density      how many samples look real
  recall, coverage        how much of the real images' variety is there
  class KL, classes hit   whether all classes are there, as often as in the data
  confident share         of the samples that the classifier puts at more than 90 %
  copying C_T             below −3 samples are nearer to the training images than new real ones are; far above 0 farther

Points have modes: how many are hit, and the share of points on one. Of three digits stacked in the channels of an image it is
their 1000 modes.`,
		Example: `  # A run against its own data
  gradreg gan score runs/gan-mnist

  # Pictures of any origin against a data set, or a folder
  gradreg gan score samples/ --against mnist
  gradreg gan score samples/ --against ~/photos --features runs/photos-all-resnet-datagrad-s1`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error { return a.runGanScore(cmd, o, list[0]) },
	}
	f := cmd.Flags()
	o.flags(cmd)
	f.StringVar(&o.features, "features", "", "run folder or model file of the classifier whose features to use")
	f.IntVarP(&o.count, "number", "n", 0, fmt.Sprintf(
		"how many samples (default as many as there are real images of each kind, at most %d; 26000 "+
			"of stacked images)", features.MostImages))
	f.BoolVar(&o.plain, "plain", false, "no progress bar")
	complete(cmd, "features", completeFolders)
	return cmd
}

// ganScored is what gradreg gan score says in JSON.
type ganScored struct {
	Subject string `json:"subject"`
	Against string `json:"against"`
	Steps   int    `json:"steps,omitempty"` // of the run
	Seed    uint64 `json:"seed"`            // of the samples
	features.Scores
}

// stackedCount is the number of samples of published tables of stacked digits.
const stackedCount = 26000

func (a *app) runGanScore(cmd *cobra.Command, o *ganScoreOptions, path string) error {
	var err error
	if o.count < 0 || o.count == 1 {
		return usage{fmt.Errorf("-n is %d, expected at least 2", o.count)}
	}
	if o.threads, err = a.threadCount(cmd, o.threads); err != nil {
		return err
	}
	ctx, stop := interruptible(cmd.Context())
	defer stop()
	if err := o.open(path); err != nil {
		return err
	}
	defer o.close()
	done := ganScored{Subject: path, Against: o.config.Data, Seed: o.seed}
	if o.generator != nil {
		done.Steps = o.generator.Steps
	}
	if set, ok := gan.PointSetOf(o.config.Data); ok {
		if o.features != "" {
			return usage{fmt.Errorf("found --features, but %s are points, which have none", o.config.Data)}
		}
		done.Scores, err = o.points(set)
	} else {
		done.Scores, err = a.scoreImages(ctx, o)
	}
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(done)
	}
	return a.printScores(done)
}

// points scores a generator of points.
func (o *ganScoreOptions) points(set gan.PointSet) (features.Scores, error) {
	if o.generator == nil || len(o.generator.Shape) != 1 || o.generator.Shape[0] != set.Dimensions {
		return features.Scores{}, fault.Inputf(
			"%s are points of %d coordinates, expected the run of a generator of such", set.Name,
			set.Dimensions,
		)
	}
	if o.count == 0 {
		o.count = features.MostImages
	}
	samples := make([]float32, o.count*set.Dimensions)
	if err := o.generator.Sample(o.seed, 0, o.count, samples); err != nil {
		return features.Scores{}, err
	}
	return features.ScorePoints(set, o.config.Seed, samples)
}

// scoreImages scores images.
func (a *app) scoreImages(ctx context.Context, o *ganScoreOptions) (features.Scores, error) {
	set, err := a.openSet(ctx, &o.ganSubject)
	if err != nil {
		return features.Scores{}, err
	}
	n := min(features.MostImages, set.Count())
	if set.Stacked {
		n = stackedCount
	}
	if o.count > 0 && (set.Stacked || o.count < n) {
		n = o.count
	} else if o.count > n {
		return features.Scores{}, fault.Inputf(
			"-n is %d, but there are %d real images of each kind to compare with", o.count, n,
		)
	}
	networks, note, err := a.networks(ctx, o, set)
	defer func() {
		for _, n := range networks {
			n.Close()
		}
	}()
	if err != nil {
		return features.Scores{}, err
	}
	images, scaled, err := o.images(ctx, set.Shape, set.Stacked, n)
	if err != nil {
		return features.Scores{}, err
	}
	var scores features.Scores
	if set.Stacked {
		scores, err = set.Stack(images, networks[0])
	} else {
		scores, err = set.Score(ctx, images, networks, o.config.Flip, a.telling())
	}
	if note != "" {
		scores.Notes = append(scores.Notes, note)
	}
	if scaled > 0 {
		scores.Notes = append(
			scores.Notes,
			fmt.Sprintf("%d of %d pictures were scaled to %v, which moves all scores", scaled, len(images), set.Shape),
		)
	}
	return scores, err
}

// telling returns what says in a line what is being done, where somebody watches.
func (a *app) telling() func(string) {
	if !a.watched() {
		return nil
	}
	return func(what string) { a.note(what + " …") }
}

// networks returns those that look at the images: a classifier, if there is one, and a random one.
func (a *app) networks(
	ctx context.Context, o *ganScoreOptions, set *features.Set,
) (list []*features.Network, note string, err error) {
	switch {
	case o.features != "":
		n, err := loadFeatures(o.features, o.threads, set)
		if err != nil {
			return list, "", err
		}
		list = append(list, n)
	case set.Classes == nil:
		note = set.Data + " has no classes to train a classifier of: its features would tell more (--features RUN)"
	default:
		n, err := a.classifierOf(ctx, o, set)
		if err != nil {
			return list, "", err
		}
		list = append(list, n)
	}
	if set.Stacked {
		if len(list) == 0 {
			err = fault.Inputf("%s has no classes, expected such as digits have", set.Data)
		}
		return list, note, err
	}
	n, err := features.Random(set.Shape, o.threads)
	if err != nil {
		return list, "", err
	}
	return append(list, n), note, nil
}

// loadFeatures loads the classifier of a run folder, or of a model file, for the images of a set.
func loadFeatures(path string, threads int, set *features.Set) (*features.Network, error) {
	if isGenerator(path) {
		return nil, fault.Inputf("%s is the run of a generator, expected that of a classifier", path)
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, classify.ModelFile)
	}
	n, err := features.Load(path, threads)
	if err != nil {
		return nil, err
	}
	if n.Shape != set.Shape {
		n.Close()
		return nil, fault.Inputf("%s takes images of %v, but those of %s are %v", path, n.Shape, set.Data, set.Shape)
	}
	return n, nil
}

// classifierOf returns the classifier of a set, and shows its training.
func (a *app) classifierOf(ctx context.Context, o *ganScoreOptions, set *features.Set) (*features.Network, error) {
	show := a.newProgress(o.plain)
	show.data = set.Data
	defer show.close()
	n, err := set.Classifier(ctx, features.Training{
		Threads: o.threads, Stepped: show.stepped, Started: func(s classify.Start) {
			if a.watched() {
				a.note(fmt.Sprintf("training a classifier of %s for its features; it is kept for later", set.Data))
			}
			show.started(s)
		},
	})
	if errors.Is(err, classify.ErrInterrupted) || errors.Is(err, context.Canceled) {
		return nil, fmt.Errorf("%w; the same command goes on from here", classify.ErrInterrupted)
	}
	return n, err
}

// printScores prints scores as a table.
func (a *app) printScores(s ganScored) error {
	what := s.Subject
	if s.Steps > 0 {
		what += fmt.Sprintf(" after %d steps", s.Steps)
	}
	fmt.Fprintf(a.out, "%s against %s: %d samples\n", foreign.Line(what), foreign.Line(s.Against), s.Count)
	if s.ClassifierAccuracy != nil && len(s.Reports) > 0 {
		fmt.Fprintf(
			a.out, "%s classifies %.2f %% of new real images rightly\n", s.Reports[0].Features,
			100**s.ClassifierAccuracy,
		)
	}
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', tabwriter.AlignRight)
	var warnings []string
	for i, r := range s.Reports {
		if i == 0 {
			fmt.Fprint(w, "\nSCORE\tSAMPLES\tREAL\t\n")
		}
		for _, line := range r.Scores {
			fmt.Fprintf(w, "%s\t%s\t%s\t\n", line.Name, scoreText(line.Value, line.StandardError), realText(line.Real))
			if line.Warning != "" {
				warnings = append(warnings, line.Name+": "+line.Warning)
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	a.printModes(s.Scores)
	for _, r := range s.Reports {
		if h := r.Histogram; h != nil {
			fmt.Fprintf(a.out, "\nsamples of each class: %s\n", strings.Trim(fmt.Sprint(h.Counts), "[]"))
			fmt.Fprintf(a.out, "class KL of perfect samples at this number: about %.2g\n", h.Floor)
		}
	}
	if c := s.Copying; c != nil {
		fmt.Fprintf(a.out, "copying C_T, pixels: %.2f, %s (%d samples, %d held-out and %d training images)\n",
			c.CT, copyingText(c.CT), c.Generated, c.HeldOut, c.Train)
	}
	for _, n := range append(s.Notes, warnings...) {
		fmt.Fprintf(a.out, "note: %s\n", foreign.Line(n))
	}
	return nil
}

// printModes prints what samples of known modes have.
func (a *app) printModes(s features.Scores) {
	if g := s.Gaussians; g != nil {
		fmt.Fprintf(a.out, "\nmodes           %d of %d hit\n", g.Hit, g.Modes)
		fmt.Fprintf(
			a.out, "on a mode       %.1f %% of points within 3σ; of the data %.1f %%\n",
			100*g.OnMode, 100*g.RealOnMode,
		)
		fmt.Fprintf(
			a.out,
			"KL              %.4g of the modes and what is off them; %.4g of the points on modes\n",
			g.KL, g.ModeKL,
		)
	}
	if m := s.Modes; m != nil {
		fmt.Fprintf(a.out, "\nmodes           %d of %d hit\n", m.Hit, m.Modes)
		fmt.Fprintf(
			a.out,
			"KL              %.4g nats from uniform; of perfect samples at this number %.4g\n",
			m.KL, s.Floor.KL.Mean,
		)
		if s.ClassifierAccuracy != nil {
			fmt.Fprintf(a.out, "classifier      %.2f %% of new real images right\n", 100**s.ClassifierAccuracy)
		}
	}
}

func scoreText(v float64, e *float64) string {
	if e == nil {
		return fmt.Sprintf("%.4g", v)
	}
	return fmt.Sprintf("%.3g ± %.1g", v, *e)
}

func realText(v *float64) string {
	if v == nil {
		return ""
	}
	return fmt.Sprintf("%.4g", *v)
}

// copyingText says what the statistic of the copying test means.
func copyingText(ct float64) string {
	switch {
	case ct < -3:
		return "samples are copies of training images, or near"
	case ct <= 3:
		return "no sign of copying"
	}
	return "no copying: samples are farther from the training images than new real ones"
}
