package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/toy"
)

// toyOptions are the flags of gradreg toy.
type toyOptions struct {
	toy.Options
	seedCount, threads int
	quick              bool
	out                string
}

func (a *app) toyCommand() *cobra.Command {
	o := &toyOptions{}
	cmd := &cobra.Command{
		Use:   "toy",
		Short: "Show why a penalty at the training points acts between them",
		Long: `Learn y = sin 5x and y = x1² + x2² from 100 points, with and without a penalty on the slope at these points. A function with
steps between the points would satisfy the penalty; this measures what training finds: slopes at the points, between them and
everywhere, pictures of the learned functions and their slopes, and the loss surface along random lines.

Writes toy.html, toy.json, toy.csv and the figures (SVG, PNG) to a folder. About four minutes on one core; an interrupted one goes
on where it was when the command is repeated.`,
		Example: `  # All of it
  gradreg toy

  # A first look, some seconds
  gradreg toy --quick --out quick`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runToy(cmd, o) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&o.Problems, "problem", nil, "problems: "+strings.Join(toy.ProblemNames(), ", ")+" (default all)")
	f.Float64SliceVar(&o.Lambdas, "lambda", nil, "weights λ of the penalty, `numbers` (default 0, 0.001, 0.01, 0.1)")
	f.IntVar(&o.seedCount, "seeds", 5, "number of seeds, from 1 up")
	f.IntVar(&o.Steps, "steps", 10000, "training steps")
	f.Float64Var(&o.LearningRate, "lr", 0.01, "learning rate of Adam")
	f.BoolVar(&o.quick, "quick", false, "one seed and 1000 steps")
	f.StringVar(&o.out, "out", "toy", "folder to write to")
	threadsFlag(cmd, &o.threads)
	complete(cmd, "problem", cobra.FixedCompletions(toy.ProblemNames(), cobra.ShellCompDirectiveNoFileComp))
	complete(cmd, "out", completeFolders)
	return cmd
}

func (a *app) runToy(cmd *cobra.Command, o *toyOptions) error {
	options, err := a.toyRun(cmd, o)
	if err != nil {
		return err
	}
	if err := checkFolderWritable("out", o.out); err != nil {
		return err
	}
	ctx, stop := interruptible(cmd.Context())
	defer stop()
	options.Memory = filepath.Join(o.out, "unfinished")
	result, err := toy.Run(ctx, options)
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%w; the same command goes on from here", classify.ErrInterrupted)
	}
	if err != nil {
		return err
	}
	if err := result.Write(o.out, toy.NewOrigin(o.command(cmd), a.now(), options.Level)); err != nil {
		return err
	}
	if err := os.RemoveAll(options.Memory); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(result)
	}
	if err := result.Table().Write(a.out, "text"); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "\nPictures and numbers: %s\n", foreign.Line(o.out))
	return err
}

// toyRun returns what to run.
func (a *app) toyRun(cmd *cobra.Command, o *toyOptions) (toy.Options, error) {
	options := o.Options
	if o.seedCount < 1 {
		return options, usage{fmt.Errorf("--seeds is %d, expected at least 1", o.seedCount)}
	}
	if o.Steps < 1 {
		return options, usage{fmt.Errorf("--steps is %d, expected at least 1", o.Steps)}
	}
	if o.quick {
		quick := toy.Quick()
		quick.Problems, quick.Lambdas, quick.LearningRate = o.Problems, o.Lambdas, o.LearningRate
		if cmd.Flags().Changed("steps") {
			quick.Steps = o.Steps
		}
		options = quick
	}
	if !o.quick || cmd.Flags().Changed("seeds") {
		options.Seeds = nil
		for s := range o.seedCount {
			options.Seeds = append(options.Seeds, uint64(s+1))
		}
	}
	level, err := kernel.Active()
	if err != nil {
		return options, usage{err}
	}
	threads, err := a.threadCount(cmd, o.threads)
	if err != nil {
		return options, err
	}
	options.Level, options.Threads = level.String(), max(1, threads) // a step is too small for more than one to help
	if a.watched() {
		options.Log = func(done, all int, text string) { a.note(fmt.Sprintf("%d/%d  %s", done+1, all, text)) }
	}
	return options, nil
}

// command returns the command line that repeats the run.
func (o *toyOptions) command(cmd *cobra.Command) string {
	line := "gradreg toy"
	if o.quick {
		line += " --quick"
	}
	if !o.quick || cmd.Flags().Changed("seeds") {
		line += fmt.Sprintf(" --seeds %d", o.seedCount)
	}
	if !o.quick || cmd.Flags().Changed("steps") {
		line += fmt.Sprintf(" --steps %d", o.Steps)
	}
	line += " --lr " + spec.Format(o.LearningRate)
	for _, p := range o.Problems {
		line += " --problem " + p
	}
	for _, l := range o.Lambdas {
		line += " --lambda " + spec.Format(l)
	}
	return line
}
