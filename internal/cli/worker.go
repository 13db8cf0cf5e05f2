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
		Long: `Take runs of the studies that are there, those of lower --priority numbers first, until interrupted; then unfinished runs are
saved and go back to the queue. Any number of workers, on any machines, may work on a server's studies. The studies' data must be there on
each, and its kernels must be those that the study was begun with (GRADREG_CPU); a worker leaves other studies to others.`,
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
			work.DataDirs = append(work.DataDirs, a.getenv("GRADREG_DATA"), "") // a study's digests decide what are its images
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			bar := a.newStudyProgress(o.plain)
			defer bar.close()
			work.Tick, work.Log = bar.tick, bar.log
			return a.withQueue(cmd, o, true, func(q *queue.Queue) error {
				s := &serving{queue: q, work: work, log: bar.log, left: map[string]error{}, told: map[string]bool{}}
				s.work.Others = s.fits
				if err := s.serve(ctx, once); err != nil || !a.json {
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

// serving is a worker's way from study to study.
type serving struct {
	queue *queue.Queue
	work  queue.WorkOptions
	log   func(string)
	left  map[string]error // to others, and why
	told  map[string]bool  // of studies that cannot be read
	fail  error            // of the runs that failed
}

// serve works on one study after another.
func (s *serving) serve(ctx context.Context, once bool) error {
	for {
		worked, err := s.next(ctx)
		switch {
		case errors.Is(err, train.ErrInterrupted) || ctx.Err() != nil:
			return fmt.Errorf("%w; the runs went back to the queue", train.ErrInterrupted)
		case err != nil:
			return err
		case worked:
			continue
		case once:
			return s.verdict()
		}
		select {
		case <-ctx.Done():
		case <-time.After(idleEvery):
		}
	}
}

// next works on a study that has something to do. What keeps this process from a study is told once.
func (s *serving) next(ctx context.Context) (bool, error) {
	status, err := s.choose(ctx)
	if err != nil || status == nil {
		return false, err
	}
	name := status.Name
	s.log(fmt.Sprintf("working on %s: %d of %d runs are complete", name, status.Complete, status.Total()))
	done, err := s.queue.Work(ctx, name, s.work)
	if unfit := (*queue.Unfit)(nil); errors.As(err, &unfit) {
		s.leave(name, unfit)
		return true, nil
	}
	if queue.Damaged(err) {
		s.leave(name, err)
		return true, nil
	}
	if done.State == queue.Failed {
		s.fail = failure(done)
		s.log(s.fail.Error())
	}
	return true, err
}

// leave leaves a study to others, and tells why.
func (s *serving) leave(name string, err error) {
	s.left[name] = err
	reason := err
	if unfit := (*queue.Unfit)(nil); errors.As(err, &unfit) {
		reason = unfit.Reason
	}
	s.log(fmt.Sprintf("study %s is left to others until this worker is started again: %v", name, reason))
}

// nameUnreadable tells once of each study that cannot be read, which the others do not wait for.
func (s *serving) nameUnreadable(ctx context.Context) error {
	bad, err := s.queue.Unreadable(ctx)
	for _, e := range bad {
		if text := e.Error(); !s.told[text] {
			s.told[text] = true
			s.log(text + "; it is left out")
		}
	}
	return err
}

// choose returns the first study of which a run can be begun, else the first that is not done: its last runs may fail, or more
// follow from them. It returns nil if there is none.
func (s *serving) choose(ctx context.Context) (*queue.Status, error) {
	if err := s.nameUnreadable(ctx); err != nil {
		return nil, err
	}
	all, err := s.queue.Studies(ctx)
	if err != nil {
		return nil, err
	}
	var first *queue.Status
	for _, e := range all {
		if e.State != queue.Active || !s.fits(e.Name) {
			continue
		}
		status, err := s.queue.Status(ctx, e.Name)
		if queue.Damaged(err) {
			s.leave(e.Name, err)
			continue
		}
		if err != nil {
			return nil, err
		}
		if status.Done() {
			continue
		}
		ready, err := s.queue.Ready(ctx, e.Name)
		if err != nil {
			return nil, err
		}
		if ready {
			return &status, nil
		}
		if first == nil {
			first = &status
		}
	}
	return first, nil
}

// fits reports whether a study has not been left to others.
func (s *serving) fits(name string) bool { return s.left[name] == nil }

// verdict is how a worker ends that has nothing left to do: by an error if it is not true that all is done.
func (s *serving) verdict() error {
	if s.fail != nil {
		return s.fail
	}
	for _, err := range s.left {
		return fmt.Errorf("runs are left to other workers: %w", err)
	}
	return nil
}
