package tune

import (
	"math"
	"testing"

	"github.com/gradreg/gradreg/train"
)

// TestBest checks that a clear difference of errors decides, noise does not, and a run that diverged never.
func TestBest(t *testing.T) {
	probe := func(lambda float64, errors int, nll float64) Probe {
		return Probe{Lambda: lambda, Trial: train.Trial{Images: 10000, Accuracy: 1 - float64(errors)/10000, Calibrated: nll}}
	}
	diverged := Probe{Lambda: 9, Trial: train.Trial{Accuracy: math.NaN(), Calibrated: math.NaN(), Diverged: "loss is NaN"}}
	for _, c := range []struct {
		probes []Probe
		want   float64
	}{
		{[]Probe{probe(1, 400, 0.2), probe(2, 410, 0.1), probe(3, 300, 0.3)}, 3},
		{[]Probe{probe(1, 310, 0.2), probe(2, 300, 0.3)}, 1},
		{[]Probe{diverged, probe(2, 9000, 2)}, 2},
		{[]Probe{probe(2, 9000, 2), diverged}, 2},
	} {
		if got := c.probes[best(c.probes)].Lambda; got != c.want {
			t.Errorf("best of %+v is λ %v, expected %v", c.probes, got, c.want)
		}
	}
	r := round{decades: []float64{0, 1, 2}, probes: []Probe{diverged, probe(2, 400, 0.2), probe(3, 100, 0.3)}}
	if o := r.order(); o[0] != 2 || o[1] != 1 || o[2] != 0 {
		t.Errorf("order %v", o)
	}
}
