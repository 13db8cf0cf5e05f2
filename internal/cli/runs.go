package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/report"
	"github.com/gradreg/gradreg/study/queue"
	"github.com/gradreg/gradreg/task"
)

// listedRun is a run as gradreg runs lists it.
type listedRun struct {
	Dir          string         `json:"dir"`
	Kind         string         `json:"kind,omitempty"` // generator of such a run
	State        classify.State `json:"state"`
	Data         string         `json:"data,omitempty"`
	TrainSize    int            `json:"train_size,omitempty"`
	Size         int            `json:"size,omitempty"`
	Model        string         `json:"model,omitempty"`     // of a generator the pair of networks
	Transfer     string         `json:"transfer,omitempty"`  // features or finetune, of a pretrained network
	Objective    string         `json:"objective,omitempty"` // of a generator
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
	generators, err := gan.List(dir)
	if err != nil {
		return err
	}
	if len(runs)+len(generators) == 0 {
		return fault.Inputf("found no run in %s; gradreg train or gradreg gan train makes one", dir)
	}
	names := &runNames{ctx: ctx, of: map[string]map[string]queue.RunName{}}
	score := scoreColumn(runs)
	var list []foundRun
	for _, r := range runs {
		list = append(list, foundRun{newListedRun(r, names.name(r.Dir), a), score.of(r), r.Changed, r.Err})
	}
	for _, r := range generators {
		list = append(list, foundRun{newListedGenerator(r, a), "", r.Changed, r.Err})
	}
	slices.SortStableFunc(list, func(x, y foundRun) int { return y.changed.Compare(x.changed) })
	if a.json {
		var lines []listedRun
		for _, r := range list {
			lines = append(lines, r.listedRun)
		}
		return a.printJSON(lines)
	}
	if err := runsTable(list, score.head).Write(a.out, "text"); err != nil {
		return err
	}
	for _, r := range list {
		if r.err != nil {
			fmt.Fprintf(a.err, "%s: %s\n", foreign.Line(r.Dir), a.message(r.err))
		}
	}
	return nil
}

// foundRun is a run of the list with what the table says of it in its own words.
type foundRun struct {
	listedRun
	score   string
	changed time.Time
	err     error
}

// generatorKind is what a run of a generator is called.
const generatorKind = "generator"

func newListedGenerator(r gan.Listed, a *app) listedRun {
	c := r.Config
	out := listedRun{
		Dir: r.Dir, Kind: generatorKind, State: r.State, Data: c.Data, TrainSize: c.TrainSize, Size: c.Size,
		Model: c.Network, Objective: c.Objective, Regularizers: c.Regularizers, Seed: c.Seed, Step: r.Step,
		Steps: c.Steps, Changed: r.Changed.UTC().Truncate(time.Second),
	}
	if r.Err != nil {
		out.Error = a.message(r.Err)
	}
	return out
}

func newListedRun(r classify.Listed, name queue.RunName, a *app) listedRun {
	c := r.Config
	out := listedRun{
		Dir: r.Dir, State: r.State, Data: c.Data.String(), TrainSize: c.TrainSize, Size: c.Size,
		Model: c.Model.String(), Regularizers: gradreg.Texts(c.Regularizers),
		Task: c.Task, Seed: c.Seed, Step: r.Step, Steps: c.Steps, Changed: r.Changed.UTC().Truncate(time.Second),
		Study: name.Study, Name: name.Run,
	}
	if c.Backbone != "" {
		out.Transfer = cmp.Or(c.Transfer, classify.TransferFeatures)
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

// runsTable lists runs in the order given; head is that of the column of scores, empty for none.
func runsTable(runs []foundRun, head string) report.Table {
	t := report.Table{Columns: []report.Column{
		{Head: "run"}, {Head: "data"}, {
			Head: "images", Right: true,
		}, {Head: "model"}, {Head: "regularizers"}, {Head: "seed", Right: true},
		{Head: "steps", Right: true}, {Head: "state"}, {Head: head, Right: true}, {Head: "date"},
	}}
	var models, penalties []string
	for _, r := range runs {
		text, model := strings.Join(r.Regularizers, " "), r.Model
		if text == "" && model != "" {
			text = gradreg.None
		}
		switch {
		case r.Kind != "" && model != "":
			model = r.Kind + " " + model
		case r.Transfer == classify.TransferFeatures:
			model, text = "head on "+model, "L2"
		}
		models, penalties = append(models, model), append(penalties, text)
	}
	models, penalties = report.Shorten(models, modelWidth), report.Shorten(penalties, penaltyWidth)
	inStudies := make([]string, len(runs))
	for i, r := range runs {
		if r.Study != "" {
			inStudies[i] = r.Study + ": " + r.Name
		}
		t.Rows = append(t.Rows, runRow(r, models[i], penalties[i]))
	}
	if head == "" { // generators have no score yet
		column := slices.IndexFunc(t.Columns, func(c report.Column) bool { return c.Head == "" })
		t.Columns = slices.Delete(t.Columns, column, column+1)
		for i, row := range t.Rows {
			t.Rows[i] = slices.Delete(row, column, column+1)
		}
	}
	if slices.ContainsFunc(inStudies, func(s string) bool { return s != "" }) {
		t.Columns = slices.Insert(t.Columns, 1, report.Column{Head: "run of a study"})
		for i, row := range t.Rows {
			t.Rows[i] = slices.Insert(row, 1, report.Cell{Text: inStudies[i]})
		}
	}
	return t
}

// scores is the column of scores: its head, and what stands in it.
type scores struct {
	head string
	of   func(classify.Listed) string
}

// scoreColumn returns values alone where all runs are judged by one quality, else each with its
// name. There is no head without runs.
func scoreColumn(runs []classify.Listed) scores {
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
	head := "test " + one.Label()
	switch {
	case len(runs) == 0:
		head = ""
	case len(qualities) > 1:
		head = "test score"
	}
	return scores{head, func(r classify.Listed) string {
		if r.Summary == nil {
			return ""
		}
		value, of := r.Summary.Score()
		if len(qualities) > 1 {
			return of.Name + " " + of.Format(value)
		}
		return of.Bare(value)
	}}
}

func runRow(r foundRun, model, penalties string) []report.Cell {
	data, images, seed, steps := "", "", "", ""
	if r.Model != "" { // its configuration can be read
		data, images, seed = nameOfData(r.Data), strconv.Itoa(r.TrainSize), strconv.FormatUint(r.Seed, 10)
		if r.TrainSize == 0 {
			images = "all"
		}
		if isPoints(r.Data) {
			images = ""
		}
		if r.Size > 0 {
			data += fmt.Sprintf(" %d×%d", r.Size, r.Size)
		}
		steps = strconv.Itoa(r.Step)
		if r.Step != r.Steps {
			steps += " of " + strconv.Itoa(r.Steps)
		}
	}
	var row []report.Cell
	for _, text := range []string{
		r.Dir, data, images, model, penalties, seed, steps, string(r.State), r.score,
		r.changed.Local().Format("2006-01-02 15:04"),
	} {
		row = append(row, report.Cell{Text: text})
	}
	return row
}

// nameOfData returns the name of data that a configuration names: of a folder its last part.
func nameOfData(data string) string {
	name, stacked := strings.CutPrefix(data, gan.StackedPrefix)
	if name = dataset.ParseSource(name).Name(); stacked {
		return gan.StackedPrefix + name
	}
	return name
}
