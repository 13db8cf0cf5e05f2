package train

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/report"
)

// curve returns a run's learning curve: the loss and λ·R of every penalty, which is its part of the objective. R alone would
// show how large something is that counts for nothing.
func (c Config) curve(metrics []Metrics) report.Curve {
	loss := report.Series{Name: "loss"}
	accuracy := report.Series{Name: "dev accuracy"}
	weighted := map[string]*report.Series{}
	lambdas := map[string]float64{}
	var order []string
	for _, text := range c.Regularizers {
		name := nameOf(text)
		weighted[name] = &report.Series{Name: "λ·R of " + name}
		if r, err := gradreg.Parse(text); err == nil {
			lambdas[name] = r.Lambda()
		}
		order = append(order, name)
	}
	for _, m := range metrics {
		loss.Add(float64(m.Step), m.Loss)
		for name, v := range m.Penalties {
			if s := weighted[name]; s != nil {
				s.Add(float64(m.Step), m.lambda(name, lambdas[name])*v)
			}
		}
		if m.DevAccuracy != nil {
			accuracy.Add(float64(m.Step), *m.DevAccuracy)
		}
	}
	out := report.Curve{Title: c.title(), Losses: []report.Series{loss}, Accuracy: accuracy}
	for _, name := range order {
		out.Losses = append(out.Losses, *weighted[name])
	}
	return out
}

// lambda returns λ of a penalty at the line's step; otherwise of files that do not say it.
func (m Metrics) lambda(name string, otherwise float64) float64 {
	if v, ok := m.Lambdas[name]; ok {
		return v
	}
	return otherwise
}

// description lists what tells a run from others: its data and their size, model, regularizers with λ, seed and steps.
func (c Config) description() []string {
	data := filepath.Base(c.Data)
	if c.Size > 0 && dataset.IsFolder(c.Data) {
		data += fmt.Sprintf(" %d×%d", c.Size, c.Size)
	}
	list := append([]string{data, fmt.Sprintf("%d images", c.TrainSize), c.Model}, c.Regularizers...)
	if len(c.Regularizers) == 0 {
		list = append(list, "no regularizer")
	}
	list = append(list, fmt.Sprintf("seed %d", c.Seed), c.history())
	return list
}

// history says how many steps the run takes, and how it came to them.
func (c Config) history() string {
	steps := fmt.Sprintf("%d steps", c.end())
	if c.end() < c.Steps {
		steps = fmt.Sprintf("finished early after step %d of %d", c.end(), c.Steps)
	}
	for _, e := range c.Extended {
		steps += ", " + e.String()
	}
	return steps
}

// titleWidth is about how many characters fit over a picture.
const titleWidth = 90

// wrapped joins a list by commas, in lines of at most so many characters where its items allow it.
func wrapped(list []string, width int) string {
	var b strings.Builder
	column := 0
	for i, item := range list {
		n := utf8.RuneCountInString(item)
		switch {
		case i == 0:
		case column+2+n > width:
			b.WriteString(",\n")
			column = 0
		default:
			b.WriteString(", ")
			column += 2
		}
		b.WriteString(item)
		column += n
	}
	return b.String()
}
