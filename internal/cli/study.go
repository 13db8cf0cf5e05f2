package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/strictyaml"
	"github.com/gradreg/gradreg/study"
	"github.com/gradreg/gradreg/study/queue"
)

// studyOptions are the flags of the commands that work with studies.
type studyOptions struct {
	dir, db, dataDir, runs, out string
	jobs, seeds, priority       int
	lease                       time.Duration
	keep, quick, paper, plain   bool
	noWork                      bool
	data                        []string
	trainSizes                  []int
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
	cmd.AddCommand(
		a.studyRunCommand(), a.studyStatusCommand(), a.studyReportCommand(), a.studyImportCommand(),
		a.studyVerifyCommand(), a.studyCancelCommand(), a.studyListCommand(), a.studyCheckCommand(),
		a.studyShowCommand(),
	)
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
	f.StringVar(
		&o.dataDir, "data-dir", "",
		"folder with the studies' data sets (instead of GRADREG_DATA and the usual places)",
	)
	f.StringVar(
		&o.runs, "runs", "",
		"folder of unfinished runs that all workers share (default runs in --dir; with a server, the database)",
	)
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
	if queue.IsServer(o.dir) {
		return "", usage{errors.New("--dir is the address of a server, expected a folder; --db takes an address")}
	}
	if db == "" {
		return o.dir, nil
	}
	if !queue.IsServer(db) { // and may have a password in it: it is not shown
		return "", usage{
			fmt.Errorf(
				"the address of the database server is a text of %d characters that does not begin "+
					"with postgres://, expected postgres://user@host/database",
				utf8.RuneCountInString(db),
			),
		}
	}
	return db, nil
}

// withQueue opens the queue for f. mustExist keeps a command that needs a study from making a
// folder.
func (a *app) withQueue(cmd *cobra.Command, o *studyOptions, mustExist bool, f func(*queue.Queue) error) error {
	return a.withOpen(cmd, o, mustExist, queue.Open, f)
}

// lookingAt is withQueue for a command that only asks, and so needs no right to write.
func (a *app) lookingAt(cmd *cobra.Command, o *studyOptions, f func(*queue.Queue) error) error {
	return a.withOpen(cmd, o, true, queue.Look, f)
}

func (a *app) withOpen(
	cmd *cobra.Command, o *studyOptions, mustExist bool,
	open func(context.Context, string) (*queue.Queue, error), f func(*queue.Queue) error,
) error {
	place, err := o.place(a, cmd)
	if err != nil {
		return err
	}
	if mustExist && !queue.IsServer(place) && !queue.Exists(place) {
		return fault.Inputf("folder %s holds no studies; gradreg study run begins one", place)
	}
	q, err := open(cmd.Context(), place)
	if err != nil {
		return err
	}
	defer q.Close()
	return f(q)
}

// work returns how the flags want runs to be worked on.
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
		Log: func(text string) { fmt.Fprintln(a.err, a.clean(text)) }}, nil
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
	data, err := boundedfile.Read(name, strictyaml.MaxBytes)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return study.Spec{}, fault.Missingf("study file %s does not exist", name)
		}
		return study.Spec{}, fault.Inputf("study file: %w", err)
	}
	s, err := study.Read(data)
	if err != nil {
		return study.Spec{}, fault.Inputf("%s: %w", name, err)
	}
	return *s, nil
}
