package cli

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/study"
)

// verifyOptions are the flags of gradreg study verify.
type verifyOptions struct {
	runs, threads int
	seed          uint64
	dataDir       string
}

func (a *app) studyVerifyCommand() *cobra.Command {
	o := &verifyOptions{}
	cmd := &cobra.Command{
		Use:   "verify FOLDER",
		Short: "Train some of a report's runs again and compare the numbers bit for bit",
		Long: `Train some of the runs of a report again, chosen at random, and compare their scores and learning curves with those of the report,
to the last bit; what is not recorded is said. Images and kernels have to be those of the study; runs whose images are not here are
left out. Runs of a version with other numbers need a build of that version, whose commit is named. Exit code 1 if a run comes to
something else.`,
		Example: `  # Three runs of the published table
  gradreg study verify results/wd-table

  # All of them, about half an hour
  gradreg study verify results/wd-table --runs 0`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error { return a.verifyStudy(cmd, o, list[0]) },
	}
	f := cmd.Flags()
	f.IntVar(&o.runs, "runs", 3, "how many runs; 0 for all")
	f.Uint64Var(&o.seed, "seed", 0, "of the choice (default another one each time)")
	f.StringVar(
		&o.dataDir, "data-dir", "",
		"folder with the study's data sets (instead of GRADREG_DATA and the usual places)",
	)
	threadsFlag(cmd, &o.threads)
	complete(cmd, "data-dir", completeFolders)
	cmd.ValidArgsFunction = completeFolders
	return cmd
}

// verified is a run that was trained again.
type verified struct {
	Key      string       `json:"key"`
	Name     string       `json:"name"`
	Stored   study.Result `json:"stored"`
	Repeated study.Result `json:"repeated"`
	Equal    bool         `json:"equal"`
	study.Comparison
}

// verification is what came of it.
type verification struct {
	Study  string     `json:"name"`
	Seed   uint64     `json:"seed"`
	Stored int        `json:"stored_count"`
	Equal  int        `json:"equal_count"`
	Partly int        `json:"partly_recorded_count"` // the same as far as it is recorded
	Runs   []verified `json:"runs"`
}

func (a *app) verifyStudy(cmd *cobra.Command, o *verifyOptions, dir string) error {
	if o.runs < 0 {
		return usage{fmt.Errorf("--runs is %d, expected at least 0", o.runs)}
	}
	threads, err := a.threadCount(cmd, o.threads)
	if err != nil {
		return err
	}
	ctx, stop := interruptible(cmd.Context())
	defer stop()
	opt := classify.Options{DataDirs: a.dataDirs(o.dataDir), Threads: threads}
	s, results, err := study.ReadFolder(dir)
	if err != nil {
		return err
	}
	if err := checkDataDir(cmd, s.Sources()...); err != nil {
		return err
	}
	if err := s.Here(); err != nil {
		if numbers, unknown := s.Numbers(); unknown == nil && s.Identity.Numbers != numbers {
			err = fmt.Errorf("%w; %s", err, rebuild(results))
		}
		return fault.Inputf("study %s: %w", s.Name, err)
	}
	runs, err := stored(s, results)
	if err != nil {
		return err
	}
	v := verification{Study: s.Name, Stored: len(runs), Runs: []verified{}}
	if runs, err = a.repeatable(ctx, s, runs, opt); err != nil {
		return err
	}
	if !cmd.Flags().Changed("seed") {
		o.seed = uint64(a.now().UnixNano())
	}
	v.Seed = o.seed
	rand.New(rand.NewPCG(o.seed, 0)).Shuffle(len(runs), func(i, j int) { runs[i], runs[j] = runs[j], runs[i] })
	if o.runs > 0 {
		runs = runs[:min(o.runs, len(runs))]
	}
	for i, r := range runs {
		if err := a.verifyRun(ctx, &v, r, results[r.Key], opt, fmt.Sprintf("%d/%d", i+1, len(runs))); err != nil {
			return err
		}
	}
	if a.json {
		err = a.printJSON(v)
	} else {
		partly := ""
		if v.Partly > 0 {
			partly = fmt.Sprintf("%d to the same as far as it is recorded; ", v.Partly)
		}
		_, err = fmt.Fprintf(
			a.out, "%d of %d runs came to the same, bit for bit; %s%s has %d\n", v.Equal,
			len(v.Runs), partly, dir, v.Stored,
		)
	}
	if others := len(v.Runs) - v.Equal - v.Partly; err == nil && others > 0 {
		err = fmt.Errorf(
			"%d of %d runs of %s come to something else", others, len(v.Runs),
			filepath.Join(dir, study.RunsFile),
		)
	}
	return err
}

