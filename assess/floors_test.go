package assess

import (
	"math"
	"slices"
	"testing"
)

// constantNetwork is the golden network with last weights of 0 and the given last biases: no logit depends on the image.
func constantNetwork(t *testing.T, biases []float32) (*Network, Images) {
	_, n, s := goldenNetwork(t)
	weights := n.Weights
	n.Weights = func(name string) []float32 {
		switch name {
		case "dense3.weight":
			return make([]float32, len(weights(name)))
		case "dense3.bias":
			return biases
		}
		return weights(name)
	}
	n.Close()
	return n, s
}

// TestConstantNetwork checks slopes, distances and attacks where every derivative is 0: no other answer is near, no attack
// finds one, and nothing is NaN.
func TestConstantNetwork(t *testing.T) {
	for _, biases := range [][]float32{{0, 3, 1, 1, 1}, {2, 2, 2, 2, 2}} {
		n, s := constantNetwork(t, biases)
		slopes, err := n.Slopes(s)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range slopes {
			y := s.Labels[s.Index[i]]
			want := math.Inf(-1) // a wrong answer
			if biases[0] == 2 {
				want = 0 // all equal
			} else if y == 1 {
				want = math.Inf(1)
			}
			if v.Gradient != 0 || v.Jacobian != 0 || v.Distance != want {
				t.Errorf("image %d of class %d: %+v, want a distance of %v", i, y, v, want)
			}
		}
		clean, err := n.Attack(s, Attack{}, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range []Attack{{}, {Norm: L2}, {Steps: 3, Restarts: 2}, {Norm: L2, Steps: 3, Restarts: 2}} {
			right, err := n.Attack(s, a, 0.5, nil)
			if err != nil {
				t.Fatal(err)
			}
			if count(right) != count(clean) {
				t.Errorf("%s: %d images stay right of %d, with a network that is constant", a, count(right), count(clean))
			}
		}
	}
}

// TestNoWayUp checks that a step of an attack along a gradient of 0 leaves the perturbation as it is.
func TestNoWayUp(t *testing.T) {
	n, s := constantNetwork(t, []float32{0, 3, 1, 1, 1})
	for _, norm := range []Norm{LInf, L2} {
		p, err := n.newPerturber(s, Attack{Norm: norm, Steps: 3, StepSize: 2}, 0.5)
		if err != nil {
			t.Fatal(err)
		}
		p.start([]int{0}, 0)
		before := slices.Clone(p.delta[:p.size])
		p.place(1)
		if err := p.run(); err != nil {
			t.Fatal(err)
		}
		p.ascend(0, 0)
		for j, v := range p.delta[:p.size] {
			if !(math.Abs(float64(v-before[j])) <= 1e-6) { // the rounding of the projection
				t.Fatalf("norm %v: the change of pixel %d goes from %v to %v", norm, j, before[j], v)
			}
		}
	}
}

// TestStretched checks lengths, of a direction of 0, too.
func TestStretched(t *testing.T) {
	x := []float32{3e-30, -4e-30}
	stretch(x, 10)
	if math.Abs(float64(x[0])-6) > 1e-5 || math.Abs(float64(x[1])+8) > 1e-5 {
		t.Errorf("stretched to 10: %v", x)
	}
	zero := []float32{0, 0, 0}
	stretch(zero, 10)
	if zero[0] != 0 || zero[1] != 0 || zero[2] != 0 {
		t.Errorf("a direction of 0 becomes %v", zero)
	}
}

// TestTemperatureBounds checks what the ends of the temperatures' range are for: where every image is right, colder is always
// better, where all are wrong warmer, and both end there with a finite NLL.
func TestTemperatureBounds(t *testing.T) {
	for name, c := range map[string]struct {
		label int32
		want  float64
	}{"all right": {1, 1. / 20}, "all wrong": {0, 20}} {
		l := Logits{Classes: 3}
		for range 10 {
			l.Add([]float32{-0.1, 0.2, 0}, []int32{c.label})
		}
		nll, temperature := l.Calibrated()
		if math.Abs(temperature/c.want-1) > 1e-3 || !(nll <= l.NLL(1)) || math.IsInf(nll, 0) {
			t.Errorf("%s: NLL %v at temperature %v, want %v", name, nll, temperature, c.want)
		}
	}
}
