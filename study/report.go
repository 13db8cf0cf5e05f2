package study

import (
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gradreg/gradreg/internal/build"
	"github.com/gradreg/gradreg/stats"
	"github.com/gradreg/gradreg/task"
)

// Report is what a study's results say. It is what results.json holds.
type Report struct {
	Name   string `json:"name"`
	Title  string `json:"title"`
	About  string `json:"about,omitempty"`
	Source string `json:"source,omitempty"` // of published values
	// FirstLook says that the study is a shortened one, whose numbers are no result.
	FirstLook bool `json:"quick_look,omitempty"`
	// Baseline is the method that the others are compared to.
	Baseline string       `json:"baseline"`
	Seeds    int          `json:"seeds"` // final runs that each cell is to have
	Tuning   *Tuning      `json:"tuning,omitempty"`
	Blocks   []Block      `json:"blocks"`
	Cells    []CellReport `json:"cells"`
	// Task is what the data are for, QualityName what its runs are judged by; empty for classification,
	// whose runs are judged by accuracy.
	Task        string `json:"task,omitempty"`
	QualityName string `json:"quality_name,omitempty"`
	// Missing is the number of final runs that are not there yet or have failed, without those of
	// cells that have none to come because every trial diverged.
	Missing int `json:"missing_count"`
	// Trained is the number of finished runs, Shared how many places of cells and trials have the
	// run of another, which is the same.
	Trained  int      `json:"run_count"`
	Shared   int      `json:"shared_run_count,omitempty"`
	Seconds  float64  `json:"run_seconds"` // of all runs whose time is known, on one thread each
	Identity Identity `json:"identity"`
	// Programs are the versions and commits that the runs were made with.
	Programs []string `json:"programs"`
	// Machines are those that the runs were made on, as far as they were recorded.
	Machines []string `json:"machines,omitempty"`
	Origin   *Origin  `json:"origin,omitempty"`

	// What the report follows from, in files of their own.
	spec     Spec
	finished []Result
}

// Origin is what made a report.
type Origin struct {
	Command string     `json:"command"`
	Date    string     `json:"date"` // year-month-day
	Program build.Info `json:"program"`
}

// NewOrigin describes a report of this program.
func NewOrigin(command string, now time.Time) Origin {
	return Origin{Command: command, Date: now.UTC().Format(time.DateOnly), Program: build.Current()}
}

// Block is the methods that are compared with each other: those of one data set, train size and
// setting.
type Block struct {
	Data        string             `json:"data"`
	TrainSize   int                `json:"train_size"`
	Setting     string             `json:"setting,omitempty"`
	Comparisons []stats.Comparison `json:"comparisons"`
	Published   map[string]float64 `json:"published,omitempty"`
	// Verdicts say where published values lie beside the intervals of our means.
	Verdicts map[string]stats.Verdict `json:"verdicts,omitempty"`
}

// CellReport is a cell's runs and how its values were found.
type CellReport struct {
	Cell
	Training Training      `json:"training"`
	Values   Values        `json:"values,omitempty"`
	Tuned    []string      `json:"tuned,omitempty"` // the parameters that tuning chose
	Trials   []TrialReport `json:"trials,omitempty"`
	// Hopeless says that tuning is over and every trial that came to its end diverged, so that
	// there is nothing to run.
	Hopeless bool        `json:"every_trial_diverged,omitempty"`
	Runs     []RunReport `json:"runs"`
}

// TrialReport is a trial of tuning: its accuracy, or of a task without classes its quality, on dev
// images in each round that it took part in.
type TrialReport struct {
	Values      Values     `json:"values"`
	DevAccuracy []*float64 `json:"dev_accuracy"` // nil for one that diverged
	DevQuality  []*float64 `json:"dev_quality,omitempty"`
}

// RunReport is a final run.
type RunReport struct {
	Seed         uint64       `json:"seed"`
	TestAccuracy float64      `json:"test_accuracy"`
	TestNLL      float64      `json:"test_nll"`
	TestECE      float64      `json:"test_ece"`
	Diverged     string       `json:"diverged,omitempty"`
	Seconds      float64      `json:"seconds"`
	Key          string       `json:"key"`
	Note         string       `json:"note,omitempty"` // how the run found its λ
	Curve        []CurvePoint `json:"curve,omitempty"`
	// Metrics and QualityCurve are of a task without classes, which has no TestAccuracy, TestNLL,
	// TestECE and Curve.
	Metrics      *task.Metrics  `json:"test_metrics,omitempty"`
	QualityCurve []QualityPoint `json:"quality_curve,omitempty"`
}

