package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/classify/figures"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/dataset/augment"
	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/dataset/picture"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/task"
)

// trainOptions are the flags of gradreg train.
type trainOptions struct {
	config  classify.Config // as far as flags set it
	file    string
	out     string
	resume  string
	dataDir string
	threads int
	plain   bool
	fast    bool
	strict  bool
	finish  bool
	named   map[string]bool // fields that the file has

	finetune     bool
	featureCache string
}

func (a *app) trainCommand() *cobra.Command {
	o := &trainOptions{config: classify.Default()}
	cmd := &cobra.Command{
		Use:   "train",
		Short: "Train a model",
		Long: `Train a model and evaluate it on the official test images.

Without flags: LeNet with dropout on 2000 MNIST digits, DataGrad with λ 50 and weight decay 5e-4, Adam,
10,000 steps of 50 images. The run goes to a folder under runs/, which holds the resolved configuration,
metrics, a checkpoint, the model, a summary and the learning curve.

A folder of pictures has other defaults, from the number of its pictures: a small residual network, a length in epochs,
images held out to judge it after each, an end when the loss on them was above its least for half of the epochs, and the
best state as the model: the latest whose loss is within a standard error of the least. What was chosen, of what, and
how long it takes, is said first. What is given stays.

--reg NAME:auto finds λ by short runs that are compared on dev images, before the run and for at most 2.35 times its
steps; no penalty, λ 0, is among them. Several are found one after another, as they stand, for as much each. How each
was found stands in the summary, and what speaks against the choice.

An interrupt (Ctrl-C) finishes the step, saves and prints how to go on; a second one stops at once. A run that was
interrupted goes on with --resume, to the same weights, or is finished early with --resume RUN --finish: it is evaluated
where it stands. --resume RUN --steps N gives a run more steps, finished or not. Learning rate and λ then have followed
the earlier plan up to there, so that the weights are those of a run that was extended, not of one planned for N steps;
the folder's configuration records it and repeats it. N may be what was planned, for a run that was finished early.`,
		Example: `  # The default job
  gradreg train

  # Another λ and a second regularizer; --reg none clears the defaults
  gradreg train --reg none --reg datagrad:20 --reg weight-decay:5e-4 --reg spectreg:0.03

  # Find λ of DataGrad
  gradreg train --reg datagrad:auto

  # 500 images of Fashion-MNIST from a folder
  gradreg train --data fashion-mnist --data-dir ~/data --train-size 500

  # Photos of your own, in a folder for each class
  gradreg train --data ~/photos

  # Go on after an interruption
  gradreg train --resume runs/mnist-2000-lenet-datagrad-s1

  # Make a model of it as it stands; later, go on to the 10,000 steps that were planned, or beyond
  gradreg train --resume runs/mnist-2000-lenet-datagrad-s1 --finish
  gradreg train --resume runs/mnist-2000-lenet-datagrad-s1 --steps 15000

  # Repeat a run from its resolved configuration
  gradreg train --config runs/mnist-2000-lenet-datagrad-s1/config.yaml --out again`,
		Args: noData,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return saidByFlag(a.runTrain(cmd, o), "backbone-variant")
		},
	}
	f := cmd.Flags()
	c := &o.config
	valueFlag(
		f, &c.Data, "data",
		"data set: "+strings.Join(
			dataset.Names(), ", ",
		)+"; or a folder of class folders of pictures, or of pictures and a labels.csv",
	)
	f.StringVar(
		&c.Task, "task", "",
		"what to learn of a folder with a labels.csv: "+strings.Join(task.Names(), ", ")+
			" (default what its columns say)",
	)
	f.StringVar(
		&o.dataDir, "data-dir", "",
		"folder with the data set's files (instead of GRADREG_DATA and the usual places)",
	)
	f.Var(
		&trainSize{c}, "train-size",
		"training images, as 500, or so many of each class, as 20/class; 0 for all, as by default of a folder",
	)
	f.StringVar(
		&c.Subset, "subset", "",
		"how training images are chosen: "+strings.Join(classify.Subsets(), ", ")+" (default random)",
	)
	f.IntVar(&c.Size, "size", 0, "side of the images that a folder's pictures become (default one that suits them)")
	f.StringVar(
		&c.Fit, "fit", "",
		"how a folder's pictures become squares: "+strings.Join(picture.Fits(), ", ")+" (default crop)",
	)
	f.BoolVar(&o.strict, "strict", false, "refuse a folder with a picture that cannot be read")
	f.StringVar(
		&c.Augment, "augment", c.Augment,
		"changes of training images, as flip,shift:0.125: "+strings.Join(
			augment.Names(), ", ",
		)+"; none; default for what suits the data",
	)
	valueFlag(
		f, &c.Model, "model",
		"architecture and options: "+strings.Join(model.Names(), ", ")+" (of a folder resnet:depth=8)",
	)
	regularizersFlag(
		f, &c.Regularizers, "reg",
		"regularizer name:λ[,key=value]…, repeatable; λ may be auto, of several, too; none clears "+
			"those before (default weight-decay:5e-4, and but of a folder datagrad with a λ that suits the data)",
	)
	f.Lookup("reg").DefValue = "" // the digits' λ is not that of all data
	valueFlag(
		f, &c.Optimizer, "optimizer",
		"optimizer and options, as sgd:momentum=0.9,nesterov=true: "+strings.Join(
			optim.Names(), ", ",
		)+"; adam and adamw take beta1, beta2 and epsilon, adamw decay",
	)
	f.Float64Var(&c.LearningRate, "lr", c.LearningRate, "base learning rate")
	valueFlag(
		f, &c.Schedule, "schedule",
		"learning-rate schedule, as cosine:warmup=200, the steps in which the rate rises: "+strings.Join(
			optim.ScheduleNames(), ", ",
		),
	)
	f.IntVar(&c.Steps, "steps", c.Steps, "training steps (of a folder so many as its epochs have)")
	f.IntVar(
		&c.Epochs, "epochs", 0,
		"instead of steps: how often every training image is seen (default of a folder 20 to 150, by its pictures)",
	)
	f.IntVar(&c.Batch, "batch", c.Batch, "images per step; where it is not given, at most the training images")
	f.Uint64Var(&c.Seed, "seed", c.Seed, "seed of split, weights, batches and all random numbers")
	f.BoolVar(&c.PaperProtocol, "paper-protocol", false, "divide and normalize the data as the paper's experiments did")
	f.Float64Var(
		&c.DevShare, "dev-share", 0,
		"share of each class's training images held out as the dev part (default 0.15 of a folder without one)",
	)
	f.IntVar(
		&c.EvalEvery, "eval-every", c.EvalEvery,
		"steps between evaluations on the dev part; 0 for none (of a folder an epoch)",
	)
	f.IntVar(
		&c.Patience, "patience", 0,
		"end after so many epochs with the loss on the dev part above its least; 0 for never "+
			"(default of a folder half its epochs)",
	)
	f.StringVar(
		&c.Keep, "keep", "",
		"the state that is tested and saved: "+strings.Join(classify.Keeps(), ", ")+
			", the latest evaluated one whose loss on the dev part is about the least (default last, of a folder best)",
	)
	f.IntVar(&c.LogEvery, "log-every", c.LogEvery, "steps between lines of metrics")
	f.IntVar(&c.CheckpointEvery, "checkpoint-every", c.CheckpointEvery, "steps between checkpoints")
	f.StringVar(&o.file, "config", "", "configuration file (YAML); flags override it")
	f.StringVar(
		&o.out, "out", "",
		"run folder to create (default runs/DATA-SIZE-MODEL-REGULARIZER-sSEED, numbered if it exists)",
	)
	f.StringVar(&o.resume, "resume", "", "run folder to continue; with --steps or --epochs, to so many")
	f.BoolVar(&o.finish, "finish", false, "with --resume: end the run at the step it has reached, and evaluate it")
	o.transferFlags(cmd)
	convolutionFlag(cmd, &c.Convolution)
	threadsFlag(cmd, &o.threads)
	f.BoolVar(&o.plain, "plain", false, "no progress bar")
	f.BoolVar(&o.fast, "fast-dev-run", false, "ten steps, to see that everything works")
	completeFlags(cmd)
	return cmd
}

