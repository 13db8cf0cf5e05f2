package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/study"
	"github.com/gradreg/gradreg/study/queue"
	"github.com/gradreg/gradreg/train"
)

// studyOptions are the flags of the commands that work with studies.
type studyOptions struct {
	dir, db, dataDir, runs, out string
	jobs, seeds, priority       int
	lease                       time.Duration
	keep, quick, paper, plain   bool
	noWork                      bool
	data                        []string
}

func (a *app) studyCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "study",
		Short: "Compare methods over many seeds, with the same tuning for each",
		Long: `A study compares methods: many seeds, every method tuned with the same number of trials on images beside the test images,
paired statistics. A YAML file says what is compared; some studies are built in.

Every run is a job in a queue, a file in a folder or a PostgreSQL server that many workers share. A study can be interrupted
and continued at any time, and a worker that dies loses nothing: its runs go on from their last checkpoint.`,
		Example: `  # A built-in study; interrupt it and run it again to go on
  gradreg study run wd-table

  # One of your own, on four cores
  gradreg study run my-study.yaml --jobs 4

  # On many machines: the study on one, workers anywhere
  gradreg study run my-study.yaml --db postgres://user@host/database
  gradreg worker --db postgres://user@host/database`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.studyRunCommand(), a.studyStatusCommand(), a.studyReportCommand(), a.studyCancelCommand(), a.studyListCommand(), a.studyShowCommand())
	return cmd
}

// placeFlags are where the studies are.
func placeFlags(cmd *cobra.Command, o *studyOptions) {
	f := cmd.Flags()
	f.StringVar(&o.dir, "dir", "studies", "folder of the studies")
	f.StringVar(&o.db, "db", "", "PostgreSQL server instead, postgres://…; default $GRADREG_DB")
	complete(cmd, "dir", completeFolders)
}

// workFlags are how runs are worked on.
func workFlags(cmd *cobra.Command, o *studyOptions) {
	f := cmd.Flags()
	f.IntVar(&o.jobs, "jobs", 0, "runs at once, each on one thread (default one per processor)")
	f.StringVar(&o.dataDir, "data-dir", "", "folder to look for data in")
	f.StringVar(&o.runs, "runs", "", "folder of unfinished runs that all workers share (default runs in --dir; with a server, the database)")
	f.BoolVar(&o.keep, "keep", false, "keep the folders of finished runs, with their models")
	f.DurationVar(&o.lease, "lease", queue.DefaultLease, "how long a worker may be silent before others take its runs")
	complete(cmd, "runs", completeFolders)
	complete(cmd, "data-dir", completeFolders)
}

// place returns the database's address: the flags' before the environment's.
func (o *studyOptions) place(a *app, cmd *cobra.Command) (string, error) {
	db := o.db
	if db == "" && !cmd.Flags().Changed("dir") {
		db = a.getenv("GRADREG_DB")
	}
	if db == "" {
		return o.dir, nil
	}
	if !queue.IsServer(db) {
		return "", usage{errors.New("the address of the database server is none, expected postgres://user@host/database")}
	}
	return db, nil
}

// open opens the queue. mustExist keeps a command that only looks from making a folder.
func (a *app) openQueue(cmd *cobra.Command, o *studyOptions, mustExist bool) (*queue.Queue, error) {
	place, err := o.place(a, cmd)
	if err != nil {
		return nil, err
	}
	if mustExist && !queue.IsServer(place) && !queue.Exists(place) {
		return nil, fault.Inputf("folder %s holds no studies; gradreg study run begins one", place)
	}
	return queue.Open(cmd.Context(), place)
}

func (o *studyOptions) work(a *app) (queue.WorkOptions, error) {
	jobs := o.jobs
	if jobs < 0 || jobs > maxThreads {
		return queue.WorkOptions{}, usage{fmt.Errorf("--jobs is %d, expected 1 to %d", jobs, maxThreads)}
	}
	if jobs == 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	if o.lease < time.Second {
		return queue.WorkOptions{}, usage{fmt.Errorf("--lease is %v, expected at least 1s", o.lease)}
	}
	return queue.WorkOptions{Jobs: jobs, DataDirs: a.dataDirs(o.dataDir), Runs: o.runs, Keep: o.keep, Lease: o.lease,
		Log: func(text string) { fmt.Fprintln(a.err, text) }}, nil
}

