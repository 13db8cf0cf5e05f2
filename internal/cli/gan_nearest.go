package cli

import (
	"context"
	"fmt"
	"image"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/gan/features"
	"github.com/gradreg/gradreg/gan/figures"
	ganscore "github.com/gradreg/gradreg/gan/score"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/report"
)

// ganNearestOptions are the flags of gradreg gan nearest.
type ganNearestOptions struct {
	ganSubject
	features    string
	count       int
	shown, near int
	out         string
}

func (a *app) ganNearestCommand() *cobra.Command {
	o := &ganNearestOptions{}
	cmd := &cobra.Command{
		Use:   "nearest RUN|FOLDER",
		Short: "Show the training images nearest to samples",
		Long: `Find for each sample the nearest training images, in pixels or, with --features, in the features of a classifier, and draw the
samples that are nearest to one, each beside its nearest ones. Where they are the same picture, the generator has
learned it by heart. The distances of samples stand beside those of real images that it was not trained on: samples that are
nearer than these are suspect. Distances in pixels do not find a copy that is moved, those of features do.`,
		Example: `  # Of 256 samples the 8 that are nearest to a training image
  gradreg gan nearest runs/gan-mnist --out nearest.png

  # In the features of a classifier
  gradreg gan nearest runs/gan-mnist --features runs/mnist-2000-lenet-datagrad-s1`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error { return a.runGanNearest(cmd, o, list[0]) },
	}
	f := cmd.Flags()
	o.flags(cmd)
	f.StringVar(&o.features, "features", "", "run folder or model file of a classifier whose features to measure in")
	f.IntVarP(&o.count, "number", "n", 256, "how many samples to look at")
	f.IntVar(&o.shown, "show", 8, "how many of them to draw, those nearest to a training image first")
	f.IntVar(&o.near, "nearest", 5, "training images beside each")
	f.StringVar(&o.out, "out", "nearest.png", "picture to write (.png)")
	complete(cmd, "features", completeFolders)
	return cmd
}

// ganNear is what gradreg gan nearest says in JSON.
type ganNear struct {
	Subject string `json:"subject"`
	Against string `json:"against"`
	Steps   int    `json:"steps,omitempty"`
	Seed    uint64 `json:"seed"`
	Space   string `json:"space"` // pixels, or the network of the features
	Count   int    `json:"sample_count"`
	Train   int    `json:"train_count"`
	HeldOut int    `json:"held_out_count"`
	// Quantiles at 5, 25, 50, 75 and 95 % of the distance to the nearest training image.
	Samples []float64  `json:"sample_distances"`
	Real    []float64  `json:"held_out_distances"`
	Copies  int        `json:"copy_count"` // samples that are a training image, to the byte
	Nearest []nearPair `json:"nearest"`    // of the drawn samples
	Out     string     `json:"out"`
}

// nearPair is a sample with the training images nearest to it.
type nearPair struct {
	Sample int              `json:"sample_index"`
	Train  []ganscore.Match `json:"train"`
}

func (a *app) runGanNearest(cmd *cobra.Command, o *ganNearestOptions, path string) error {
	var err error
	switch {
	case o.count < 1 || o.count > features.MostImages:
		return usage{fmt.Errorf("-n is %d, expected 1 to %d", o.count, features.MostImages)}
	case o.shown < 1 || o.shown > 64:
		return usage{fmt.Errorf("--show is %d, expected 1 to 64", o.shown)}
	case o.near < 1 || o.near > 20:
		return usage{fmt.Errorf("--nearest is %d, expected 1 to 20", o.near)}
	}
	if err := checkPictureWritable("out", o.out, ".png"); err != nil {
		return err
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
	if isPoints(o.config.Data) {
		return fault.Inputf("%s are points, expected images", o.config.Data)
	}
	set, err := a.openSet(ctx, &o.ganSubject)
	if err != nil {
		return err
	}
	if set.Stacked {
		return fault.Inputf("%s is made anew for each image, expected a generator of images that there are", set.Data)
	}
	done, err := o.search(ctx, a, set)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(done)
	}
	a.printNearest(done)
	return nil
}

