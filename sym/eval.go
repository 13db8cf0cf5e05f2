package sym

import "fmt"

// Tensor is a dense row-major tensor of float64: a value of the reference evaluator.
type Tensor struct {
	Shape Shape
	Data  []float64
}

// NewTensor returns zeros of the given shape.
func NewTensor(shape ...int) *Tensor {
	return &Tensor{Shape: shape, Data: make([]float64, Shape(shape).Size())}
}

// Env is what an evaluation is a function of.
type Env struct {
	// Values holds inputs; any other expression found in it is taken as given, too.
	Values map[*Expr]*Tensor
	// Key and Step determine the random leaves.
	Key, Step uint64

	err error
}

// fail notes the first error of an evaluation and returns nil.
func (env *Env) fail(err error) *Tensor {
	if env.err == nil {
		env.err = err
	}
	return nil
}

// Eval computes the values of roots in float64, one operation at a time: the reference that every
// kernel and every compiler pass is tested against. It is plain and slow on purpose.
func Eval(env Env, roots ...*Expr) ([]*Tensor, error) {
	roots = allGiven(roots)
	values := map[*Expr]*Tensor{}
	for _, e := range needed(env, roots) {
		if e.err != nil {
			return nil, e.err
		}
		if value, ok := env.Values[e]; ok {
			if !value.Shape.Equal(e.shape) || len(value.Data) != e.shape.Size() {
				return nil, fmt.Errorf("value of %v has shape %v and %d elements", e, value.Shape, len(value.Data))
			}
			values[e] = value
			continue
		}
		args := make([]*Tensor, len(e.args))
		for i, a := range e.args {
			args[i] = values[a]
		}
		values[e] = e.op.rule().eval(e, args, &env)
		if env.err != nil {
			return nil, env.err
		}
	}
	out := make([]*Tensor, len(roots))
	for i, r := range roots {
		out[i] = values[r]
	}
	return out, nil
}

// needed is Topological(roots...) without what stands behind a given value.
func needed(env Env, roots []*Expr) []*Expr {
	need := map[*Expr]bool{}
	for _, r := range roots {
		need[r] = true
	}
	all := Topological(roots...)
	for i := len(all) - 1; i >= 0; i-- {
		if _, known := env.Values[all[i]]; known || !need[all[i]] {
			continue
		}
		for _, a := range all[i].args {
			need[a] = true
		}
	}
	var out []*Expr
	for _, e := range all {
		if need[e] {
			out = append(out, e)
		}
	}
	return out
}

// forEach calls f with every element of a shape: its offset and its index, which f must not keep.
func forEach(shape Shape, f func(offset int, index []int)) {
	index := make([]int, len(shape))
	for i := range shape.Size() {
		f(i, index)
		for d := len(shape) - 1; d >= 0; d-- {
			if index[d]++; index[d] < shape[d] {
				break
			}
			index[d] = 0
		}
	}
}

// offsetAt returns the offset of index[axes] in shape; an extent of 1 is addressed by 0 whatever
// the index.
func offsetAt(index, axes []int, shape Shape) int {
	offset := 0
	for i, a := range axes {
		offset *= shape[i]
		if shape[i] > 1 {
			offset += index[a]
		}
	}
	return offset
}