// readStudy returns the study that a file or a name stands for.
func readStudy(name string) (study.Spec, error) {
	if !strings.ContainsAny(name, "./\\") {
		s, _, err := study.Builtin(name)
		if err != nil {
			return study.Spec{}, fmt.Errorf("%w; a file's name has an ending, such as my.yaml", err)
		}
		return *s, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return study.Spec{}, fault.Inputf("study file %s does not exist", name)
		}
		return study.Spec{}, fault.Inputf("study file: %w", err)
	}
	s, err := study.Read(data)
	if err != nil {
		return study.Spec{}, fault.Inputf("%s: %w", name, err)
	}
	return *s, nil
}

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
	cmd.Flags().IntVar(&o.priority, "priority", queue.DefaultPriority, "workers take up studies with lower numbers first")
	cmd.Flags().BoolVar(&o.noWork, "no-work", false, "only add the study; workers will run it")
	return cmd
}

// variantFlags are what is run of a study.
func variantFlags(cmd *cobra.Command, o *studyOptions) {
	f := cmd.Flags()
	f.StringSliceVar(&o.data, "data", nil, "data sets, or folders of pictures, in the place of the study's")
	f.IntVar(&o.seeds, "seeds", 0, "final runs of each cell (default the study's)")
	f.BoolVar(&o.quick, "quick", false, "two seeds and a twentieth of the steps, for a first look")
	f.StringVar(&o.out, "out", "", "folder of the report (default the study's in --dir)")
	f.BoolVar(&o.plain, "plain", false, "lines instead of a bar")
	complete(cmd, "out", completeFolders)
}

// variant returns the study as the flags want it.
func (o *studyOptions) variant(s study.Spec) (study.Spec, error) {
	if len(o.data) > 0 {
		s.Data = o.data
	}
	if o.paper {
		s = s.PaperProtocol()
	}
	if o.quick {
		var err error
		if s, err = s.Quick(); err != nil {
			return s, err
		}
	}
	if o.seeds < 0 {
		return s, usage{fmt.Errorf("--seeds is %d, expected at least 1", o.seeds)}
	}
	if o.seeds > 0 {
		s.Seeds = o.seeds
	}
	return s, nil
}

// runStudy adds a study, works on it until it is done, and reports.
func (a *app) runStudy(cmd *cobra.Command, o *studyOptions, s study.Spec) error {
	s, err := o.variant(s)
	if err != nil {
		return err
	}
	work, err := o.work(a)
	if err != nil {
		return err
	}
	ctx, stop := interruptible(cmd.Context())
	defer stop()
	id, err := study.Identify(ctx, &s, train.Options{DataDirs: work.DataDirs})
	if err != nil {
		return err
	}
	q, err := a.openQueue(cmd, o, false)
	if err != nil {
		return err
	}
	defer q.Close()
	if err := q.Add(ctx, study.Study{Spec: s, Identity: id}, o.priority); err != nil {
		return err
	}
	if o.noWork {
		fmt.Fprintf(a.err, "study %s is waiting for workers\n", s.Name)
		return nil
	}
	bar := a.newStudyProgress(o.plain)
	work.Tick, work.Log = bar.tick, bar.log
	status, err := q.Work(ctx, s.Name, work)
	bar.close()
	if errors.Is(err, train.ErrInterrupted) {
		return fmt.Errorf("%w: %d of %d runs are complete; the same command goes on", err, status.Complete, status.Total())
	}
	if err != nil {
		return err
	}
	if status.State == queue.Cancelled {
		return fmt.Errorf("study %s was cancelled: %d of %d runs are complete", s.Name, status.Complete, status.Total())
	}
	if err := a.reportStudy(cmd, o, q, s.Name, "text"); err != nil {
		return err
	}
	if status.State == queue.Failed {
		return fmt.Errorf("%d runs of study %s failed, the first with: %s; running it again tries them again", status.Failed, s.Name, firstError(status))
	}
	return nil
}

// firstError returns the error of the first failed run.
func firstError(s queue.Status) string {
	for _, j := range s.Jobs {
		if j.State == queue.Failed {
			return j.Name + ": " + j.Error
		}
	}
	return ""
}

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
			q, err := a.openQueue(cmd, o, true)
			if err != nil {
				return err
			}
			defer q.Close()
			if watch {
				if len(list) == 0 {
					return usage{errors.New("--watch is for one study, expected its name")}
				}
				if err := a.watchStudy(cmd.Context(), q, list[0], o.plain); err != nil {
					return err
				}
			}
			statuses, err := statuses(cmd.Context(), q, list)
			if err != nil {
				return err
			}
			if a.json {
				if len(list) == 1 {
					return a.printJSON(statuses[0])
				}
				return a.printJSON(map[string]any{"studies": statuses})
			}
			return a.printStatuses(statuses)
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
		if err != nil || s.Done() {
			return err
		}
		bar.tick(s)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(every):
		}
	}
}

