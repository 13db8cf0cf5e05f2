package sym

import (
	"fmt"
	"slices"

	"github.com/gradreg/gradreg/internal/philox"
)

// RandomAttr is the attribute of the random leaves: the stream, the shape and, for Bernoulli, the
// probability of a 1. Leaves of one kind with equal attributes are one leaf and have equal values.
type RandomAttr struct {
	Stream uint32
	Shape  Shape
	P      float64
}

// Uniform returns a leaf of numbers uniform in [0, 1). Its values are a function of the run's key
// and step, the stream and the element's index only (see package philox).
func (g *Graph) Uniform(stream uint32, shape ...int) *Expr {
	return g.intern(OpUniform, RandomAttr{Stream: stream, Shape: slices.Clone(shape)}, nil)
}

// Normal returns a leaf of standard normal numbers, made as those of [Graph.Uniform].
func (g *Graph) Normal(stream uint32, shape ...int) *Expr {
	return g.intern(OpNormal, RandomAttr{Stream: stream, Shape: slices.Clone(shape)}, nil)
}

// Bernoulli returns a bool leaf whose elements are true with probability p in [0, 1], made as those
// of [Graph.Uniform].
func (g *Graph) Bernoulli(p float64, stream uint32, shape ...int) *Expr {
	return g.intern(OpBernoulli, RandomAttr{Stream: stream, Shape: slices.Clone(shape), P: p}, nil)
}

// randomRule makes the rule of a leaf that fill fills.
func randomRule(name string, dtype DType, fill func(dst []float32, a RandomAttr, key, step uint64)) rule {
	return rule{
		name:   name,
		family: Random,
		rows:   coupled,
		shape: func(_ []*Expr, attr any) (Shape, DType, error) {
			a := attr.(RandomAttr)
			if !(a.P >= 0 && a.P <= 1) {
				return nil, 0, fmt.Errorf("probability %v is outside 0..1", a.P)
			}
			return a.Shape, dtype, nil
		},
		vjp: noVJP, jvp: noJVP,
		eval: func(e *Expr, _ []*Tensor, env *Env) *Tensor {
			values := make([]float32, e.shape.Size())
			fill(values, e.attr.(RandomAttr), env.Key, env.Step)
			out := NewTensor(e.shape...)
			for i, v := range values {
				out.Data[i] = float64(v)
			}
			return out
		},
	}
}

func uniformRule() rule {
	return randomRule("uniform", Float, func(dst []float32, a RandomAttr, key, step uint64) {
		philox.Stream{Key: key, Step: step, ID: a.Stream}.Uniform(dst, 0)
	})
}

func normalRule() rule {
	return randomRule("normal", Float, func(dst []float32, a RandomAttr, key, step uint64) {
		philox.Stream{Key: key, Step: step, ID: a.Stream}.Normal(dst, 0)
	})
}

func bernoulliRule() rule {
	return randomRule("bernoulli", Bool, func(dst []float32, a RandomAttr, key, step uint64) {
		philox.Stream{Key: key, Step: step, ID: a.Stream}.Bernoulli(dst, 0, a.P)
	})
}
