package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/study/queue"
	"github.com/gradreg/gradreg/train"
)

func (a *app) workerCommand() *cobra.Command {
	o := &studyOptions{}
	once := false
	cmd := &cobra.Command{
		Use:   "worker",
		Short: "Work on the studies of a folder or a database server",
		Long: `Take runs of the studies that are there, one study after another, until interrupted; then unfinished runs are saved and go
back to the queue. Any number of workers, on any machines, may work on a server's studies. The studies' data must be there on
each, and its kernels must be those that the study was begun with (GRADREG_CPU).`,
		Example: `  # On each machine
  GRADREG_DB=postgres://user@host/database gradreg worker

  # Until nothing is left
  gradreg worker --dir studies --once`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			work, err := o.work(a)
			if err != nil {
				return err
			}
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			bar := a.newStudyProgress(o.plain)
			defer bar.close()
			work.Tick, work.Log = bar.tick, bar.log
			return a.withQueue(cmd, o, true, func(q *queue.Queue) error {
				if err := a.serve(ctx, q, work, once, bar.log); err != nil || !a.json {
					return err
				}
				return a.studyStatus(ctx, q, nil)
			})
		},
	}
	placeFlags(cmd, o)
	workFlags(cmd, o)
	cmd.Flags().BoolVar(&once, "once", false, "end when no study has anything left to run")
	cmd.Flags().BoolVar(&o.plain, "plain", false, "lines instead of a bar")
	return cmd
}

// idleEvery is how often a worker without work looks for a new study.
const idleEvery = 5 * time.Second

// serve works on one study after another.
func (a *app) serve(ctx context.Context, q *queue.Queue, work queue.WorkOptions, once bool, log func(string)) error {
	told := map[string]bool{}
	for {
		worked, err := a.serveOnce(ctx, q, work, told, log)
		switch {
		case errors.Is(err, train.ErrInterrupted) || ctx.Err() != nil:
			return fmt.Errorf("%w; the runs went back to the queue", train.ErrInterrupted)
		case err != nil:
			return err
		case worked:
			continue
		case once:
			return nil
		}
		select {
		case <-ctx.Done():
		case <-time.After(idleEvery):
		}
	}
}

// serveOnce works on the first study that has something to do. What keeps this process from a study is told once.
func (a *app) serveOnce(ctx context.Context, q *queue.Queue, work queue.WorkOptions, told map[string]bool, log func(string)) (bool, error) {
	all, err := q.Studies(ctx)
	if err != nil {
		return false, err
	}
	for _, e := range all {
		if e.State != queue.Active {
			continue
		}
		if err := queue.Fits(e.Identity); err != nil {
			if !told[e.Name] {
				told[e.Name] = true
				log(fmt.Sprintf("study %s is left to others: %v", e.Name, err))
			}
			continue
		}
		status, err := q.Status(ctx, e.Name)
		if err != nil {
			return false, err
		}
		if status.Done() {
			continue
		}
		log(fmt.Sprintf("working on %s: %d of %d runs are complete", e.Name, status.Complete, status.Total()))
		_, err = q.Work(ctx, e.Name, work)
		return true, err
	}
	return false, nil
}
