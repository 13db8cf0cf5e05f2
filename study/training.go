package study

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/report"
	"github.com/gradreg/gradreg/tune"
)

// Training is what determines the final runs of a cell beside its images and their seeds. Text
// forms are written out in full, with what is a default.
type Training struct {
	Model         string  `json:"model,omitempty"`
	Optimizer     string  `json:"optimizer,omitempty"`
	LearningRate  float64 `json:"learning_rate,omitempty"`
	Schedule      string  `json:"schedule,omitempty"`
	Batch         int     `json:"batch,omitempty"`
	Steps         int     `json:"steps,omitempty"`
	Augment       string  `json:"augment,omitempty"`
	Size          int     `json:"size,omitempty"` // side of the images that a folder's pictures become
	Fit           string  `json:"fit,omitempty"`
	Subset        string  `json:"subset,omitempty"`
	Normalization string  `json:"normalization,omitempty"` // of the images
	Convolution   string  `json:"convolution,omitempty"`   // how they are computed, where not as by default
	// Backbone is the file of pretrained weights, Transfer what is trained of its network, at rates
	// that fall by DepthRate from part to part; HeadL2 is the L2 penalty of a head on its features.
	Backbone  string  `json:"backbone,omitempty"`
	Transfer  string  `json:"transfer,omitempty"`
	DepthRate float64 `json:"depth_rate,omitempty"`
	HeadL2    string  `json:"head_l2,omitempty"`
	// Regularizers are text forms with their λ: auto where each run finds its own, open as long as
	// tuning has not chosen.
	Regularizers []string `json:"regularizers"`
}

// absent stands in a table where there is nothing.
const absent = "–"

// Normalizations of images.
const (
	normalizedByTraining = "mean and standard deviation of the training images, by channel"
	normalizedByWeights  = "mean and standard deviation that the pretrained network is made for"
	normalizedByPart     = "mean and standard deviation of training, dev and test images each, by " +
		"channel (the paper's protocol)"
)

func newTraining(cfg classify.Config) Training {
	t := Training{
		Model: cfg.Model.String(), Optimizer: cfg.Optimizer.String(), LearningRate: cfg.LearningRate,
		Schedule: cfg.Schedule.String(), Batch: cfg.Batch, Steps: cfg.Steps,
		Augment: cfg.Augment, Size: cfg.Size, Fit: cfg.Fit, Subset: cfg.Subset, Normalization: normalizedByTraining,
		Transfer: cfg.Transfer, DepthRate: cfg.DepthRate, Convolution: string(cfg.Convolution),
		Regularizers: gradreg.Texts(cfg.Regularizers),
	}
	if cfg.Backbone != "" {
		t.Backbone, t.Normalization = filepath.Base(cfg.Backbone), normalizedByWeights
	}
	if cfg.Frozen() {
		t.HeadL2 = orDefault(positive(cfg.HeadL2), "by cross-validation")
	}
	if cfg.PaperProtocol {
		t.Normalization = normalizedByPart
	}
	return t
}

// notChosen stands for what tuning has not chosen yet.
const notChosen = "open"

// agreed returns the training without what other differs in: that is open.
func (t Training) agreed(other Training) Training {
	if t.Model != other.Model {
		t.Model = ""
	}
	if t.Optimizer != other.Optimizer {
		t.Optimizer = ""
	}
	if t.LearningRate != other.LearningRate {
		t.LearningRate = 0
	}
	if t.Schedule != other.Schedule {
		t.Schedule = ""
	}
	if t.Batch != other.Batch {
		t.Batch = 0
	}
	if t.Steps != other.Steps {
		t.Steps = 0
	}
	if t.Augment != other.Augment {
		t.Augment = ""
	}
	if t.Convolution != other.Convolution {
		t.Convolution = ""
	}
	if t.DepthRate != other.DepthRate {
		t.DepthRate = 0
	}
	if t.HeadL2 != other.HeadL2 {
		t.HeadL2 = ""
	}
	t.Regularizers = slices.Clone(t.Regularizers)
	for i, text := range t.Regularizers {
		if i < len(other.Regularizers) && text != other.Regularizers[i] {
			t.Regularizers[i] = spec.NameOf(text) + ":" + notChosen
		}
	}
	return t
}

// training returns what the final runs of a cell are, with what is open as long as values is nil.
func (s *Spec) training(c Cell, values Values) (Training, error) {
	draws := []Values{values}
	if values == nil {
		space, err := s.space(c)
		if err != nil {
			return Training{}, err
		}
		draws = space.draws()
	}
	var all Training
	for i, v := range draws {
		cfg, err := s.config(c, v, 1)
		if err != nil {
			return all, err
		}
		if t := newTraining(cfg); i == 0 {
			all = t
		} else {
			all = all.agreed(t)
		}
	}
	return all, nil
}