// search looks for the nearest images, and draws them.
func (o *ganNearestOptions) search(ctx context.Context, a *app, set *features.Set) (ganNear, error) {
	done := ganNear{Subject: o.path, Against: set.Data, Seed: o.seed, Out: o.out}
	if o.generator != nil {
		done.Steps = o.generator.Steps
	}
	samples, _, err := o.images(ctx, set.Shape, false, o.count)
	if err != nil {
		return done, err
	}
	train, held := features.Images(set.Train, set.Train.Len()), features.Images(set.Other, len(samples))
	done.Count, done.Train, done.HeldOut = len(samples), len(train), len(held)
	space, err := o.space(set)
	if err != nil {
		return done, err
	}
	defer space.Close()
	done.Space = space.Name
	if tell := a.telling(); tell != nil {
		tell(fmt.Sprintf("distances of %d samples to %d training images in %s", len(samples), len(train), space.Name))
	}
	matches, err := space.Nearest(ctx, train, samples, o.near)
	if err != nil {
		return done, err
	}
	done.Samples = features.Quantiles(matches)
	for _, m := range matches {
		if m[0].Distance == 0 {
			done.Copies++
		}
	}
	if len(held) > 0 {
		of, err := space.Nearest(ctx, train, held, 1)
		if err != nil {
			return done, err
		}
		done.Real = features.Quantiles(of)
	}
	for _, p := range ganscore.Closest(matches, o.shown) {
		done.Nearest = append(done.Nearest, nearPair{p.Generated, matches[p.Generated]})
	}
	return done, o.draw(done, set, samples, train)
}

// space returns pixels or features.
func (o *ganNearestOptions) space(set *features.Set) (features.Space, error) {
	if o.features == "" {
		return features.InPixels(set.Shape, o.config.Flip), nil
	}
	n, err := loadFeatures(o.features, o.threads, set)
	if err != nil {
		return features.Space{}, err
	}
	return n.Space(), nil
}

// draw draws samples beside their nearest training images.
func (o *ganNearestOptions) draw(done ganNear, set *features.Set, samples, train [][]byte) error {
	shape := []int{set.Shape.C, set.Shape.H, set.Shape.W}
	tiles := report.Tiles{
		Title: fmt.Sprintf(
			"Samples and the nearest of %d training images, by distance in %s", done.Train,
			done.Space,
		),
		Columns: 1 + o.near, Heads: []string{"sample", "nearest"},
	}
	tile := func(image []byte, lines ...string) error {
		m, err := pictureOf(image, shape)
		if err != nil {
			return err
		}
		tiles.List = append(tiles.List, report.Tile{Picture: figures.Magnify(m), Lines: lines})
		return nil
	}
	for _, p := range done.Nearest {
		if err := tile(samples[p.Sample], fmt.Sprintf("number %d", p.Sample)); err != nil {
			return err
		}
		for k := range o.near {
			if k >= len(p.Train) {
				tiles.List = append(tiles.List, report.Tile{})
				continue
			}
			line := fmt.Sprintf("%.3g", p.Train[k].Distance)
			if p.Train[k].Mirrored {
				line += ", mirrored"
			}
			if err := tile(train[p.Train[k].Index], line); err != nil {
				return err
			}
		}
	}
	return report.WriteTiles(o.out, tiles)
}

// pictureOf returns the picture of bytes [C, H, W].
func pictureOf(pixels []byte, shape []int) (image.Image, error) {
	values := make([]float32, len(pixels))
	for i, v := range pixels {
		values[i] = gan.Value(v)
	}
	return figures.Picture(values, shape)
}

// printNearest prints what was found.
func (a *app) printNearest(n ganNear) {
	w := a.out
	fmt.Fprintf(w, "%s against %s, distance in %s to the nearest of %d training images\n",
		foreign.Line(n.Subject), foreign.Line(n.Against), n.Space, n.Train)
	line := func(what string, q []float64) {
		if q != nil {
			fmt.Fprintf(
				w, "%-22s median %.4g, half of them %.4g to %.4g, 5 %% below %.4g\n", what, q[2],
				q[1], q[3], q[0],
			)
		}
	}
	line(fmt.Sprintf("%d samples", n.Count), n.Samples)
	line(fmt.Sprintf("%d held-out images", n.HeldOut), n.Real)
	if n.Copies > 0 {
		fmt.Fprintf(w, "%d samples are a training image to the byte\n", n.Copies)
	}
	fmt.Fprintf(w, "the nearest pairs       %s\n", foreign.Line(n.Out))
}
