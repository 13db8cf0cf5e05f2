package gan

import (
	"math"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// Watch tells how a training goes, on one batch. A critic's loss alone says nothing: its level
// drifts.
type Watch struct {
	// Gap is mean_b D(r_b) − D(f_b), in the units of the scores.
	Gap float64 `json:"gap"`
	// Right is the share of pairs with D(r_b) > D(f_b), ½ where the critic cannot tell.
	Right float64 `json:"right"`
	// RealScore is mean_b D(r_b).
	RealScore float64 `json:"real_score"`
	// The means over the batch of the slope ‖∂D/∂x_b‖ at real and generated samples and between
	// them.
	SlopeReal    float64 `json:"slope_real"`
	SlopeFake    float64 `json:"slope_fake"`
	SlopeBetween float64 `json:"slope_between"`
}

// notFinite names the first part of it that is not finite, "" if all are.
func (w Watch) notFinite() (what string, value float64) {
	for _, part := range []struct {
		what  string
		value float64
	}{
		{"mean score of real samples", w.RealScore}, {"D(real) − D(fake)", w.Gap},
		{"slope at real samples", w.SlopeReal},
		{"slope at generated samples", w.SlopeFake}, {"slope between samples", w.SlopeBetween},
	} {
		if math.IsNaN(part.value) || math.IsInf(part.value, 0) {
			return part.what, part.value
		}
	}
	return "", 0
}

// buildWatch builds the step that watches: the outputs are scores of Real and Fake, and slopes. The
// critic is that of training, without augmentation: what it says of the samples themselves.
func (t *Training) buildWatch(forward gradreg.Forward) {
	c := nn.NewContext(t.Params.Scope(CriticScope), true, watchStream)
	if t.options.Augment != nil {
		forward = gradreg.Transform(t.options.Pair.Score, t.options.Regularizers)
	}
	p := newPlaces(t.options.Objective, c, t.Real, t.Fake, forward)
	between, _ := p.at(gradreg.PlaceBetween)
	t.watch = engine.Step{Outputs: []*sym.Expr{
		p.real.Outputs, p.fake.Outputs,
		slopes(p.real), slopes(p.fake), slopes(between),
	}}
}

// watchStream is where the random streams of watching begin, apart from those of the steps.
const watchStream = 1 << 13

// slopes returns ‖∂D/∂x_b‖: [B].
func slopes(p *gradreg.Problem) *sym.Expr {
	if p.Outputs.Err() != nil {
		return p.Outputs
	}
	g := sym.Gradient(sym.Sum(p.Outputs), p.Input)[0]
	return sym.Sqrt(sym.Sum(sym.Square(sym.Reshape(g, p.Batch, g.Shape().Size()/p.Batch)), 1))
}

// Watch watches the batch that Real and Fake hold; nothing changes by it.
func (t *Training) Watch(p engine.Program, seed uint64, turn int) (Watch, error) {
	if err := p.Run(t.watchStep(), seed, uint64(turn)); err != nil {
		return Watch{}, err
	}
	var rows [5][]float32
	for i := range rows {
		rows[i] = make([]float32, t.options.Batch)
		if err := p.Output(i, rows[i]); err != nil {
			return Watch{}, err
		}
	}
	real, fake := rows[0], rows[1]
	w := Watch{RealScore: mean(real), SlopeReal: mean(rows[2]), SlopeFake: mean(rows[3]), SlopeBetween: mean(rows[4])}
	w.Gap = w.RealScore - mean(fake)
	for i := range real {
		if real[i] > fake[i] {
			w.Right += 1 / float64(len(real))
		}
	}
	return w, nil
}

func mean(v []float32) float64 {
	sum := 0.0
	for _, x := range v {
		sum += float64(x)
	}
	return sum / float64(len(v))
}