// foundNote matches a λ in the note of a run that found its own.
var foundNote = regexp.MustCompile(`(?:^|; )([a-z][a-z0-9-]*):([0-9.eE+-]+)[^;]*, chosen by`)

// penalties names the regularizers of a cell, of auto with the range of what its runs found.
func (c CellReport) penalties() string {
	var list []string
	for _, text := range c.Training.Regularizers {
		name := spec.NameOf(text)
		if spec.ValueOf(text) == tune.Auto {
			if values := c.foundValues(name); len(values) > 0 {
				low, high := slices.Min(values), slices.Max(values)
				text += " (" + strconv.FormatFloat(low, 'g', -1, 64)
				if low != high {
					text += " … " + strconv.FormatFloat(high, 'g', -1, 64)
				}
				text += ")"
			}
		}
		list = append(list, text)
	}
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, "; ")
}

// foundValues returns the λ that the cell's runs found for a regularizer.
func (c CellReport) foundValues(name string) (values []float64) {
	for _, run := range c.Runs {
		for _, m := range foundNote.FindAllStringSubmatch(run.Note, -1) {
			if v, err := strconv.ParseFloat(m[2], 64); err == nil && m[1] == name {
				values = append(values, v)
			}
		}
	}
	return values
}

// trainings says what each cell is: what differs between cells in a column, what they have in
// common below, in CSV before it.
func (r *Report) trainings() report.Table {
	t := report.Table{
		Caption: "What each cell is",
		Columns: []report.Column{{Head: "cell"}, {Head: "penalties with λ", Name: "penalties_with_lambda"}},
	}
	columns := []struct {
		name string
		of   func(CellReport) string
	}{
		{"model", func(c CellReport) string { return c.Training.Model }},
		{"optimizer", func(c CellReport) string { return c.Training.Optimizer }},
		{"learning rate", func(c CellReport) string { return positive(c.Training.LearningRate) }},
		{"schedule", func(c CellReport) string { return c.Training.Schedule }},
		{"batch", func(c CellReport) string { return positive(float64(c.Training.Batch)) }},
		{"steps", func(c CellReport) string { return positive(float64(c.Training.Steps)) }},
		{"augmentation", func(c CellReport) string { return c.Training.Augment }},
		{"begins with", func(c CellReport) string { return beginning(c.Training) }},
		{"image normalization", func(c CellReport) string { return c.Training.Normalization }},
		{"image size", func(c CellReport) string { return pictureSize(c.Training) }},
		{"convolutions", func(c CellReport) string { return orDefault(c.Training.Convolution, absent) }},
		{"subset", func(c CellReport) string { return orDefault(c.Training.Subset, classify.Random) }},
		{"tuned", func(c CellReport) string { return orDefault(strings.Join(c.Tuned, ", "), "nothing") }},
	}
	for _, c := range r.Cells {
		t.Rows = append(t.Rows, []report.Cell{{Text: c.label()}, {Text: c.penalties()}})
	}
	var common []string
	for _, column := range columns {
		name := strings.ReplaceAll(column.name, " ", "_")
		var texts []string
		for _, c := range r.Cells {
			texts = append(texts, orDefault(column.of(c), notChosen))
		}
		if len(slices.Compact(slices.Clone(texts))) == 1 {
			if texts[0] != absent {
				common = append(common, column.name+" "+texts[0])
				t.Keys = append(t.Keys, report.Key{Name: name, Value: texts[0]})
			}
			continue
		}
		t.Columns = append(t.Columns, report.Column{Head: column.name, Name: name})
		for i, text := range texts {
			t.Rows[i] = append(t.Rows[i], report.Cell{Text: text})
		}
	}
	if len(common) > 0 {
		t.Notes = append(t.Notes, "In all cells: "+strings.Join(common, "; ")+".")
	}
	if note := r.sharing(); note != "" {
		t.Notes = append(t.Notes, note)
	}
	if slices.ContainsFunc(r.Cells, func(c CellReport) bool { return strings.Contains(c.penalties(), "auto (") }) {
		t.Notes = append(
			t.Notes,
			"auto: each run found its own λ on dev images; in brackets the least and the largest.",
		)
	}
	return t
}

// positive returns a number, nothing for 0.
func positive(v float64) string {
	if v == 0 {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// beginning says what a network began with and what is trained of it, a dash for random weights.
func beginning(t Training) string {
	switch t.Transfer {
	case "":
		return absent
	case classify.TransferFeatures:
		return fmt.Sprintf("%s, a head on its features, L2 %s", t.Backbone, orDefault(t.HeadL2, notChosen))
	}
	return fmt.Sprintf("%s, all of it, rates by depth %s", t.Backbone, orDefault(positive(t.DepthRate), notChosen))
}

// pictureSize says how a folder's pictures became images, a dash for other data.
func pictureSize(t Training) string {
	if t.Size == 0 {
		return absent
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s", t.Size, t.Fit))
}

func orDefault(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
