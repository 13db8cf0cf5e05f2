package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/report"
	"github.com/gradreg/gradreg/study/queue"
	"github.com/gradreg/gradreg/task"
)

// listedRun is a run as gradreg runs lists it.
type listedRun struct {
	Dir          string         `json:"dir"`
	State        classify.State `json:"state"`
	Data         string         `json:"data,omitempty"`
	TrainSize    int            `json:"train_size,omitempty"`
	Size         int            `json:"size,omitempty"`
	Model        string         `json:"model,omitempty"`
	Regularizers []string       `json:"regularizers,omitempty"`
	Seed         uint64         `json:"seed,omitempty"`
	Step         int            `json:"step"`
	Steps        int            `json:"steps"`
	TestAccuracy *float64       `json:"test_accuracy,omitempty"`
	TestInterval *[2]float64    `json:"test_accuracy_interval,omitempty"`
	TestImages   int            `json:"test_images,omitempty"`
	Task         string         `json:"task,omitempty"` // none of classes
	TestQuality  *float64       `json:"test_quality,omitempty"`
	QualityName  string         `json:"test_quality_name,omitempty"`
	TestLoss     *float64       `json:"test_loss,omitempty"`
	Changed      time.Time      `json:"changed"`
	Study        string         `json:"study,omitempty"`
	Name         string         `json:"name,omitempty"` // in the study
	Error        string         `json:"error,omitempty"`
}

func (a *app) runsCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "runs [FOLDER]",
		Short: "List runs",
		Long: `List the run folders in a folder, runs unless another is given, and in the folders in it: what they train, how far they are, how
they ended, the newest first. Those of a study have its name and theirs in it, where the study's database is beside them. A run is finished, running, interrupted (it can be resumed) or damaged. Nothing is written.`,
		Example: `  # All runs under runs/
  gradreg runs

  # The most accurate run of a folder, for a program
  gradreg runs experiments --json | jq -r 'max_by(.test_accuracy).dir'`,
		Args:              args(cobra.MaximumNArgs(1)),
		ValidArgsFunction: completeFolders,
		RunE: func(cmd *cobra.Command, list []string) error {
			dir := defaultRuns
			if len(list) == 1 {
				dir = list[0]
			}
			return a.runRuns(cmd.Context(), dir)
		},
	}
}

// defaultRuns is the folder that runs are put in.
const defaultRuns = "runs"

func (a *app) runRuns(ctx context.Context, dir string) error {
	runs, err := classify.List(dir)
	if err != nil {
		return err
	}
	if len(runs) == 0 {
		return fault.Inputf("found no run in %s; gradreg train makes one", dir)
	}
	slices.SortStableFunc(runs, func(x, y classify.Listed) int { return y.Changed.Compare(x.Changed) })
	names := runNames{ctx: ctx, of: map[string]map[string]queue.RunName{}}
	if a.json {
		var list []listedRun
		for _, r := range runs {
			list = append(list, newListedRun(r, names.name(r.Dir), a))
		}
		return a.printJSON(list)
	}
	if err := runsTable(runs, &names).Write(a.out, "text"); err != nil {
		return err
	}
	for _, r := range runs {
		if r.Err != nil {
			fmt.Fprintf(a.err, "%s: %s\n", foreign.Line(r.Dir), a.message(r.Err))
		}
	}
	return nil
}

func newListedRun(r classify.Listed, name queue.RunName, a *app) listedRun {
	c := r.Config
	out := listedRun{
		Dir: r.Dir, State: r.State, Data: c.Data.String(), TrainSize: c.TrainSize, Size: c.Size,
		Model: c.Model.String(), Regularizers: gradreg.Texts(c.Regularizers),
		Task: c.Task, Seed: c.Seed, Step: r.Step, Steps: c.Steps, Changed: r.Changed.UTC().Truncate(time.Second),
		Study: name.Study, Name: name.Run,
	}
	if s := r.Summary; s != nil && s.TaskResult == nil {
		out.TestAccuracy, out.TestInterval, out.TestImages = &s.TestAccuracy, &s.TestInterval, s.TestImages
	}
	if s := r.Summary; s != nil && s.TaskResult != nil {
		out.TestQuality, out.QualityName, out.TestLoss = &s.Quality, s.Name, &s.Loss
		out.TestImages = s.TestImages
	}
	if r.Err != nil {
		out.Error = a.message(r.Err)
	}
	return out
}

