package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/study/queue"
)

func (a *app) studyStatusCommand() *cobra.Command {
	o := &studyOptions{}
	watch := false
	cmd := &cobra.Command{
		Use:   "status [NAME]",
		Short: "Say where studies stand",
		Example: `  # All of a folder, with what runs and what failed
  gradreg study status

  # One on a server, until it is done
  gradreg study status wd-table --watch --db postgres://user@host/database`,
		Args: args(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			if watch && len(list) == 0 {
				return usage{errors.New("--watch is for one study, expected its name")}
			}
			return a.lookingAt(cmd, o, func(q *queue.Queue) error {
				if watch {
					if err := a.watchStudy(cmd.Context(), q, list[0], o.plain); err != nil {
						return err
					}
				}
				return a.studyStatus(cmd.Context(), q, list)
			})
		},
	}
	placeFlags(cmd, o)
	cmd.Flags().BoolVar(&watch, "watch", false, "show the progress of a study until it is done")
	cmd.Flags().BoolVar(&o.plain, "plain", false, "lines instead of a bar")
	return cmd
}

// watchStudy shows the progress of a study that others work on, until it is done or interrupted.
func (a *app) watchStudy(ctx context.Context, q *queue.Queue, name string, plain bool) error {
	ctx, stop := interruptible(ctx)
	defer stop()
	bar := a.newStudyProgress(plain)
	defer bar.close()
	const every = 2 * time.Second
	for {
		s, err := q.Status(ctx, name)
		if err != nil {
			return err
		}
		bar.tick(s)
		if s.Done() {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(every):
		}
	}
}

// studyStatus prints where studies stand; without names all.
func (a *app) studyStatus(ctx context.Context, q *queue.Queue, names []string) error {
	list, err := a.statuses(ctx, q, names)
	switch {
	case err != nil:
		return err
	case !a.json:
		return a.printStatuses(list)
	case len(names) == 1:
		return a.printJSON(list[0])
	}
	return a.printJSON(map[string]any{"studies": list})
}

// statuses returns where studies stand; without names all that can be read, and it tells which
// cannot.
func (a *app) statuses(ctx context.Context, q *queue.Queue, names []string) ([]queue.Status, error) {
	every := len(names) == 0
	leaveOut := func(err error) { a.note(fmt.Sprintf("%v; it is left out", err)) }
	if every {
		all, err := q.Studies(ctx)
		if err != nil {
			return nil, err
		}
		for _, e := range all {
			names = append(names, e.Name)
		}
		bad, err := q.Unreadable(ctx)
		if err != nil {
			return nil, err
		}
		for _, err := range bad {
			leaveOut(err)
		}
	}
	list := []queue.Status{}
	for _, name := range names {
		s, err := q.Status(ctx, name)
		if every && queue.Damaged(err) {
			leaveOut(fmt.Errorf("study %s: %w", name, err))
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

func (a *app) printStatuses(list []queue.Status) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "STUDY\tSTATE\tCOMPLETE\tRUNNING\tWAITING\tFAILED\tTO COME\tLEFT")
	for _, s := range list {
		left := ""
		if s.Remaining > 0 {
			left = "about " + s.Duration().Round(time.Second).String()
		}
		fmt.Fprintf(
			w, "%s\t%s\t%d of %d\t%d\t%d\t%d\t%d\t%s\n", foreign.Line(s.Name), s.State, s.Complete,
			s.Total(), s.Running, s.Waiting+s.Retrying, s.Failed, s.Unplanned, left,
		)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, s := range list {
		for _, j := range s.Jobs {
			line := fmt.Sprintf("%s: %s", j.State, j.Name)
			if j.State == queue.Running {
				line += " on " + j.Worker
			}
			if j.Error != "" {
				line += fmt.Sprintf("; attempt %d: %s", j.Attempts, strings.ReplaceAll(j.Error, "\n", "; "))
			}
			if _, err := fmt.Fprintln(a.out, a.clean(line)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *app) studyCancelCommand() *cobra.Command {
	o := &studyOptions{}
	cmd := &cobra.Command{
		Use:   "cancel NAME",
		Short: "Cancel a study; its results and checkpoints stay",
		Args:  args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			return a.withQueue(cmd, o, true, func(q *queue.Queue) error {
				if err := q.Cancel(cmd.Context(), list[0]); err != nil {
					return err
				}
				s, err := q.Status(cmd.Context(), list[0])
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(s)
				}
				_, err = fmt.Fprintf(
					a.out,
					"study %s is cancelled; %d of %d runs are complete; gradreg study run takes it up again\n",
					s.Name, s.Complete, s.Total(),
				)
				return err
			})
		},
	}
	placeFlags(cmd, o)
	return cmd
}