func statuses(ctx context.Context, q *queue.Queue, names []string) ([]queue.Status, error) {
	if len(names) == 0 {
		all, err := q.Studies(ctx)
		if err != nil {
			return nil, err
		}
		for _, e := range all {
			names = append(names, e.Name)
		}
	}
	list := []queue.Status{}
	for _, name := range names {
		s, err := q.Status(ctx, name)
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
		fmt.Fprintf(w, "%s\t%s\t%d of %d\t%d\t%d\t%d\t%d\t%s\n", s.Name, s.State, s.Complete, s.Total(), s.Running, s.Waiting+s.Retrying, s.Failed, s.Unplanned, left)
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
			if _, err := fmt.Fprintln(a.out, line); err != nil {
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
			q, err := a.openQueue(cmd, o, true)
			if err != nil {
				return err
			}
			defer q.Close()
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
			_, err = fmt.Fprintf(a.out, "study %s is cancelled; %d of %d runs are complete; gradreg study run takes it up again\n", s.Name, s.Complete, s.Total())
			return err
		},
	}
	placeFlags(cmd, o)
	return cmd
}

func (a *app) studyListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the built-in studies",
		Args:  args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			type row struct {
				Name  string `json:"name"`
				Title string `json:"title"`
				About string `json:"about"`
				Cells int    `json:"cell_count"`
				Runs  int    `json:"run_count"` // final ones
			}
			var rows []row
			for _, name := range study.Builtins() {
				s, _, err := study.Builtin(name)
				if err != nil {
					return err
				}
				n := len(s.Cells())
				rows = append(rows, row{s.Name, s.Title, s.About, n, n * s.Seeds})
			}
			if a.json {
				return a.printJSON(map[string]any{"studies": rows})
			}
			w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "NAME\tRUNS\tWHAT")
			for _, r := range rows {
				fmt.Fprintf(w, "%s\t%d\t%s\n", r.Name, r.Runs, r.Title)
			}
			return w.Flush()
		},
	}
	return cmd
}

func (a *app) studyShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "show NAME",
		Short:             "Print the file of a built-in study, to make one of your own",
		Example:           `  gradreg study show wd-table > my.yaml`,
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: cobra.FixedCompletions(study.Builtins(), cobra.ShellCompDirectiveNoFileComp),
		RunE: func(_ *cobra.Command, list []string) error {
			_, text, err := study.Builtin(list[0])
			if err != nil {
				return err
			}
			_, err = a.out.Write(text)
			return err
		},
	}
}

func (a *app) studyReportCommand() *cobra.Command {
	o := &studyOptions{}
	format := "text"
	cmd := &cobra.Command{
		Use:   "report NAME",
		Short: "Report a study, also one that is not finished",
		Long: `Print a study's tables, and write its report to a folder: report.html with everything, results.json, the tables as text,
Markdown, CSV and LaTeX, the figures as SVG and PNG.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			q, err := a.openQueue(cmd, o, true)
			if err != nil {
				return err
			}
			defer q.Close()
			return a.reportStudy(cmd, o, q, list[0], format)
		},
	}
	placeFlags(cmd, o)
	cmd.Flags().StringVar(&format, "format", format, "of the printed tables: text, markdown, csv, latex")
	cmd.Flags().StringVar(&o.out, "out", "", "folder of the report (default the study's in --dir)")
	complete(cmd, "out", completeFolders)
	return cmd
}

// reportStudy prints the tables of a study and writes its report.
func (a *app) reportStudy(cmd *cobra.Command, o *studyOptions, q *queue.Queue, name, format string) error {
	entry, err := q.Study(cmd.Context(), name)
	if err != nil {
		return err
	}
	results := study.Results{}
	if _, err := q.Progress(cmd.Context(), &entry.Study, results); err != nil {
		return err
	}
	r, err := study.NewReport(&entry.Study, results)
	if err != nil {
		return err
	}
	out := o.out
	if out == "" {
		out = filepath.Join(o.dir, name)
	}
	if err := r.Write(out, study.NewOrigin(entry.Command(), a.now())); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(r)
	}
	for _, t := range r.Tables() {
		if err := t.Write(a.out, format); err != nil {
			return err
		}
		fmt.Fprintln(a.out)
	}
	fmt.Fprintf(a.err, "Report: %s\n", filepath.Join(out, study.PageFile))
	return nil
}
