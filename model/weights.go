package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// Weights are tensors of a file of pretrained weights by their names: those of
// [Backbone.TensorName].
type Weights map[string]Tensor

// Tensor is a tensor of Weights.
type Tensor struct {
	Shape []int
	// Values returns the elements in row-major order.
	Values func() []float32
}

// Values returns the values of a network's parameters, by their full names, for
// [nn.Params.Load]: those of the weights. params are those of a context that m was applied to.
// Without head the head is left out, whatever the weights have for it and whether m was applied with
// one ([Backbone.Features] has none): it keeps its initial values, which is how a network gets other
// classes.
//
// The weights have to be those of the network: the error names the first parameter, from the images
// on, whose tensor is missing or has another shape, or else the first tensor, by its name, that
// belongs to no parameter.
func (w Weights) Values(m Backbone, params *nn.Params, head bool) (map[string][]float32, error) {
	values := map[string][]float32{}
	used := map[string]bool{}
	if !head {
		for _, what := range []string{"weight", "bias"} {
			used[m.TensorName(Head+"/dense1."+what)] = true
		}
	}
	for _, p := range params.All() {
		if p.Auxiliary {
			continue
		}
		own := strings.TrimPrefix(p.Name, params.Prefix())
		name := m.TensorName(own)
		used[name] = true
		if PartOf(own, "") == Head && !head {
			continue
		}
		t, ok := w[name]
		if !ok {
			return nil, fmt.Errorf("tensor %s is missing, which %s needs", name, m)
		}
		// A dense layer's weight is [in, out] here and [out, in] there.
		want := slices.Clone(p.Expr.Shape())
		if len(want) == 2 {
			slices.Reverse(want)
		}
		if !want.Equal(sym.Shape(t.Shape)) {
			return nil, fmt.Errorf("tensor %s has shape %v, and %s needs %v", name, t.Shape, m,
				[]int(want))
		}
		v := t.Values()
		if len(v) != want.Size() {
			return nil, fmt.Errorf("tensor %s has %d elements, expected %v", name, len(v), []int(want))
		}
		if len(want) == 2 {
			v = transpose(v, want[0], want[1])
		}
		values[p.Name] = v
	}
	for _, name := range slices.Sorted(maps.Keys(w)) {
		if !used[name] {
			return nil, fmt.Errorf("tensor %s is none of %s", name, m)
		}
	}
	return values, nil
}

// transpose returns a matrix of that many rows and columns with rows and columns exchanged.
func transpose(v []float32, rows, columns int) []float32 {
	out := make([]float32, len(v))
	for i := range rows {
		for j := range columns {
			out[j*rows+i] = v[i*columns+j]
		}
	}
	return out
}
