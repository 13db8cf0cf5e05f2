package cli

import (
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/dataset/augment"
	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/dataset/picture"
	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/internal/strictyaml"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/train"
)

// trainOptions are the flags of gradreg train.
type trainOptions struct {
	config  train.Config // as far as flags set it
	file    string
	out     string
	resume  string
	dataDir string
	threads int
	plain   bool
	fast    bool
	strict  bool
	finish  bool
}

func (a *app) trainCommand() *cobra.Command {
	o := &trainOptions{config: train.Default()}
	cmd := &cobra.Command{
		Use:   "train",
		Short: "Train a model",
		Long: `Train a model and evaluate it on the official test images.

Without flags: LeNet with dropout on 2000 MNIST digits, DataGrad with λ 50 and weight decay 5e-4, Adam,
10,000 steps of 50 images. The run goes to a folder under runs/, which holds the resolved configuration,
metrics, a checkpoint, the model, a summary and the learning curve.

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

  # Go on after an interruption
  gradreg train --resume runs/mnist-2000-lenet-datagrad-s1

  # Make a model of it as it stands; later, go on to the 10,000 steps that were planned, or beyond
  gradreg train --resume runs/mnist-2000-lenet-datagrad-s1 --finish
  gradreg train --resume runs/mnist-2000-lenet-datagrad-s1 --steps 15000

  # Repeat a run from its resolved configuration
  gradreg train --config runs/mnist-2000-lenet-datagrad-s1/config.yaml --out again`,
		Args: noData,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runTrain(cmd, o) },
	}
	f := cmd.Flags()
	c := &o.config
	f.StringVar(&c.Data, "data", c.Data, "data set: "+strings.Join(dataset.Names(), ", ")+"; or a folder of class folders of pictures")
	f.StringVar(&o.dataDir, "data-dir", "", "folder with the data set's files (instead of GRADREG_DATA and the usual places)")
	f.Var(&trainSize{c}, "train-size", "training images, as 500, or so many of each class, as 20/class; 0 for all, as by default of a folder")
	f.StringVar(&c.Subset, "subset", "", "how training images are chosen: "+strings.Join(train.Subsets(), ", ")+" (default random)")
	f.IntVar(&c.Size, "size", 0, "side of the images that a folder's pictures become (default one that suits them)")
	f.StringVar(&c.Fit, "fit", "", "how a folder's pictures become squares: "+strings.Join(picture.Fits(), ", ")+" (default crop)")
	f.BoolVar(&o.strict, "strict", false, "refuse a folder with a picture that cannot be read")
	f.StringVar(&c.Augment, "augment", c.Augment, "changes of training images, as flip,shift:0.125: "+strings.Join(augment.Names(), ", ")+"; none; default for the data set's")
	f.StringVar(&c.Model, "model", c.Model, "architecture and options: "+strings.Join(model.Names(), ", "))
	f.StringArrayVar(&c.Regularizers, "reg", c.Regularizers, "regularizer name:λ[,key=value]…, repeatable; λ may be auto, of several, too; none clears those before (default datagrad with a λ that suits the data, and weight-decay:5e-4)")
	f.Lookup("reg").DefValue = "[]" // the digits' λ is not that of all data
	f.StringVar(&c.Optimizer, "optimizer", c.Optimizer, "optimizer and options, as sgd:momentum=0.9,nesterov=true: "+strings.Join(optim.Names(), ", ")+"; adam and adamw take beta1, beta2 and epsilon, adamw decay")
	f.Float64Var(&c.LearningRate, "lr", c.LearningRate, "base learning rate")
	f.StringVar(&c.Schedule, "schedule", c.Schedule, "learning-rate schedule, as cosine:warmup=200, the steps in which the rate rises: "+strings.Join(optim.ScheduleNames(), ", "))
	f.IntVar(&c.Steps, "steps", c.Steps, "training steps")
	f.IntVar(&c.Batch, "batch", c.Batch, "images per step; where it is not given, at most the training images")
	f.Uint64Var(&c.Seed, "seed", c.Seed, "seed of split, weights, batches and all random numbers")
	f.BoolVar(&c.PaperProtocol, "paper-protocol", false, "divide and normalize the data as the paper's experiments did")
	f.IntVar(&c.EvalEvery, "eval-every", c.EvalEvery, "steps between evaluations on the dev part; 0 for none")
	f.IntVar(&c.LogEvery, "log-every", c.LogEvery, "steps between lines of metrics")
	f.IntVar(&c.CheckpointEvery, "checkpoint-every", c.CheckpointEvery, "steps between checkpoints")
	f.StringVar(&o.file, "config", "", "configuration file (YAML); flags override it")
	f.StringVar(&o.out, "out", "", "run folder to create (default runs/DATA-SIZE-MODEL-REGULARIZER-sSEED, numbered if it exists)")
	f.StringVar(&o.resume, "resume", "", "run folder to continue; with --steps, to so many steps")
	f.BoolVar(&o.finish, "finish", false, "with --resume: end the run at the step it has reached, and evaluate it")
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
	return usage{fmt.Errorf("found the argument %q, expected none; a data set or a folder of pictures is --data %s", list[0], quoted(list[0]))}
}