// noData refuses arguments: what somebody may give as one has a flag.
func noData(_ *cobra.Command, list []string) error {
	if len(list) == 0 {
		return nil
	}
	return usage{
		fmt.Errorf(
			"found the argument %q, expected none; a data set or a folder of pictures is --data %s",
			list[0], quoted(list[0]),
		),
	}
}

func (a *app) runTrain(cmd *cobra.Command, o *trainOptions) error {
	cfg, err := o.configuration(cmd)
	if err != nil {
		return err
	}
	if err := wantsPictures("data", cfg.Data.Dir()); err != nil {
		return err
	}
	if err := checkDataDir(cmd, cfg.Data); err != nil {
		return err
	}
	opt := classify.Options{
		Dir: o.resume, Resume: o.resume != "", DataDirs: a.dataDirs(o.dataDir), Now: a.now,
		Draw: figures.Draw, Strict: o.strict, Finish: o.finish,
		FeatureCache: o.featureCache,
	}
	if opt.Resume && cmd.Flags().Changed("steps") {
		if opt.ExtendTo = o.config.Steps; opt.ExtendTo < 1 {
			return usage{fmt.Errorf("steps is %d, expected at least 1", opt.ExtendTo)}
		}
	}
	if opt.Resume && cmd.Flags().Changed("epochs") {
		if o.config.Epochs < 1 {
			return usage{fmt.Errorf("epochs is %d, expected at least 1", o.config.Epochs)}
		}
		opt.ExtendTo = cfg.EpochSteps(o.config.Epochs)
	}
	if opt.Threads, err = a.threadCount(cmd, o.threads); err != nil {
		return err
	}
	if o.out != "" {
		opt.Dir = o.out
	}
	if cfg, err = a.planned(cmd.Context(), cmd, o, cfg, opt); err != nil {
		return err
	}
	if s, err := cfg.Schedule.Schedule(); err == nil && cfg.Steps > 0 && s.Warmup >= cfg.Steps &&
		!opt.Resume && !o.fast {
		return usage{fmt.Errorf("schedule: warmup is %d, expected less than the %d steps", s.Warmup, cfg.Steps)}
	}
	if cfg, err = a.tuned(cmd.Context(), cfg, opt, o.plain); err != nil {
		return err
	}
	if err := cfg.Validate(); err != nil {
		return err
	}
	if !opt.Resume && !o.fast {
		for _, doubt := range cfg.Warnings() {
			a.note(doubt)
		}
	}
	if opt.Dir == "" {
		opt.Dir, opt.Number = folderName(cfg), true
	}
	return a.train(cmd.Context(), cfg, opt, o.plain)
}

