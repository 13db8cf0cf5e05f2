package dirac_test

import (
	"math"
	"testing"

	"github.com/gradreg/gradreg/gan/dirac"
)

// theory is what the linearized field says of a method.
type theory struct{ gamma, slope float64 }

// TestRates holds the trainer against theory: the radius of trajectories near (0, 0) grows and falls
// as the eigenvalues of the linearized field say for Euler's steps.
func TestRates(t *testing.T) {
	const h = 0.05
	for name, want := range map[string]theory{
		"R1, γ = 0.3": {0.3, 0.5},
		"R2, γ = 0.3": {0.3, 0.5},
		"relativistic with R1 and R2, γ = 0.3 together": {0.3, 0.5},
		"R1, γ = 2": {2, 0.5},
	} {
		m, err := dirac.MethodOf(name)
		if err != nil {
			t.Fatal(err)
		}
		o, err := m.Options(h, 4000)
		if err != nil {
			t.Fatal(err)
		}
		points, err := dirac.Trajectory(o)
		if err != nil {
			t.Fatal(err)
		}
		got, err := dirac.MeasuredRate(points, h)
		expected := dirac.Rate(dirac.Eigenvalues(want.gamma, want.slope), h)
		if err != nil || !(math.Abs(got-expected) < 0.02*math.Abs(expected)) {
			t.Errorf("%s: the radius changes by %v a unit of time, expected %v (%v)", name, got, expected, err)
		}
	}
}

// TestNoPenalty checks that without a penalty, and with that of WGAN-GP, nothing comes near (0, 0) in
// a time in which R1 comes there. The objectives whose generator does not saturate have a field that
// circles to first order only: to the third their radius shrinks, d(r²)/dt = −2ψθ·tanh(ψθ/2), slower
// than any exponential.
func TestNoPenalty(t *testing.T) {
	radius := func(name string) float64 {
		m, err := dirac.MethodOf(name)
		if err != nil {
			t.Fatal(err)
		}
		o, err := m.Options(0.1, 3000)
		if err != nil {
			t.Fatal(err)
		}
		points, err := dirac.Trajectory(o)
		if err != nil {
			t.Fatal(err)
		}
		return points[len(points)-1].Radius()
	}
	for _, name := range []string{"original", "relativistic", "Wasserstein", "WGAN-GP"} {
		if last := radius(name); !(last > 0.2) {
			t.Errorf("%s ends at a distance of %v", name, last)
		}
	}
	if last := radius("R1, γ = 0.3"); !(last < 1e-6) {
		t.Errorf("R1 ends at a distance of %v", last)
	}
}