// configuration merges defaults, file and flags, in this order.
func (o *trainOptions) configuration(cmd *cobra.Command) (train.Config, error) {
	changed := cmd.Flags().Changed
	if o.resume != "" {
		for _, name := range []string{"config", "out", "data", "train-size", "subset", "size", "fit", "augment", "model", "reg", "optimizer", "lr", "schedule",
			"batch", "seed", "paper-protocol", "eval-every", "log-every", "checkpoint-every", "fast-dev-run"} {
			if changed(name) {
				return train.Config{}, usage{fmt.Errorf("--%s cannot go with --resume: the run's configuration is fixed", name)}
			}
		}
		if o.finish && changed("steps") {
			return train.Config{}, usage{errors.New("found --finish and --steps, expected one of them")}
		}
		return train.FolderConfig(o.resume)
	}
	if o.finish {
		return train.Config{}, usage{errors.New("--finish is for a run that was interrupted, expected --resume RUN with it")}
	}
	cfg, base := o.config, train.Default()
	sized, batched, penalized := changed("train-size"), changed("batch"), false
	if o.file != "" {
		base.TrainSize, base.Batch, base.Regularizers = unsaid, unsaid, nil
		data, err := boundedfile.Read(o.file, strictyaml.MaxBytes)
		if err != nil {
			return cfg, fault.Inputf("--config: %w", err)
		}
		if base, err = train.ReadConfig(base, data); err != nil {
			return cfg, fault.Inputf("%s: %w", o.file, err)
		}
		sized, batched, penalized = sized || base.TrainSize != unsaid, batched || base.Batch != unsaid, base.Regularizers != nil
		cfg = base
		o.override(&cfg, changed)
	}
	if !sized {
		cfg.TrainSize = defaultTrainSize(cfg.Data)
	}
	switch {
	case !batched:
		cfg.Batch = 0 // for as many as the training images allow
	case cfg.Batch < 1:
		return cfg, usage{fmt.Errorf("batch is %d, expected at least 1", cfg.Batch)}
	}
	if !penalized {
		images := cfg.TrainSize
		if cfg.PerClass > 0 {
			images = 10 * cfg.PerClass // about: most sets have ten classes
		}
		base.Regularizers = train.DefaultRegularizers(cfg.Data, images)
		cfg.Regularizers = base.Regularizers
	}
	if changed("reg") {
		cfg.Note, cfg.Choices = "", nil // of the file's λ
		cfg.Regularizers = withOthers(base.Regularizers, o.config.Regularizers)
	}
	if changed("steps") || o.fast { // the file's is the history of a run of other steps
		cfg.StopAfter, cfg.Extended = 0, nil
	}
	if o.fast {
		cfg.Steps, cfg.EvalEvery, cfg.LogEvery = 10, 5, 5
	}
	return cfg, nil
}

// unsaid is the train size, or the batch, of a configuration that does not give one.
const unsaid = math.MinInt

// defaultTrainSize returns the train size where none is given: that of the main job, but all pictures of a folder, of which
// there may be any number.
func defaultTrainSize(data string) int {
	if dataset.IsFolder(data) {
		return 0
	}
	return train.Default().TrainSize
}

