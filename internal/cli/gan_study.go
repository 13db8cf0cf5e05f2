package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/gan/comparison"
	"github.com/gradreg/gradreg/gan/features"
	"github.com/gradreg/gradreg/gan/score"
	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/internal/strictyaml"
)

// ganStudyOptions are the flags of gradreg gan study.
type ganStudyOptions struct {
	out, dataDir string
	threads      int
	plain        bool
}

func (a *app) ganStudyCommand() *cobra.Command {
	o := &ganStudyOptions{}
	names := strings.Join(comparison.Names(), ", ")
	cmd := &cobra.Command{
		Use:   "study NAME|FILE",
		Short: "Compare ways to train generators over seeds",
		Long: `Train every variant of a comparison with every seed, judge the generators, and write tables. A comparison is one that comes
with the program (` + names + `) or a YAML file like theirs.

The folder gets study.yaml, runs.jsonl with a line for each finished run, tables.md, a CSV file for each table, and the run
folders themselves under runs. An interrupted comparison goes on when the command is repeated; the same command in another
terminal takes the runs that are left, too.`,
		Example: `  gradreg gan study gan-toy --out results/gan-toy
  gradreg gan study my.yaml --out mine --threads 1`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error { return a.runGanStudy(cmd, o, list[0]) },
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return comparison.Names(), cobra.ShellCompDirectiveDefault
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.out, "out", "", "folder to write to (default results/NAME)")
	f.StringVar(
		&o.dataDir, "data-dir", "",
		"folder with the data sets' files (instead of GRADREG_DATA and the usual places)",
	)
	f.BoolVar(&o.plain, "plain", false, "no progress bar")
	threadsFlag(cmd, &o.threads)
	complete(cmd, "out", completeFolders)
	complete(cmd, "data-dir", completeFolders)
	return cmd
}

// readComparison returns the comparison of a name or a file.
func readComparison(name string) (*comparison.Spec, error) {
	if slices.Contains(comparison.Names(), name) || !strings.ContainsAny(name, "./\\") {
		s, _, err := comparison.Builtin(name)
		return s, err
	}
	data, err := boundedfile.Read(name, strictyaml.MaxBytes)
	if err != nil {
		return nil, fault.Input(err)
	}
	s, err := comparison.Read(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

func (a *app) runGanStudy(cmd *cobra.Command, o *ganStudyOptions, name string) error {
	s, err := readComparison(name)
	if err != nil {
		return err
	}
	if o.out == "" {
		o.out = filepath.Join("results", s.Name)
	}
	if err := checkFolderWritable("out", o.out); err != nil {
		return err
	}
	if o.threads, err = a.threadCount(cmd, o.threads); err != nil {
		return err
	}
	ctx, stop := interruptible(cmd.Context())
	defer stop()
	show := a.newGanProgress(o.plain)
	defer func() { show.close() }()
	others, err := comparison.Execute(ctx, s, comparison.Options{
		Dir: o.out, Judge: a.judge(o), Scores: score.Keys(), Now: a.now,
		Run: gan.RunOptions{
			Threads: o.threads, DataDirs: a.dataDirs(o.dataDir), Now: a.now,
			Started: func(s gan.Start) { // a bar for each run
				show.close()
				show = a.newGanProgress(o.plain)
				show.started(s)
			},
			Stepped: func(p gan.Progress) { show.stepped(p) },
		},
		Began: func(done, all int, r comparison.Run) {
			a.note(fmt.Sprintf("run %d of %d: %s", done+1, all, foreign.Line(r.String())))
		},
		Ended: func(r comparison.Result) { a.note(resultLine(s, r)) },
	})
	show.close()
	if errors.Is(err, gan.ErrInterrupted) || errors.Is(err, context.Canceled) {
		return fmt.Errorf("%w; the same command goes on from here", classify.ErrInterrupted)
	}
	if err != nil {
		return err
	}
	done, err := comparison.ReadRuns(filepath.Join(o.out, comparison.RunsFile))
	if err != nil {
		return err
	}
	report, err := comparison.NewReport(s, done)
	if err != nil {
		return err
	}
	if err := report.Write(o.out); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(report)
	}
	for _, t := range report.Tables() {
		if err := t.Write(a.out, "text"); err != nil {
			return err
		}
		fmt.Fprintln(a.out)
	}
	if others {
		fmt.Fprintln(a.out, "another process has the other runs; the same command writes the tables when it has ended")
	}
	fmt.Fprintf(a.out, "report          %s\n", o.out)
	return nil
}

// resultLine says in a line what a run came to.
func resultLine(s *comparison.Spec, r comparison.Result) string {
	if r.Diverged != "" {
		return "diverged: " + foreign.Line(r.Diverged)
	}
	var parts []string
	for _, name := range s.Scores {
		if v, ok := r.Scores[name]; ok {
			parts = append(parts, fmt.Sprintf("%s %.4g", name, v))
		}
	}
	return strings.Join(parts, ", ")
}

// judge returns what scores the generators of a comparison.
func (a *app) judge(o *ganStudyOptions) comparison.Judge {
	return func(ctx context.Context, dir string, samples int) (map[string]float64, error) {
		so := &ganScoreOptions{
			ganSubject: ganSubject{dataDir: o.dataDir, threads: o.threads, seed: 1}, count: samples, plain: o.plain,
		}
		if err := so.open(dir); err != nil {
			return nil, err
		}
		defer so.close()
		var scores features.Scores
		var err error
		if set, ok := gan.PointSetOf(so.config.Data); ok {
			scores, err = so.points(set)
		} else {
			scores, err = a.scoreImages(ctx, so)
		}
		if err != nil {
			return nil, err
		}
		return flatScores(scores), nil
	}
}

// flatScores returns scores by their keys, any of [score.Keys]; those of a second network have its
// name behind them, and those of real images "of real".
func flatScores(s features.Scores) map[string]float64 {
	flat := map[string]float64{}
	for i, r := range s.Reports {
		for _, v := range r.Scores {
			name := v.Key
			if i > 0 {
				name += " by " + r.Features
			}
			flat[name] = v.Value
			if v.Real != nil {
				flat[name+" of real"] = *v.Real
			}
		}
	}
	if c := s.Copying; c != nil {
		flat[score.KeyCopying] = c.CT
	}
	if m := s.Modes; m != nil {
		flat[score.KeyModesHit], flat[score.KeyModeKL] = float64(m.Hit), m.KL
		if s.Floor != nil {
			flat[score.KeyModeKL+" of real"] = s.Floor.KL.Mean
		}
	}
	if g := s.Gaussians; g != nil {
		flat[score.KeyGaussiansHit], flat[score.KeyOnMode] = float64(g.Hit), g.OnMode
		flat[score.KeyOffModeKL], flat[score.KeyGaussianKL] = g.KL, g.ModeKL
	}
	return flat
}