// NewReport returns what some results say about a study, also of one that is not complete.
func NewReport(s *Study, results Results) (*Report, error) {
	p, err := s.Progress(results)
	if err != nil {
		return nil, err
	}
	r := &Report{
		Name: s.Name, Title: s.Title, About: s.About, Source: s.Source, Baseline: s.Baseline,
		Seeds: s.Seeds, Tuning: s.Tuning, FirstLook: s.FirstLook, Identity: s.Identity,
		Task: s.Identity.Task, spec: s.Spec,
	}
	if r.Task != "" {
		r.QualityName = r.quality().Name
	}
	programs, machines := map[string]bool{}, map[string]bool{}
	for _, run := range p.Runs() {
		if result, ok := results[run.Key]; ok {
			r.finished = append(r.finished, result)
			r.Seconds += result.Seconds
			programs[strings.TrimSpace(result.Version+" "+result.Commit)] = true
			if result.Machine != "" {
				machines[result.Machine] = true
			}
		}
	}
	r.Trained = len(r.finished)
	r.Shared = p.places(results) - r.Trained
	r.Programs, r.Machines = slices.Sorted(maps.Keys(programs)), slices.Sorted(maps.Keys(machines))
	for _, c := range p.Cells {
		cell := r.cell(c, results)
		cell.Hopeless = c.Values == nil && !s.open(c)
		if cell.Training, err = s.training(c.Cell, c.Values); err != nil {
			return nil, err
		}
		r.Missing += cell.missing(s.Seeds)
		r.Cells = append(r.Cells, cell)
	}
	return r, r.compare(s.Published)
}

// cell collects the results of a cell.
func (r *Report) cell(c CellProgress, results Results) CellReport {
	out := CellReport{Cell: c.Cell, Values: c.Values, Tuned: c.Space, Runs: []RunReport{}}
	for i, round := range c.Rounds {
		for _, t := range round.Trials {
			if i == 0 {
				out.Trials = append(out.Trials, TrialReport{Values: t.Values})
			}
			if !round.Done {
				continue
			}
			var value *float64
			if !math.IsInf(t.Quality, 0) {
				value = &t.Quality
			}
			trial := &out.Trials[t.Number]
			if hasClasses(r.quality()) {
				trial.DevAccuracy = append(trial.DevAccuracy, value)
			} else {
				trial.DevQuality = append(trial.DevQuality, value)
			}
		}
	}
	for _, run := range c.Final {
		if result, ok := results[run.Key]; ok {
			if result.Diverged == "" && !result.of(r.quality()) {
				result.Diverged = "the result is one of another task"
			}
			out.Runs = append(out.Runs, RunReport{
				run.Config.Seed, result.Accuracy, result.NLL, result.ECE, result.Diverged,
				result.Seconds, result.Key, result.Note, result.Curve, result.Metrics,
				result.QualityCurve,
			})
		}
	}
	return out
}

// compare makes the blocks of the cells. published are accuracies by setting and method.
func (r *Report) compare(published map[string]map[string]float64) error {
	for i := 0; i < len(r.Cells); {
		first := r.Cells[i].Cell
		b := Block{
			Data: first.Data, TrainSize: first.TrainSize, Setting: first.Setting,
			Published: published[first.Setting],
		}
		var groups []stats.Group
		for ; i < len(r.Cells) && b.holds(r.Cells[i].Cell); i++ {
			g := stats.Group{Name: r.Cells[i].Method}
			for _, run := range r.Cells[i].ended() {
				g.Runs = append(g.Runs, stats.Observation{Seed: run.Seed, Value: run.score()})
			}
			groups = append(groups, g)
		}
		baseline := r.Baseline
		if !slices.ContainsFunc(groups, func(g stats.Group) bool { return g.Name == baseline }) {
			baseline = groups[0].Name // a setting that the baseline is not applied to
		}
		var err error
		if b.Comparisons, err = stats.Compare(
			groups, baseline, stats.Options{Fractions: r.quality().Fraction},
		); err != nil {
			return fmt.Errorf("%s: %w", first, err)
		}
		for _, c := range b.Comparisons {
			if v, ok := b.Published[c.Name]; ok && c.Interval != nil {
				if b.Verdicts == nil {
					b.Verdicts = map[string]stats.Verdict{}
				}
				b.Verdicts[c.Name] = stats.Judge(*c.Interval, v)
			}
		}
		r.Blocks = append(r.Blocks, b)
	}
	return nil
}

// missing returns the number of final runs that are to come, of so many seeds.
func (c CellReport) missing(seeds int) int {
	if c.Hopeless {
		return 0
	}
	return seeds - len(c.Runs)
}

// ended returns the runs that did not diverge.
func (c CellReport) ended() []RunReport {
	return slices.DeleteFunc(slices.Clone(c.Runs), func(r RunReport) bool { return r.Diverged != "" })
}

// holds reports whether a cell belongs to the block.
func (b Block) holds(c Cell) bool {
	return c.Data == b.Data && c.TrainSize == b.TrainSize && c.Setting == b.Setting
}

// title names a block among those of the report.
func (b Block) title() string {
	parts := []string{filepath.Base(b.Data), "all images"}
	if b.TrainSize > 0 {
		parts[1] = strconv.Itoa(b.TrainSize) + " images"
	}
	if b.Setting != "" {
		parts = append(parts, b.Setting)
	}
	return strings.Join(parts, ", ")
}