// rebuild says which program makes the numbers of runs.
func rebuild(results study.Results) string {
	commits, without := study.Builds(slices.Collect(maps.Values(results)))
	if len(commits) == 0 {
		return "its runs record no commit of the program that made them, so that they cannot be " +
			"verified but by one with those numbers"
	}
	text := "build commit " + commits[0]
	if len(commits) > 1 {
		text += " (or, for other runs, " + strings.Join(commits[1:], ", ") + ")"
	}
	text += " and verify with that"
	if without > 0 {
		text += fmt.Sprintf("; %d of the %d runs record none", without, len(results))
	}
	return text
}

// repeatable returns the runs whose images are here, and tells which are not; they have to be those
// of the study.
func (a *app) repeatable(
	ctx context.Context, s *study.Study, runs []study.Run, opt classify.Options,
) ([]study.Run, error) {
	lacks := map[string]error{} // by data set
	var here []study.Run
	for _, r := range runs {
		data, want := r.Cell.Data, s.Identity.Digest(r.Config)
		if want != s.Identity.Digests[data] { // other images of the same pictures
			data = want
		}
		if _, known := lacks[data]; !known {
			digest, err := classify.DataDigest(ctx, r.Config, opt)
			if ctx.Err() != nil {
				return nil, classify.ErrInterrupted
			}
			if err == nil && want != "" && digest != want {
				err = s.Identity.CheckDigests(map[string]string{r.Cell.Data: digest})
			}
			if err != nil && a.watched() {
				a.note(fmt.Sprintf("%v; runs with these images are left out", err))
			}
			lacks[data] = err
		}
		if lacks[data] == nil {
			here = append(here, r)
		}
	}
	if len(here) == 0 {
		return nil, fault.Inputf("study %s: %w", s.Name, lacks[runs[0].Cell.Data])
	}
	return here, nil
}

// stored returns the runs of a study that have results.
func stored(s *study.Study, results study.Results) ([]study.Run, error) {
	p, err := s.Progress(results)
	if err != nil {
		return nil, err
	}
	var runs []study.Run
	for _, r := range p.Runs() {
		if _, ok := results[r.Key]; ok {
			runs = append(runs, r)
		}
	}
	if len(runs) == 0 {
		return nil, fault.Inputf("no run of study %s is among those of the folder", s.Name)
	}
	return runs, nil
}

// verifyRun trains a run again.
func (a *app) verifyRun(
	ctx context.Context, v *verification, r study.Run, before study.Result, opt classify.Options,
	count string,
) error {
	if a.watched() {
		a.note(count + "  " + r.String())
	}
	again, err := study.Repeat(ctx, r, opt)
	if err != nil {
		return err
	}
	c := again.Compare(before)
	v.Runs = append(v.Runs, verified{r.Key, r.String(), before, again, c.Equal(), c})
	verdict := "the same"
	switch {
	case c.Equal():
		v.Equal++
	case len(c.Differs) == 0:
		v.Partly++
		verdict = "the same as far as it is recorded: there is no " + strings.Join(c.Lacks, ", no ")
	default:
		verdict = "NOT the same: " + strings.Join(c.Differs, ", ") + "; " + numbersBeside(again, before)
	}
	if !a.json {
		_, err = fmt.Fprintf(a.out, "%s: %s again, %s\n", foreign.Line(r.String()), again.Score(), verdict)
	}
	return err
}

// numbersBeside sets the numbers of a run beside those that were recorded.
func numbersBeside(again, before study.Result) string {
	if again.Metrics != nil && before.Metrics != nil {
		return fmt.Sprintf(
			"loss %v was %v, %s %v was %v", again.Metrics.Loss, before.Metrics.Loss,
			again.Metrics.Name, again.Metrics.Quality, before.Metrics.Quality,
		)
	}
	return fmt.Sprintf(
		"NLL %v was %v, accuracy %v was %v", again.NLL, before.NLL, again.Accuracy, before.Accuracy,
	)
}
