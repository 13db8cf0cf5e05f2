package cli

import (
	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/study/queue"
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
			// a study's digests decide what are its images
			work.DataDirs = append(work.DataDirs, a.getenv("GRADREG_DATA"), "")
			ctx, stop := interruptible(cmd.Context())
			defer stop()
			bar := a.newStudyProgress(o.plain)
			defer bar.close()
			work.Tick, work.Log = bar.tick, bar.log
			return a.withQueue(cmd, o, true, func(q *queue.Queue) error {
				if err := q.Serve(ctx, queue.ServeOptions{WorkOptions: work, Once: once}); err != nil || !a.json {
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