// The widths in characters that text forms have in the table.
const modelWidth, penaltyWidth = 32, 36

// runsTable lists runs in the order given.
func runsTable(runs []classify.Listed, names *runNames) report.Table {
	head, score := scoreColumn(runs)
	t := report.Table{Columns: []report.Column{
		{Head: "run"}, {Head: "data"}, {
			Head: "images", Right: true,
		}, {Head: "model"}, {Head: "regularizers"}, {Head: "seed", Right: true},
		{Head: "steps", Right: true}, {Head: "state"}, {Head: head, Right: true}, {Head: "date"},
	}}
	var models, penalties []string
	for _, r := range runs {
		text := strings.Join(gradreg.Texts(r.Config.Regularizers), " ")
		if text == "" && r.Config.Model.String() != "" {
			text = gradreg.None
		}
		models, penalties = append(models, r.Config.Model.String()), append(penalties, text)
	}
	models, penalties = report.Shorten(models, modelWidth), report.Shorten(penalties, penaltyWidth)
	inStudies := make([]string, len(runs))
	for i, r := range runs {
		if name := names.name(r.Dir); name.Study != "" {
			inStudies[i] = name.Study + ": " + name.Run
		}
		t.Rows = append(t.Rows, runRow(r, models[i], penalties[i], score(r)))
	}
	if slices.ContainsFunc(inStudies, func(s string) bool { return s != "" }) {
		t.Columns = slices.Insert(t.Columns, 1, report.Column{Head: "run of a study"})
		for i, row := range t.Rows {
			t.Rows[i] = slices.Insert(row, 1, report.Cell{Text: inStudies[i]})
		}
	}
	return t
}

// scoreColumn returns the head of the column of scores, and what stands in it: values alone where
// all runs are judged by one quality, else each with its name.
func scoreColumn(runs []classify.Listed) (head string, score func(classify.Listed) string) {
	qualities := map[task.Quality]bool{}
	for _, r := range runs {
		if r.Summary != nil {
			_, of := r.Summary.Score()
			qualities[of] = true
		}
	}
	one := task.Classification{}.Quality()
	for q := range qualities {
		one = q
	}
	head = "test " + one.Label()
	if len(qualities) > 1 {
		head = "test score"
	}
	return head, func(r classify.Listed) string {
		if r.Summary == nil {
			return ""
		}
		value, of := r.Summary.Score()
		if len(qualities) > 1 {
			return of.Name + " " + of.Format(value)
		}
		return of.Bare(value)
	}
}

func runRow(r classify.Listed, model, penalties, score string) []report.Cell {
	c := r.Config
	data, images, seed, steps := "", "", "", ""
	if c.Model.String() != "" { // its configuration can be read
		data, images, seed = c.Data.Name(), strconv.Itoa(c.TrainSize), strconv.FormatUint(c.Seed, 10)
		if c.TrainSize == 0 {
			images = "all"
		}
		if c.Size > 0 {
			data += fmt.Sprintf(" %d×%d", c.Size, c.Size)
		}
		steps = strconv.Itoa(r.Step)
		if r.Step != c.Steps {
			steps += " of " + strconv.Itoa(c.Steps)
		}
	}
	var row []report.Cell
	for _, text := range []string{
		r.Dir, data, images, model, penalties, seed, steps, string(r.State), score,
		r.Changed.Local().Format("2006-01-02 15:04"),
	} {
		row = append(row, report.Cell{Text: text})
	}
	return row
}
