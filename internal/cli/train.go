package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
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

An interrupt (Ctrl-C) finishes the step, saves and prints how to go on; a second one stops at once.`,
		Example: `  # The default job
  gradreg train

  # Another λ and a second regularizer; --reg none clears the defaults
  gradreg train --reg none --reg datagrad:20 --reg weight-decay:5e-4 --reg spectreg:0.03

  # 500 images of Fashion-MNIST from a folder
  gradreg train --data fashion-mnist --data-dir ~/data --train-size 500

  # Go on after an interruption
  gradreg train --resume runs/mnist-2000-lenet-datagrad-s1

  # Repeat a run from its resolved configuration
  gradreg train --config runs/mnist-2000-lenet-datagrad-s1/config.yaml --out again`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runTrain(cmd, o) },
	}
	f := cmd.Flags()
	c := &o.config
	f.StringVar(&c.Data, "data", c.Data, "data set: "+strings.Join(dataset.Names(), ", "))
	f.StringVar(&o.dataDir, "data-dir", "", "folder to look for the data set's files in (before GRADREG_DATA)")
	f.IntVar(&c.TrainSize, "train-size", c.TrainSize, "training images; 0 for all")
	f.StringVar(&c.Model, "model", c.Model, "architecture and options: "+strings.Join(model.Names(), ", "))
	f.StringArrayVar(&c.Regularizers, "reg", c.Regularizers, "regularizer name:λ[,key=value]…, repeatable; none clears those before")
	f.StringVar(&c.Optimizer, "optimizer", c.Optimizer, "optimizer: "+strings.Join(optim.Names(), ", "))
	f.Float64Var(&c.LearningRate, "lr", c.LearningRate, "base learning rate")
	f.StringVar(&c.Schedule, "schedule", c.Schedule, "learning-rate schedule: "+strings.Join(optim.ScheduleNames(), ", "))
	f.IntVar(&c.Steps, "steps", c.Steps, "training steps")
	f.IntVar(&c.Batch, "batch", c.Batch, "images per step")
	f.Uint64Var(&c.Seed, "seed", c.Seed, "seed of split, weights, batches and all random numbers")
	f.BoolVar(&c.PaperProtocol, "paper-protocol", false, "divide and normalize the data as the paper's experiments did")
	f.IntVar(&c.EvalEvery, "eval-every", c.EvalEvery, "steps between evaluations on the dev part; 0 for none")
	f.IntVar(&c.LogEvery, "log-every", c.LogEvery, "steps between lines of metrics")
	f.IntVar(&c.CheckpointEvery, "checkpoint-every", c.CheckpointEvery, "steps between checkpoints")
	f.StringVar(&o.file, "config", "", "configuration file (YAML); flags override it")
	f.StringVar(&o.out, "out", "", "run folder to create (default runs/DATA-SIZE-MODEL-REGULARIZER-sSEED, numbered if it exists)")
	f.StringVar(&o.resume, "resume", "", "run folder to continue")
	f.IntVar(&o.threads, "threads", 0, "worker threads; 0 for one per processor (GRADREG_THREADS)")
	f.BoolVar(&o.plain, "plain", false, "no progress bar")
	f.BoolVar(&o.fast, "fast-dev-run", false, "ten steps, to see that everything works")
	completions(cmd)
	return cmd
}

// completions completes the values of flags.
func completions(cmd *cobra.Command) {
	for flag, values := range map[string][]string{
		"data": dataset.Names(), "model": model.Names(), "optimizer": optim.Names(), "schedule": optim.ScheduleNames(),
		"reg": append(gradreg.Names(), gradreg.None),
	} {
		cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return values, cobra.ShellCompDirectiveNoFileComp
		})
	}
}

// configuration merges defaults, file and flags, in this order.
func (o *trainOptions) configuration(cmd *cobra.Command) (train.Config, error) {
	changed := cmd.Flags().Changed
	if o.resume != "" {
		for _, name := range []string{"config", "out", "data", "train-size", "model", "reg", "optimizer", "lr", "schedule",
			"steps", "batch", "seed", "paper-protocol", "eval-every", "log-every", "checkpoint-every", "fast-dev-run"} {
			if changed(name) {
				return train.Config{}, usage{fmt.Errorf("--%s cannot go with --resume: the run's configuration is fixed", name)}
			}
		}
		return train.FolderConfig(o.resume)
	}
	cfg := o.config
	if o.file != "" {
		data, err := os.ReadFile(o.file)
		if err != nil {
			return cfg, fault.Inputf("--config: %w", err)
		}
		if cfg, err = train.ReadConfig(train.Default(), data); err != nil {
			return cfg, fault.Inputf("%s: %w", o.file, err)
		}
		o.override(&cfg, changed)
	}
	// What is given on the command line is added to the defaults, which none clears.
	if changed("reg") {
		cfg.Regularizers = withDefaults(o.config.Regularizers)
	}
	if o.fast {
		cfg.Steps, cfg.EvalEvery, cfg.LogEvery = 10, 5, 5
	}
	return cfg, nil
}

// withDefaults returns the regularizers of the command line: each replaces the default of its name.
func withDefaults(given []string) []string {
	name := func(text string) string { n, _, _ := strings.Cut(text, ":"); return n }
	var out []string
	for _, text := range train.Default().Regularizers {
		replaced := false
		for _, g := range given {
			replaced = replaced || name(g) == name(text)
		}
		if !replaced {
			out = append(out, text)
		}
	}
	return append(out, given...)
}

// override copies the flags that were set over a file's values.
func (o *trainOptions) override(cfg *train.Config, changed func(string) bool) {
	f := o.config
	for name, set := range map[string]func(){
		"data": func() { cfg.Data = f.Data }, "train-size": func() { cfg.TrainSize = f.TrainSize },
		"model": func() { cfg.Model = f.Model }, "optimizer": func() { cfg.Optimizer = f.Optimizer },
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

// threadCount returns the number of workers that flag and environment ask for, 0 for the default.
func (a *app) threadCount(cmd *cobra.Command, flag int) (int, error) {
	if flag < 0 {
		return 0, usage{fmt.Errorf("--threads is %d, expected at least 0", flag)}
	}
	env := a.getenv("GRADREG_THREADS")
	if cmd.Flags().Changed("threads") || env == "" {
		return flag, nil
	}
	n, err := strconv.Atoi(env)
	if err != nil || n < 0 {
		return 0, usage{fmt.Errorf("GRADREG_THREADS is %q, expected a number of threads", env)}
	}
	return n, nil
}

// defaultFolder returns a folder name under runs/ that says what the run is and is not taken.
func defaultFolder(cfg train.Config) string {
	name := func(text string) string { n, _, _ := strings.Cut(text, ":"); return n }
	method := "plain"
	if regs, err := gradreg.ParseAll(cfg.Regularizers); err == nil {
		for _, r := range regs {
			if r.Name() != "weight-decay" {
				method = r.Name()
				break
			}
		}
	}
	base := filepath.Join("runs", fmt.Sprintf("%s-%d-%s-%s-s%d", cfg.Data, cfg.TrainSize, name(cfg.Model), method, cfg.Seed))
	dir := base
	for i := 2; ; i++ {
		if _, err := os.Stat(dir); os.IsNotExist(err) {
			return dir
		}
		dir = fmt.Sprintf("%s-%d", base, i)
	}
}

func (a *app) runTrain(cmd *cobra.Command, o *trainOptions) error {
	cfg, err := o.configuration(cmd)
	if err != nil {
		return err
	}
	opt := train.Options{Dir: o.resume, Resume: o.resume != "", DataDirs: a.dataDirs(o.dataDir), Now: a.now}
	if opt.Threads, err = a.threadCount(cmd, o.threads); err != nil {
		return err
	}
	if err := cfg.Validate(); err != nil {
		return err
	}
	if opt.Dir == "" {
		if opt.Dir = o.out; opt.Dir == "" {
			opt.Dir = defaultFolder(cfg)
		}
	}
	return a.train(cmd.Context(), cfg, opt, o.plain)
}

// train runs and reports.
func (a *app) train(ctx context.Context, cfg train.Config, opt train.Options, plain bool) error {
	show := a.newProgress(plain)
	opt.Started, opt.Stepped = show.started, show.stepped
	summary, err := train.Run(ctx, cfg, opt)
	show.close()
	if errors.Is(err, train.ErrInterrupted) {
		return fmt.Errorf("%w; continue with: gradreg train --resume %s", err, opt.Dir)
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

// printSummary prints what a run ended with.
func (a *app) printSummary(s train.Summary) {
	w := a.out
	fmt.Fprintf(w, "\ntest accuracy   %.2f %%   (%d errors in %d images)\n", 100*s.TestAccuracy, s.TestErrorCount, s.TestImages)
	fmt.Fprintf(w, "test NLL        %.4f nats\n", s.TestNLL)
	if s.DevAccuracy != nil {
		fmt.Fprintf(w, "dev accuracy    %.2f %%\n", 100**s.DevAccuracy)
	}
	fmt.Fprintf(w, "regularizers    %s\n", orNone(strings.Join(s.Regularizers, "  ")))
	fmt.Fprintf(w, "model           %s, %d parameters\n", s.Model, s.Parameters)
	fmt.Fprintf(w, "data            %s, %d training images, seed %d\n", s.Data, s.TrainSize, s.Seed)
	took := time.Duration(s.Seconds * float64(time.Second)).Round(100 * time.Millisecond)
	fmt.Fprintf(w, "time            %v, %.0f images/s (%s, %d threads)\n", took, s.ImagesPerSecond, s.CPU, s.Threads)
	fmt.Fprintf(w, "run folder      %s\n\n", s.Dir)
	fmt.Fprintf(w, "Next: gradreg predict --run %s IMAGE...\n", s.Dir)
}

func orNone(s string) string {
	if s == "" {
		return gradreg.None
	}
	return s
}
