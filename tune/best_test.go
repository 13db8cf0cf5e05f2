package tune

import (
	"math"
	"testing"

	"github.com/gradreg/gradreg/classify"
)

// TestBest checks that a clear difference of errors decides, noise does not, and a run that diverged never.
func TestBest(t *testing.T) {
	result := func(lambda float64, errors int, nll float64) probe {
		return probe{lambda: lambda, ProbeResult: classify.ProbeResult{Images: 10000, Accuracy: 1 - float64(errors)/10000, Calibrated: nll}}
	}
	diverged := probe{lambda: 9, ProbeResult: classify.ProbeResult{Accuracy: math.NaN(), Calibrated: math.NaN(), Diverged: "loss is NaN"}}
	for _, c := range []struct {
		probes []probe
		want   float64
	}{
		{[]probe{result(1, 400, 0.2), result(2, 410, 0.1), result(3, 300, 0.3)}, 3},
		{[]probe{result(1, 310, 0.2), result(2, 300, 0.3)}, 1},
		{[]probe{diverged, result(2, 9000, 2)}, 2},
		{[]probe{result(2, 9000, 2), diverged}, 2},
		{[]probe{diverged, result(2, 400, 0.2), result(3, 100, 0.3)}, 3},
	} {
		if got := c.probes[best(c.probes)].lambda; got != c.want {
			t.Errorf("best of %+v is λ %v, expected %v", c.probes, got, c.want)
		}
	}
}
