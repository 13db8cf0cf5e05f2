package assess_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gradreg/gradreg/assess"
)

// TestCalibrated draws labels from softmax(z/2) and shows the classifier z, z/10 and 5z: the least NLL is the same for all
// three, at temperatures 2, 0.2 and 10 but for the sample's error.
func TestCalibrated(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	const images, classes = 20000, 4
	var sets [3]assess.Logits
	for i := range sets {
		sets[i].Classes = classes
	}
	for range images {
		z := make([]float32, classes)
		for k := range z {
			z[k] = float32(3 * r.NormFloat64())
		}
		half := make([]float32, classes)
		for k := range z {
			half[k] = z[k] / 2
		}
		u, label := r.Float64(), 0
		for k, p := range assess.Softmax(half) {
			if u -= p; u < 0 {
				label = k
				break
			}
		}
		for i, by := range []float32{1, 0.1, 5} {
			row := make([]float32, classes)
			for k := range z {
				row[k] = by * z[k]
			}
			sets[i].Add(row, []int32{int32(label)})
		}
	}
	want, _ := sets[0].Calibrated()
	for i, at := range []float64{2, 0.2, 10} {
		nll, temperature := sets[i].Calibrated()
		if math.Abs(nll-want) > 1e-6 || math.Abs(temperature/at-1) > 0.05 {
			t.Errorf("set %d: NLL %v at temperature %v, expected %v at about %v", i, nll, temperature, want, at)
		}
		if direct := sets[i].NLL(1); direct < nll {
			t.Errorf("set %d: NLL %v without calibration, %v with", i, direct, nll)
		}
	}
}
