package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/gan/figures"
	"github.com/gradreg/gradreg/model/generative"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/train"
)

// ganTrainOptions are the flags of gradreg gan train.
type ganTrainOptions struct {
	config  gan.Config // as far as flags set it
	width   int
	preset  string
	file    string
	out     string
	resume  string
	dataDir string
	threads int
	plain   bool
}

func (a *app) ganTrainCommand() *cobra.Command {
	o := &ganTrainOptions{config: gan.Default()}
	cmd := &cobra.Command{
		Use:   "train",
		Short: "Train a generator and its critic",
		Long: `Train a generator of images, or of points, and the critic that it learns from.

Without flags: digits of MNIST by the relativistic objective, with the penalties R1 and R2 on the critic's slope at every
step. The run goes to a folder under runs/: the resolved configuration, metrics, a checkpoint, the generator with
averaged parameters as it stands, sheets of samples of the same noise (sheets/STEP.png, the last as samples.png), and at
the end growth.gif, curve.svg and a summary.

What is shown on the way, of a batch of real and generated samples:
  D(real)−D(fake)   how far the critic's scores of them lie apart, and the share of pairs that it ranks rightly: 50 % where it
                    cannot tell, near 100 % for long where the generator falls behind
  slope             of the critic at real samples, generated ones and between them; a penalty keeps it small
  memorizing        how much better than others it knows its training images: 0 % not at all, 100 % where images that it has
                    not seen are to it as generated ones; beyond 50 % more images or --augment help
A critic's loss alone says little, for its level drifts. It is in metrics.jsonl and curve.svg.

An interrupt (Ctrl-C) finishes the step, saves and prints how to go on; a second one stops at once. A run goes on with
--resume to the same bits.`,
		Example: `  # Digits, the first sheets within a minute
  gradreg gan train

  # Pictures of a folder, with or without folders for classes, as images of 64 pixels
  gradreg gan train --data ~/photos --size 64 --flip --augment brightness,contrast,shift,cutout

  # The setting of WGAN-GP
  gradreg gan train --preset wgan-gp

  # Another penalty, another objective
  gradreg gan train --objective original --reg r1:5

  # 25 Gaussians in the plane, a minute or two
  gradreg gan train --data gaussians-25

  # Go on after an interruption
  gradreg gan train --resume runs/gan-mnist`,
		Args: noData,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runGanTrain(cmd, o) },
	}
	f := cmd.Flags()
	c := &o.config
	f.StringVar(&c.Data, "data", c.Data, "data set: "+strings.Join(
		dataset.Names(), ", ",
	)+"; stacked:NAME for three grey "+
		"images in the channels of one; a folder of pictures; or points: "+strings.Join(pointSetNames(), ", "))
	f.StringVar(
		&o.dataDir, "data-dir", "",
		"folder with the data set's files (instead of GRADREG_DATA and the usual places)",
	)
	f.IntVar(&c.TrainSize, "train-size", c.TrainSize, "training images; 0 for all")
	f.IntVar(&c.Size, "size", 0, "side of the images that a folder's pictures become (default one that suits them)")
	f.BoolVar(&c.Flip, "flip", false, "mirror training images at random")
	f.StringVar(&o.preset, "preset", "", "settings of a publication: "+strings.Join(presetNames(), ", "))
	f.StringVar(&c.Objective, "objective", c.Objective, "what critic and generator want: "+
		strings.Join(gan.ObjectiveNames(), ", "))
	f.StringArrayVar(&c.Regularizers, "reg", c.Regularizers,
		"regularizer of the critic name:λ[,key=value]…, as r1:0.5 or frobreg:0.5,at=real, repeatable; instead of the "+
			"default "+strings.Join(c.Regularizers, " ")+", of points r1+r2:0.001; none for none")
	f.Lookup("reg").DefValue = "[]"
	f.StringVar(&c.Network, "network", c.Network, "generator and critic, with options: "+
		strings.Join(generative.Names(), ", ")+" (default for points and folders what suits them)")
	f.IntVar(&o.width, "width", 0, "width of the network, as its option width")
	f.IntVar(&c.Noise, "z", c.Noise, "numbers of the noise that a sample is made from")
	f.Float64Var(&c.HalfLife, "ema", c.HalfLife,
		"half-life of the average of the generator's parameters, in `images`; 0 for no average")
	f.StringVar(&c.Augment, "augment", c.Augment,
		"changes that the critic sees of real and generated images alike, for few images, as "+
			"brightness,contrast,shift,cutout")
	f.StringVar(&c.Optimizer, "optimizer", c.Optimizer, "optimizer of both networks, with options: "+
		strings.Join(optim.Names(), ", "))
	f.Float64Var(&c.LearningRate, "lr", c.LearningRate, "base learning rate")
	f.StringVar(
		&c.Schedule, "schedule", c.Schedule,
		"learning-rate schedule: "+strings.Join(optim.ScheduleNames(), ", "),
	)
	f.IntVar(&c.Steps, "steps", c.Steps, "steps of the generator")
	f.IntVar(&c.CriticSteps, "critic-steps", c.CriticSteps, "steps of the critic for each of them")
	f.IntVar(
		&c.Batch, "batch", 0,
		"samples per step (default 64, of a folder's pictures 32, of points 128; all training images if they "+
			"are fewer)",
	)
	f.Uint64Var(&c.Seed, "seed", c.Seed, "seed of images, weights, batches and noise")
	f.IntVar(&c.LogEvery, "log-every", c.LogEvery, "steps between lines of metrics")
	f.IntVar(
		&c.SheetEvery, "sheet-every", c.SheetEvery,
		"steps between sheets of samples; 0 for the first and the last alone",
	)
	f.IntVar(&c.CheckpointEvery, "checkpoint-every", c.CheckpointEvery, "steps between checkpoints")
	f.StringVar(&o.file, "config", "", "configuration file (YAML); flags override it")
	f.StringVar(&o.out, "out", "", "run folder to create (default runs/gan-DATA, numbered if it exists)")
	f.StringVar(&o.resume, "resume", "", "run folder to continue")
	convolutionFlag(cmd, &c.Convolution)
	threadsFlag(cmd, &o.threads)
	f.BoolVar(&o.plain, "plain", false, "no progress bar")
	completeGanFlags(cmd)
	return cmd
}