// trainSize is the flag for a number of training images, or of images of each class.
type trainSize struct{ config *train.Config }

func (s *trainSize) Type() string { return "N[/class]" }

func (s *trainSize) String() string {
	switch {
	case s.config == nil:
		return ""
	case s.config.PerClass > 0:
		return strconv.Itoa(s.config.PerClass) + "/class"
	}
	return strconv.Itoa(s.config.TrainSize)
}

func (s *trainSize) Set(text string) error {
	number, each := strings.CutSuffix(text, "/class")
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || (each && n == 0) {
		return fmt.Errorf("found %q, expected a number such as 500, or 20/class", text)
	}
	if s.config.TrainSize, s.config.PerClass = n, 0; each {
		s.config.TrainSize, s.config.PerClass = 0, n
	}
	return nil
}

// withOthers returns the regularizers of the command line behind those of the file or the defaults, less the
// ones whose name is given again. none, which clears all before it, stays for train to understand.
func withOthers(base, given []string) []string {
	var out []string
	for _, text := range base {
		again := slices.ContainsFunc(given, func(g string) bool { return nameOf(g) == nameOf(text) })
		if !again {
			out = append(out, text)
		}
	}
	return append(out, given...)
}

// nameOf returns the name that a text form begins with.
func nameOf(text string) string {
	name, _, _ := strings.Cut(text, ":")
	return name
}

// override copies the flags that were set over a file's values.
func (o *trainOptions) override(cfg *train.Config, changed func(string) bool) {
	f := o.config
	for name, set := range map[string]func(){
		"data": func() { cfg.Data, cfg.DataDir, cfg.Division = f.Data, "", "" }, "train-size": func() { cfg.TrainSize, cfg.PerClass = f.TrainSize, f.PerClass }, "subset": func() { cfg.Subset = f.Subset },
		"size": func() { cfg.Size = f.Size }, "fit": func() { cfg.Fit = f.Fit },
		"augment": func() { cfg.Augment = f.Augment }, "model": func() { cfg.Model = f.Model }, "optimizer": func() { cfg.Optimizer = f.Optimizer },
		"lr": func() { cfg.LearningRate = f.LearningRate }, "schedule": func() { cfg.Schedule = f.Schedule },
		"steps": func() { cfg.Steps = f.Steps }, "batch": func() { cfg.Batch = f.Batch }, "seed": func() { cfg.Seed = f.Seed },
		"paper-protocol": func() { cfg.PaperProtocol = f.PaperProtocol }, "eval-every": func() { cfg.EvalEvery = f.EvalEvery },
		"log-every":        func() { cfg.LogEvery = f.LogEvery },
		"checkpoint-every": func() { cfg.CheckpointEvery = f.CheckpointEvery },
	} {
		if changed(name) {
			set()
		}
	}
}

// folderName returns a folder under runs/ that says what the run is.
func folderName(cfg train.Config) string {
	method, size := "plain", "all"
	if regs, err := gradreg.ParseAll(cfg.Regularizers); err == nil {
		for _, r := range regs {
			if r.Name() != "weight-decay" {
				method = r.Name()
				break
			}
		}
	}
	switch {
	case cfg.PerClass > 0:
		size = fmt.Sprintf("%dperclass", cfg.PerClass)
	case cfg.TrainSize > 0:
		size = strconv.Itoa(cfg.TrainSize)
	}
	data := cfg.Data
	if dataset.IsFolder(data) {
		data = shortened(filepath.Base(filepath.Clean(data)))
	}
	return filepath.Join(defaultRuns, fmt.Sprintf("%s-%s-%s-%s-s%d", data, size, nameOf(cfg.Model), method, cfg.Seed))
}

