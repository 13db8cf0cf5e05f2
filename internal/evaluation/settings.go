package evaluation

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/report"
)

// setting is a named part of a configuration.
type setting struct {
	name string
	of   func(c classify.Config) string
}

// settings lists what tells runs apart.
func settings() []setting {
	return []setting{
		{"data", func(c classify.Config) string { return c.Data.String() }},
		{"training images", func(c classify.Config) string {
			text := strconv.Itoa(c.TrainSize)
			if c.Subset == classify.Balanced {
				text += ", balanced"
			}
			return text
		}},
		{"size", func(c classify.Config) string {
			if c.Size == 0 {
				return ""
			}
			return strings.TrimSpace(fmt.Sprintf("%d × %d, %s", c.Size, c.Size, c.Fit))
		}},
		{"model", func(c classify.Config) string { return c.Model.String() }},
		{"pretrained network", func(c classify.Config) string {
			switch {
			case c.Frozen():
				return "a head on the features of " + filepath.Base(c.Backbone)
			case c.Finetunes():
				return "all of " + filepath.Base(c.Backbone)
			}
			return ""
		}},
		{"regularizers", func(c classify.Config) string {
			if c.Frozen() {
				return "an L2 penalty of the head"
			}
			if len(c.Regularizers) == 0 {
				return gradreg.None
			}
			return strings.Join(gradreg.Texts(c.Regularizers), " ")
		}},
		{"augmentation", func(c classify.Config) string { return orNone(c.Augment) }},
		{"optimizer", func(c classify.Config) string {
			if c.Frozen() {
				return ""
			}
			return fmt.Sprintf("%s, rate %v, %s", c.Optimizer, c.LearningRate, c.Schedule)
		}},
		{"steps", func(c classify.Config) string {
			if c.Frozen() { // it is fitted to its minimum
				return ""
			}
			return fmt.Sprintf("%d, of %d images each", c.Steps, c.Batch)
		}},
		{"seed", func(c classify.Config) string { return strconv.FormatUint(c.Seed, 10) }},
	}
}

// orNone returns a text form, none for an empty one.
func orNone(text string) string {
	if text == "" {
		return gradreg.None
	}
	return text
}

// Settings sets the configurations of runs side by side, a column for each. Where they differ they
// are emphasized.
func Settings(results []Result) report.Table {
	t := report.Table{Columns: []report.Column{{Name: "setting"}}}
	for i := range results {
		t.Columns = append(t.Columns, report.Column{Head: label(results, i), Wrap: true})
	}
	if len(results) > 1 {
		row := cells("run")
		for _, r := range results {
			row = append(row, report.Cell{Text: r.Name})
		}
		t.Rows = append(t.Rows, row)
	}
	for _, s := range settings() {
		var values []string
		for _, r := range results {
			values = append(values, s.of(r.Config))
		}
		if !slices.ContainsFunc(values, func(v string) bool { return v != "" }) {
			continue
		}
		differ := slices.ContainsFunc(values, func(v string) bool { return v != values[0] })
		row := cells(s.name)
		for _, v := range values {
			row = append(row, report.Cell{Text: v, Strong: differ})
		}
		t.Rows = append(t.Rows, row)
	}
	t.Notes = Notes(results)
	return t
}

// Notes says of each run what of its images is not as it was when it was trained.
func Notes(results []Result) []string {
	var out []string
	for _, r := range results {
		for _, note := range r.Notes {
			if text := r.Name + ": " + note + "."; !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
	}
	return out
}
