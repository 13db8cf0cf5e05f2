package gan

import (
	"math"
	"testing"
)

// TestInterpolate goes from one noise to another on a circle.
func TestInterpolate(t *testing.T) {
	a, b := []float32{2, 0, 0}, []float32{0, 0, 2}
	for _, c := range []struct {
		share float64
		want  []float32
	}{
		{0, a}, {1, b}, {0.5, []float32{math.Sqrt2, 0, math.Sqrt2}},
	} {
		got := make([]float32, 3)
		Interpolate(a, b, c.share, got)
		for i := range got {
			if math.Abs(float64(got[i]-c.want[i])) > 1e-6 {
				t.Errorf("at %v: %v, want %v", c.share, got, c.want)
				break
			}
		}
	}
	for name, other := range map[string][]float32{"equal": {2, 0, 0}, "opposite": {-2, 0, 0}, "none": {0, 0, 0}} {
		got := make([]float32, 3)
		Interpolate(a, other, 0.25, got)
		if want := 0.75*a[0] + 0.25*other[0]; math.Abs(float64(got[0]-want)) > 1e-6 {
			t.Errorf("%s: %v, want %v first", name, got, want)
		}
	}
}