func pointSetNames() (names []string) {
	for _, s := range gan.PointSets() {
		names = append(names, s.Name)
	}
	return names
}

func presetNames() (names []string) {
	for _, p := range gan.Presets() {
		names = append(names, p.Name)
	}
	return names
}

func (a *app) runGanTrain(cmd *cobra.Command, o *ganTrainOptions) error {
	cfg, err := o.configuration(cmd)
	if err != nil {
		return err
	}
	if err := wantsPictures("data", sourceOf(cfg.Data).Dir()); err != nil {
		return err
	}
	if isPoints(cfg.Data) && cmd.Flags().Changed("data-dir") {
		return usage{fmt.Errorf("found --data-dir, but %s are points, which no file has", cfg.Data)}
	}
	if err := checkDataDir(cmd, sourceOf(cfg.Data)); err != nil {
		return err
	}
	opt := gan.RunOptions{
		Dir: o.resume, Resume: o.resume != "", DataDirs: a.dataDirs(o.dataDir), Now: a.now, Draw: figures.Draw,
	}
	if opt.Threads, err = a.threadCount(cmd, o.threads); err != nil {
		return err
	}
	if o.out != "" {
		opt.Dir = o.out
	}
	if opt.Dir == "" {
		opt.Dir, opt.Number = ganFolderName(cfg), true
	}
	if err := cfg.Validate(); err != nil {
		return err
	}
	return a.trainGan(cmd.Context(), cfg, opt, o.plain)
}

// trainGan runs and reports.
func (a *app) trainGan(ctx context.Context, cfg gan.Config, opt gan.RunOptions, plain bool) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	reading := a.newFolderProgress(plain)
	opt.Reading = reading.report
	show := a.newGanProgress(plain)
	opt.Started = func(s gan.Start) {
		reading.close()
		a.warnProblems(sourceOf(cfg.Data).Dir(), s.Data.Report)
		if !opt.Resume {
			a.noteDoubts(cfg)
		}
		show.started(s)
	}
	opt.Stepped = show.stepped
	opt.Sheet = func(dir string, s gan.Sheet) error {
		if err := figures.Sheet(dir, s); err != nil {
			return err
		}
		show.sheet(dir, s.Step)
		return nil
	}
	summary, err := gan.Run(ctx, cfg, opt)
	reading.close()
	show.close()
	switch {
	case errors.Is(err, gan.ErrInterrupted) && show.dir != "":
		return fmt.Errorf("%w; continue with: gradreg gan train --resume %s", err, quoted(show.dir))
	case errors.As(err, new(train.Divergence)) && show.dir != "":
		return fmt.Errorf(
			"%w; the state of the last checkpoint and the generator of the last sheet stay in %s",
			err, quoted(show.dir),
		)
	case err != nil:
		return err
	}
	if a.json {
		return a.printJSON(struct {
			gan.Summary
			Dir string `json:"dir"`
		}{summary, show.dir})
	}
	a.printGanSummary(summary, show.dir)
	return nil
}

// noteDoubts says what a user of a configuration should know.
func (a *app) noteDoubts(cfg gan.Config) {
	for _, doubt := range cfg.Warnings() {
		a.note("note: " + doubt)
	}
	if s, err := optim.ParseSchedule(cfg.Schedule); err == nil && s.Warmup >= cfg.Steps {
		a.note(fmt.Sprintf(
			"note: the learning rate rises for %d steps, and the run has no more than %d", s.Warmup,
			cfg.Steps,
		))
	}
}

// ganFolderName returns a folder under runs/ that says what the run is.
func ganFolderName(cfg gan.Config) string {
	source := sourceOf(cfg.Data)
	data := source.Name()
	if source.Dir() != "" {
		data = shortened(data)
	}
	if strings.HasPrefix(cfg.Data, gan.StackedPrefix) {
		data = "stacked-" + data
	}
	return filepath.Join(defaultRuns, "gan-"+data)
}
