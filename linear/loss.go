package linear

import (
	"fmt"
	"math"

	"github.com/gradreg/gradreg/task"
)

// loss is the loss of one sample by its outputs f and targets t: [K] each. It writes the derivative
// by f to df, which may be f.
type loss func(df, f []float64, t []float32) float64

// lossOf returns the loss of a task and about how much it bends: the second derivative by an output
// where nothing is known yet.
func lossOf(t task.Task, kinds int) (l loss, bend float64, err error) {
	k := float64(kinds)
	switch t.(type) {
	case task.Classification:
		return crossEntropy, (1 - 1/k) / k, nil
	case task.MultiLabel:
		return binary, 0.25 / k, nil
	case task.Regression:
		return squares, 2 / k, nil
	}
	return nil, 0, fmt.Errorf("task %s has no convex loss of a linear model here, expected one of %v", t, task.Names())
}

// crossEntropy is −Σ_k t_k log softmax(f)_k, in nats.
func crossEntropy(df, f []float64, t []float32) float64 {
	most := math.Inf(-1)
	for _, v := range f {
		most = max(most, v)
	}
	sum, at := 0.0, 0.0
	for k, v := range f {
		at += float64(t[k]) * (v - most)
		e := math.Exp(v - most)
		df[k] = e
		sum += e
	}
	for k := range df {
		df[k] = df[k]/sum - float64(t[k])
	}
	return math.Log(sum) - at
}

// binary is the mean of log(1 + exp f_k) − t_k f_k, in nats.
func binary(df, f []float64, t []float32) float64 {
	sum, n := 0.0, float64(len(f))
	for k, v := range f {
		e := math.Exp(-math.Abs(v))
		sum += max(v, 0) + math.Log1p(e) - float64(t[k])*v
		p := 1 / (1 + e)
		if v < 0 {
			p = e / (1 + e)
		}
		df[k] = (p - float64(t[k])) / n
	}
	return sum / n
}

// squares is the mean of (f_k − t_k)².
func squares(df, f []float64, t []float32) float64 {
	sum, n := 0.0, float64(len(f))
	for k, v := range f {
		d := v - float64(t[k])
		sum += d * d
		df[k] = 2 * d / n
	}
	return sum / n
}
