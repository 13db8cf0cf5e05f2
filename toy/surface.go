package toy

import (
	"math"

	"github.com/gradreg/gradreg/internal/philox"
)

// Line is the objective along a line through the trained weights θ: at θ + t·d.
type Line struct {
	T         []float64 `json:"t"`
	Loss      []float64 `json:"loss"`
	Objective []float64 `json:"objective"` // loss + λ·penalty
}

// direction draws a random direction, filter-normalized (Li, Xu, Taylor, Studer and Goldstein 2018,
// section 4): the weights that lead to one unit are scaled to the norm of the trained ones, and
// biases stay, so that layers of different scale, which ReLU allows, are moved alike.
func direction(w weights, units []int, key uint64, line int) weights {
	d := make(weights, len(w))
	for i, param := range w {
		d[i] = make([]float32, len(param))
		if units[i] == 0 {
			continue
		}
		philox.Stream{Key: key, Step: uint64(line), ID: streamLines + uint32(i)}.Normal(d[i], 0)
		for u := range units[i] {
			var ours, drawn float64
			for k := u; k < len(param); k += units[i] {
				ours += float64(param[k]) * float64(param[k])
				drawn += float64(d[i][k]) * float64(d[i][k])
			}
			scale := 0.0
			if drawn > 0 {
				scale = math.Sqrt(ours / drawn)
			}
			for k := u; k < len(param); k += units[i] {
				d[i][k] *= float32(scale)
			}
		}
	}
	return d
}

// lines measures the objective along random lines for t from −1 to 1.
func lines(w weights, p points, dim int, lambda float64, seed uint64, o Options) ([]Line, error) {
	e, err := o.newComputer(len(p.x), dim, 0, false)
	if err != nil {
		return nil, err
	}
	defer e.program.Close()
	if err := e.set(p.x, p.y); err != nil {
		return nil, err
	}
	units := make([]int, len(w)) // a weight is [in, out]; biases have none
	for i, param := range e.params.All() {
		if shape := param.Expr.Shape(); len(shape) == 2 {
			units[i] = shape[1]
		}
	}
	out := make([]Line, o.Lines)
	for l := range out {
		d := direction(w, units, seed, l)
		for k := range o.LineSteps {
			t := 2*float64(k)/float64(o.LineSteps-1) - 1
			if err := e.load(moved(w, d, t)); err != nil {
				return nil, err
			}
			values, err := e.run()
			if err != nil {
				return nil, err
			}
			loss, penalty := values[outLoss][0], values[outPenalty][0]
			out[l].T = append(out[l].T, t)
			out[l].Loss = append(out[l].Loss, loss)
			out[l].Objective = append(out[l].Objective, loss+lambda*penalty)
		}
	}
	return out, nil
}

// moved returns w + t·d.
func moved(w, d weights, t float64) weights {
	out := make(weights, len(w))
	for i := range w {
		out[i] = make([]float32, len(w[i]))
		for k := range w[i] {
			out[i][k] = w[i][k] + float32(t)*d[i][k]
		}
	}
	return out
}
