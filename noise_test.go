package gradreg_test

import (
	"errors"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
	"github.com/gradreg/gradreg/task"
)

// TestTransformations checks what dropout and input noise make of a network: the rate of its layers, masks of their own in
// a further pass, noise before the first layer, and nothing in inference.
func TestTransformations(t *testing.T) {
	leaves := func(text string, forward gradreg.Forward, training bool) (kinds []sym.Op, rates []float64, err error) {
		g := sym.NewGraph()
		c := nn.NewContext(nn.NewParams(g), training, 0)
		forward = gradreg.Transform(forward, []gradreg.Regularizer{parsed(t, text)})
		p := gradreg.NewProblem(task.Classification{}, c, g.Input("x", sym.Float, 3, 2, 8, 8), sym.OneHot(g.Input("y", sym.Int, 3), 5), forward)
		for _, e := range sym.Topological(p.Outputs, p.Forward(p.Input)) {
			if a, ok := e.Attr().(sym.RandomAttr); ok {
				kinds, rates = append(kinds, e.Op()), append(rates, 1-a.P)
			}
		}
		return kinds, rates, p.Outputs.Err()
	}
	kinds, rates, err := leaves("dropout:0.75", familyNetwork, true)
	if err != nil || len(kinds) != 2 || rates[0] != 0.75 || rates[1] != 0.75 {
		t.Errorf("dropout:0.75 makes %v with rates %v, %v; expected two masks", kinds, rates, err)
	}
	if kinds, rates, err = leaves("dropout:0.5,at=input", dense, true); err != nil || len(kinds) != 2 || rates[0] != 0.5 {
		t.Errorf("dropout of the input makes %v with rates %v, %v", kinds, rates, err)
	}
	if kinds, _, err = leaves("input-noise:1", dense, true); err != nil || len(kinds) != 2 || kinds[0] != sym.OpNormal {
		t.Errorf("input noise makes %v, %v", kinds, err)
	}
	if _, _, err = leaves("dropout:0.5", dense, true); !errors.Is(err, gradreg.ErrNoDropout) {
		t.Errorf("dropout of a network without dropout layers: %v", err)
	}
	if kinds, _, err = leaves("dropout:0.5", familyNetwork, false); err != nil || len(kinds) != 0 {
		t.Errorf("dropout in inference makes %v, %v", kinds, err)
	}
	if kinds, _, err = leaves("input-noise:1", dense, false); err != nil || len(kinds) != 0 {
		t.Errorf("input noise in inference makes %v, %v", kinds, err)
	}
	if kinds, _, err = leaves("dropout:0", familyNetwork, true); err != nil || len(kinds) != 2 {
		t.Errorf("dropout:0 makes %v, %v; expected the network's own masks", kinds, err)
	}
}