// train runs and reports.
func (a *app) train(ctx context.Context, cfg classify.Config, opt classify.Options, plain bool) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	reading := a.newFolderProgress(plain)
	opt.Reading, opt.Found = reading.report, func(r folder.Report) {
		reading.close()
		a.warnProblems(cfg.Data.String(), r)
	}
	show, embedding := a.newProgress(plain), a.newEmbeddingProgress(plain)
	opt.Started, opt.Stepped = func(s classify.Start) {
		if !s.Config.Frozen() {
			embedding.close() // what is drawn from here on are steps
		}
		show.started(s)
		a.noteStart(cfg, s)
		a.noteTransfer(s)
	}, show.stepped
	opt.Embedding, opt.Fitting = embedding.report, embedding.fitting
	opt.CacheNote = func(note string) { a.above(embedding.bars, note) }
	summary, err := classify.Run(ctx, cfg, opt)
	embedding.close()
	show.close()
	if errors.Is(err, classify.ErrInterrupted) {
		return fmt.Errorf("%w; %s", err, goOn(cfg, show.dir))
	}
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(summary)
	}
	a.printSummary(summary)
	return nil
}

// goOn says how a run that was interrupted goes on.
func goOn(cfg classify.Config, dir string) string {
	text := "continue with: gradreg train --resume " + quoted(dir)
	if cfg.Frozen() { // it has one step, and nothing to end early
		return text
	}
	return text + "; with --finish behind it, it ends there with a model"
}
