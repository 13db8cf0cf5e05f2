package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/study"
	"github.com/gradreg/gradreg/study/queue"
)

func (a *app) studyRunCommand() *cobra.Command {
	o := &studyOptions{}
	cmd := &cobra.Command{
		Use:   "run FILE|NAME",
		Short: "Run a study, or go on with it, and report",
		Example: `  # What is built in
  gradreg study list

  # A first look in a minute or two; its numbers mean nothing
  gradreg study run wd-table --quick

  # Fewer seeds; more can be added later
  gradreg study run wd-table --seeds 3`,
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: cobra.FixedCompletions(study.Builtins(), cobra.ShellCompDirectiveDefault),
		RunE: func(cmd *cobra.Command, list []string) error {
			s, err := readStudy(list[0])
			if err != nil {
				return err
			}
			return a.runStudy(cmd, o, s)
		},
	}
	placeFlags(cmd, o)
	workFlags(cmd, o)
	variantFlags(cmd, o)
	sizesFlag(cmd, o)
	showFlags(cmd, o)
	cmd.Flags().IntVar(
		&o.priority, "priority", queue.DefaultPriority,
		"workers take up studies with lower numbers first",
	)
	cmd.Flags().BoolVar(&o.noWork, "no-work", false, "only add the study; workers will run it")
	return cmd
}

// variantFlags are what is run of a study.
func variantFlags(cmd *cobra.Command, o *studyOptions) {
	f := cmd.Flags()
	f.StringSliceVar(&o.data, "data", nil, "data sets, or folders of pictures, in the place of the study's")
	f.IntVar(&o.seeds, "seeds", 0, "final runs of each cell (default the study's)")
	f.BoolVar(
		&o.quick, "quick", false,
		"two seeds, a twentieth of the steps and a quarter of the trials, for a first look; no result",
	)
	complete(cmd, "data", cobra.FixedCompletions(dataset.Names(), cobra.ShellCompDirectiveNoFileComp))
}

// sizesFlag takes other train sizes than a study's.
func sizesFlag(cmd *cobra.Command, o *studyOptions) {
	cmd.Flags().IntSliceVar(
		&o.trainSizes, "train-sizes", nil,
		"numbers of training images in the place of the study's, 0 for all; the others can be run later",
	)
}

// showFlags are how progress is shown, and where the report goes.
func showFlags(cmd *cobra.Command, o *studyOptions) {
	f := cmd.Flags()
	f.StringVar(&o.out, "out", "", "folder of the report (default the study's in --dir)")
	f.BoolVar(&o.plain, "plain", false, "lines instead of a bar")
	complete(cmd, "out", completeFolders)
}

// variant returns the study as the flags want it.
func (o *studyOptions) variant(s study.Spec) (study.Spec, error) {
	if o.seeds < 0 {
		return s, usage{fmt.Errorf("--seeds is %d, expected at least 1", o.seeds)}
	}
	s, err := s.Variant(study.Variant{
		Data: o.data, TrainSizes: o.trainSizes, Paper: o.paper, Quick: o.quick, Seeds: o.seeds,
	})
	if err != nil {
		return s, err
	}
	return s, s.Validate()
}

// runStudy runs the variant of a study that the flags want.
func (a *app) runStudy(cmd *cobra.Command, o *studyOptions, s study.Spec) error {
	s, err := o.variant(s)
	if err != nil {
		return err
	}
	if err := checkDataDir(cmd, s.Sources()...); err != nil {
		return err
	}
	work, err := o.work(a)
	if err != nil {
		return err
	}
	if !o.noWork {
		if err := checkFolderWritable("out", o.reportFolder(s.Name)); err != nil {
			return err
		}
	}
	ctx, stop := interruptible(cmd.Context())
	defer stop()
	id, err := study.Identify(ctx, &s, classify.Options{DataDirs: work.DataDirs})
	if err != nil {
		return err
	}
	return a.withQueue(cmd, o, false, func(q *queue.Queue) error {
		return a.workStudy(ctx, o, q, study.Study{Spec: s, Identity: id}, work)
	})
}

// workStudy adds a study to the queue, works on it until it is done, and reports.
func (a *app) workStudy(
	ctx context.Context, o *studyOptions, q *queue.Queue, s study.Study, work queue.WorkOptions,
) error {
	if err := q.Add(ctx, s, o.priority); err != nil {
		return err
	}
	if o.noWork {
		if a.json {
			return a.studyStatus(ctx, q, []string{s.Name})
		}
		fmt.Fprintf(a.err, "study %s is waiting for workers\n", s.Name)
		return nil
	}
	bar := a.newStudyProgress(o.plain)
	work.Tick, work.Log = bar.tick, bar.log
	status, err := q.Work(ctx, s.Name, work)
	bar.close()
	if errors.Is(err, classify.ErrInterrupted) {
		return fmt.Errorf(
			"%w: %d of %d runs are complete; the same command goes on", err, status.Complete,
			status.Total(),
		)
	}
	if err != nil {
		return err
	}
	if status.State == queue.Cancelled {
		return fmt.Errorf("study %s was cancelled: %d of %d runs are complete", s.Name, status.Complete, status.Total())
	}
	if err := a.reportStudy(ctx, o, q, s.Name, "text"); err != nil {
		return err
	}
	if status.State == queue.Failed {
		return status.Failure()
	}
	return nil
}
