package figures

import (
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/report"
)

// Curve returns a run's learning curve: the loss and λ·R of every penalty, which is its part of the
// objective. R alone would show how large something is that counts for nothing.
func Curve(c classify.Config, metrics []classify.Metrics) report.Curve {
	loss := report.Series{Name: "loss"}
	q := c.Quality()
	score := report.Series{Name: "dev " + q.Name}
	weighted := map[string]*report.Series{}
	lambdas := map[string]float64{}
	var order []string
	for _, s := range c.Regularizers {
		name := s.Name()
		weighted[name] = &report.Series{Name: "λ·R of " + name}
		if r, err := s.Regularizer(); err == nil {
			lambdas[name] = r.Lambda()
		}
		order = append(order, name)
	}
	for _, m := range metrics {
		loss.Add(float64(m.Step), m.Loss)
		for name, v := range m.Penalties {
			if s := weighted[name]; s != nil {
				s.Add(float64(m.Step), lambdaOf(m, name, lambdas[name])*v)
			}
		}
		if v := m.Quality(); v != nil {
			score.Add(float64(m.Step), *v)
		}
	}
	out := report.Curve{
		Title: c.Title(), Losses: []report.Series{loss}, Score: score,
		Axis: report.Axis{Label: score.Name, Percent: q.Fraction},
	}
	for _, name := range order {
		out.Losses = append(out.Losses, *weighted[name])
	}
	return out
}

// lambdaOf returns λ of a penalty at the line's step; otherwise of files that do not say it.
func lambdaOf(m classify.Metrics, name string, otherwise float64) float64 {
	if v, ok := m.Lambdas[name]; ok {
		return v
	}
	return otherwise
}