func (a *app) runTrain(cmd *cobra.Command, o *trainOptions) error {
	cfg, err := o.configuration(cmd)
	if err != nil {
		return err
	}
	opt := train.Options{Dir: o.resume, Resume: o.resume != "", DataDirs: a.dataDirs(o.dataDir), Now: a.now, Strict: o.strict, Finish: o.finish}
	if opt.Resume && cmd.Flags().Changed("steps") {
		if opt.ExtendTo = o.config.Steps; opt.ExtendTo < 1 {
			return usage{fmt.Errorf("steps is %d, expected at least 1", opt.ExtendTo)}
		}
	}
	if opt.Threads, err = a.threadCount(cmd, o.threads); err != nil {
		return err
	}
	if o.out != "" {
		opt.Dir = o.out
	}
	if s, err := optim.ParseSchedule(cfg.Schedule); err == nil && s.Warmup >= cfg.Steps && !opt.Resume && !o.fast {
		return usage{fmt.Errorf("schedule: warmup is %d, expected less than the %d steps", s.Warmup, cfg.Steps)}
	}
	if cfg, err = a.tuned(cmd.Context(), cfg, opt, o.plain); err != nil {
		return err
	}
	if err := cfg.Validate(); err != nil {
		return err
	}
	if !opt.Resume && !o.fast {
		for _, doubt := range cfg.Doubts() {
			a.note(doubt)
		}
	}
	if opt.Dir == "" {
		opt.Dir, opt.Number = folderName(cfg), true
	}
	return a.train(cmd.Context(), cfg, opt, o.plain)
}

// train runs and reports.
func (a *app) train(ctx context.Context, cfg train.Config, opt train.Options, plain bool) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	reading := a.newFolderProgress(plain)
	opt.Reading, opt.Found = reading.report, func(r folder.Report) {
		reading.close()
		a.warnProblems(cfg.Data, r)
	}
	show := a.newProgress(plain)
	opt.Started, opt.Stepped = func(s train.Start) {
		show.started(s)
		a.noteStart(cfg, s)
	}, show.stepped
	summary, err := train.Run(ctx, cfg, opt)
	show.close()
	if errors.Is(err, train.ErrInterrupted) {
		return fmt.Errorf("%w; continue with: gradreg train --resume %s; with --finish behind it, it ends there with a model", err, quoted(show.dir))
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

// noteStart says what a run does otherwise than its user may think. cfg is what was asked for.
func (a *app) noteStart(cfg train.Config, s train.Start) {
	if n := len(s.Origins); n > 1 && s.Origins[n-1].FromStep == s.Step+1 {
		// Also where nobody watches: it is about what the run is worth.
		a.note(fmt.Sprintf("note: the steps before were computed otherwise, so that the weights will have bits of their own: %v; from step %d on %v",
			s.Origins[n-2], s.Step+1, s.Origins[n-1]))
	}
	if !a.watched() {
		return
	}
	if usual := train.Default().Batch; cfg.Batch == 0 && s.Config.Batch < usual {
		a.note(fmt.Sprintf("note: batch is %d instead of %d, as there are no more training images", s.Config.Batch, usual))
	}
	for _, odd := range s.Oddities {
		text := "note: " + odd.Text
		if odd.Balance {
			text += " (--train-size N/class, or --subset balanced, takes as many of each class)"
		}
		a.note(text)
	}
	if s.DevImages == 0 && s.Config.EvalEvery > 0 {
		a.note("note: trained on all images, so that none is left to judge the run on the way (--train-size, or a folder's val/, leaves some)")
	}
}

// warnProblems says what is wrong with some pictures of a folder.
func (a *app) warnProblems(dir string, r folder.Report) {
	const shown = 3
	for i, p := range r.Problems {
		if i == shown {
			a.note(fmt.Sprintf("%d more; all of them: gradreg data show %s", len(r.Problems)-shown, quoted(dir)))
			break
		}
		a.note(p.String())
	}
}

// commandLine returns words as a shell takes them.
func commandLine(words []string) string {
	var list []string
	for _, w := range words {
		list = append(list, quoted(w))
	}
	return strings.Join(list, " ")
}

// quoted returns a word as a shell takes it, with what disturbs a terminal as $'\x1b'.
func quoted(word string) string {
	if strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-") == "" {
		return word
	}
	if foreign.Line(word) == word {
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
	var b strings.Builder
	for _, c := range []byte(word) {
		if c < 0x20 || c > 0x7e || c == '\'' || c == '\\' {
			fmt.Fprintf(&b, `\x%02x`, c)
		} else {
			b.WriteByte(c)
		}
	}
	return "$'" + b.String() + "'"
}

func orNone(s string) string {
	if s == "" {
		return gradreg.None
	}
	return s
}
