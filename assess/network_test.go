package assess

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/sym"
)

// goldenAttack is what tools/golden/attack.py computes.
type goldenAttack struct {
	Shape    [3]int
	Mean     []float64
	Std      []float64
	Weights  []struct{ Weight, Bias []float32 }
	Images   []int
	Labels   []int
	Clean    int
	Steps    int
	Restarts int
	Slopes   struct{ Gradient, Jacobian, Margin, Distance []float64 }
	Attacks  []struct {
		Norm      string
		Epsilon   float64
		FGSM, PGD int
	}
}

// goldenNetwork returns the network and the images of the golden values.
func goldenNetwork(t testing.TB) (goldenAttack, *Network, Images) {
	t.Helper()
	data, err := os.ReadFile("../testdata/golden/attack.json")
	if err != nil {
		t.Fatal(err)
	}
	var g goldenAttack
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	part := &dataset.Part{Shape: dataset.Shape{C: g.Shape[0], H: g.Shape[1], W: g.Shape[2]}}
	for _, v := range g.Images {
		part.Images = append(part.Images, byte(v))
	}
	for _, y := range g.Labels {
		part.Labels = append(part.Labels, int32(y))
	}
	weights := map[string][]float32{}
	for i, w := range g.Weights {
		weights[fmt.Sprintf("dense%d.weight", i+1)], weights[fmt.Sprintf("dense%d.bias", i+1)] = w.Weight, w.Bias
	}
	m, err := model.Parse("mlp:hidden=24x24")
	if err != nil {
		t.Fatal(err)
	}
	n, err := NewNetwork(NetworkOptions{
		Model: m, Shape: part.Shape, Classes: 5, Batch: 32, Threads: 2, Weights: func(name string) []float32 { return weights[name] },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return g, n, Images{dataset.Whole(part), dataset.Normalizer{Mean: g.Mean, Std: g.Std}}
}

// count returns how many are true.
func count(list []bool) int {
	n := 0
	for _, v := range list {
		if v {
			n++
		}
	}
	return n
}

// TestSlopesGolden compares norms, margins and distances with PyTorch's in float64.
func TestSlopesGolden(t *testing.T) {
	g, n, s := goldenNetwork(t)
	got, err := n.Slopes(s)
	if err != nil {
		t.Fatal(err)
	}
	for i := range g.Slopes.Gradient {
		for name, v := range map[string][2]float64{
			"gradient": {got[i].Gradient, g.Slopes.Gradient[i]}, "Jacobian": {got[i].Jacobian, g.Slopes.Jacobian[i]},
			"margin": {got[i].Margin, g.Slopes.Margin[i]}, "distance": {got[i].Distance, g.Slopes.Distance[i]},
		} {
			if !(math.Abs(v[0]-v[1]) <= 2e-5*math.Abs(v[1])+1e-6) {
				t.Errorf("image %d: %s is %v, expected %v", i, name, v[0], v[1])
			}
		}
	}
}

// TestAttackGolden compares accuracies under attack with PyTorch's: the fast gradient method's exactly, but for an image on the
// edge that rounding decides; projected gradient descent's within what other starting points make.
func TestAttackGolden(t *testing.T) {
	g, n, s := goldenNetwork(t)
	for _, w := range g.Attacks {
		a := Attack{Seed: 1}
		if w.Norm == "l2" {
			a.Norm = L2
		}
		fgsm, err := n.Attack(s, a, w.Epsilon, nil)
		if err != nil {
			t.Fatal(err)
		}
		a.Steps, a.Restarts = g.Steps, g.Restarts
		pgd, err := n.Attack(s, a, w.Epsilon, nil)
		if err != nil {
			t.Fatal(err)
		}
		if d := count(fgsm) - w.FGSM; d < -1 || d > 1 {
			t.Errorf("%s %v: %d images withstand the fast gradient method, expected %d", w.Norm, w.Epsilon, count(fgsm), w.FGSM)
		}
		if d := count(pgd) - w.PGD; d < -2 || d > 2 {
			t.Errorf("%s %v: %d images withstand projected gradient descent, expected %d", w.Norm, w.Epsilon, count(pgd), w.PGD)
		}
	}
}

// TestDirection checks that an attack goes where finite differences of the loss point to.
func TestDirection(t *testing.T) {
	_, n, s := goldenNetwork(t)
	s = s.Spread(16)
	p, err := n.newPerturber(s, Attack{}, 0.01)
	if err != nil {
		t.Fatal(err)
	}
	at := make([]int, s.Len())
	for i := range at {
		at[i] = i
	}
	p.start(at, 0)
	p.place(len(at))
	if err := p.run(); err != nil {
		t.Fatal(err)
	}
	gradient := append([]float32(nil), p.answer...)
	losses := func(pixel int, h float32) []float64 {
		for i := range at {
			p.delta[i*p.size+pixel] = h
		}
		p.place(len(at))
		if err := p.run(); err != nil {
			t.Fatal(err)
		}
		out := make([]float64, len(at))
		for i := range at {
			out[i] = loss(p.logits[i*n.Classes:(i+1)*n.Classes], int(s.Labels[s.Index[i]]), 1)
			p.delta[i*p.size+pixel] = 0
		}
		return out
	}
	checked := 0
	for pixel := range p.size {
		const h = 1e-3
		up, down := losses(pixel, h), losses(pixel, -h)
		for i := range at {
			difference := (up[i] - down[i]) / (2 * h)
			if math.Abs(difference) < 0.02 { // within the rounding of a float32 loss
				continue
			}
			checked++
			if (difference > 0) != (gradient[i*p.size+pixel] > 0) {
				t.Errorf("image %d, pixel %d: the derivative is %v, the attack's %v", i, pixel, difference, gradient[i*p.size+pixel])
			}
		}
	}
	if checked < p.size*s.Len()/3 {
		t.Errorf("only %d of %d derivatives are large enough to be compared", checked, p.size*s.Len())
	}
}

// TestConstraints checks that every perturbation that changes an answer is within the ball and the range of pixels, and does
// change it.
func TestConstraints(t *testing.T) {
	_, n, s := goldenNetwork(t)
	for _, a := range []Attack{{}, {Norm: L2}, {Steps: 7, Restarts: 2}, {Norm: L2, Steps: 7, Restarts: 2}, {Steps: 3, StepSize: 100}, {Norm: L2, Steps: 3, StepSize: 100}} {
		for _, epsilon := range []float64{0.003, 0.1, 1} {
			found, outside := 0, 0.0
			a.Found = func(image int, delta []float32) {
				found++
				size, largest := norm(delta), 0.0
				for j, d := range delta {
					largest = math.Max(largest, math.Abs(float64(d)))
					v := float64(s.Image(s.Index[image])[j])/255 + float64(d)
					outside = max(outside, -v, v-1)
				}
				if a.Norm == LInf {
					size = largest
				}
				if size > epsilon*(1+1e-6) {
					t.Errorf("%s, ε %v: a perturbation of size %v", a, epsilon, size)
				}
			}
			right, err := n.Attack(s, a, epsilon, nil)
			if err != nil {
				t.Fatal(err)
			}
			if outside > 0x1p-24 { // the rounding of δ
				t.Errorf("%s, ε %v: a pixel is %v outside its range", a, epsilon, outside)
			}
			if clean, _ := n.Attack(s, Attack{}, 0, nil); found != count(clean)-count(right) {
				t.Errorf("%s, ε %v: %d perturbations, but %d of %d images stay right", a, epsilon, found, count(right), count(clean))
			}
		}
	}
}

// TestStrength checks what must hold of any attack's results.
func TestStrength(t *testing.T) {
	g, n, s := goldenNetwork(t)
	for _, norm := range []Norm{LInf, L2} {
		for _, steps := range []int{0, 10} {
			right, err := n.Attack(s, Attack{Norm: norm, Steps: steps}, 0, nil)
			if err != nil || count(right) != g.Clean {
				t.Errorf("%v, %d steps: %d images withstand ε 0, expected the %d that are right, %v", norm, steps, count(right), g.Clean, err)
			}
		}
		epsilon := map[Norm]float64{LInf: 0.02, L2: 0.1}[norm]
		total := func(steps, restarts int) (sum int) {
			for seed := range uint64(4) {
				right, err := n.Attack(s, Attack{Norm: norm, Steps: steps, Restarts: restarts, Seed: seed}, epsilon, nil)
				if err != nil {
					t.Fatal(err)
				}
				sum += count(right)
			}
			return sum
		}
		last := 4 * g.Clean
		for _, steps := range []int{1, 4, 16, 64} {
			if now := total(steps, 1); now > last {
				t.Errorf("%v: %d images withstand %d steps, but %d fewer", norm, now, steps, last)
			} else {
				last = now
			}
		}
		if one, three := total(8, 1), total(8, 3); three > one {
			t.Errorf("%v: %d images withstand three starts, but %d one", norm, three, one)
		}
		curve, err := n.RobustCurve(s, Attack{Norm: norm, Steps: 8}, []float64{0, epsilon / 4, epsilon, 4 * epsilon, norm.Reach(n.Shape)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 1; i < len(curve); i++ {
			for j, right := range curve[i] {
				if right && !curve[i-1][j] {
					t.Errorf("%v: image %d withstands a larger ball than the one it does not", norm, j)
				}
			}
		}
		if count(curve[4]) > 5 {
			t.Errorf("%v: %d images withstand any perturbation", norm, count(curve[4]))
		}
	}
}

// TestDistance walks from each image along the way that the linear approximation shows: the answer changes near the
// distance, as the network is linear in pieces.
func TestDistance(t *testing.T) {
	_, n, s := goldenNetwork(t)
	slopes, err := n.Slopes(s)
	if err != nil {
		t.Fatal(err)
	}
	var near []int
	for i, v := range slopes {
		if v.Distance > 0 && v.Distance < 0.03 {
			near = append(near, i)
		}
	}
	changed, inside := 0, 0
	for _, i := range near {
		one := s
		one.Index = s.Index[i : i+1]
		for _, f := range []float64{0.9, 1.1} {
			right, err := n.Attack(one, Attack{Norm: L2, Steps: 40, Restarts: 2}, f*slopes[i].Distance, nil)
			if err != nil {
				t.Fatal(err)
			}
			if !right[0] {
				if f < 1 {
					inside++
				} else {
					changed++
				}
			}
		}
	}
	if len(near) < 5 || inside > len(near)/4 || changed < len(near)*3/4 {
		t.Errorf("of %d images near a boundary %d change within 0.9 of the distance, %d within 1.1", len(near), inside, changed)
	}
}

// TestSaturated scales the logits so that the labels' probabilities are 1 in float32: the attack still finds its way.
func TestSaturated(t *testing.T) {
	_, n, s := goldenNetwork(t)
	plain, err := n.Attack(s, Attack{Steps: 8}, 0.04, nil)
	if err != nil {
		t.Fatal(err)
	}
	weights := n.Weights
	n.Close()
	n.Weights = func(name string) []float32 {
		w := weights(name)
		if name != "dense3.weight" && name != "dense3.bias" {
			return w
		}
		big := make([]float32, len(w))
		for i := range w {
			big[i] = 1000 * w[i]
		}
		return big
	}
	scaled, err := n.Attack(s, Attack{Steps: 8}, 0.04, nil)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := count(plain), count(scaled); b > a+a/10 {
		t.Errorf("%d images withstand the attack, %d after scaling the logits, which changes no answer", a, b)
	}
	slopes, err := n.Slopes(s)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range slopes {
		if math.IsNaN(v.Gradient) || math.IsNaN(v.Distance) {
			t.Fatalf("slope %d is %+v", i, v)
		}
	}
}

// TestNoise checks the amount of noise and its clipping by what reaches the network, and that it is reproducible.
func TestNoise(t *testing.T) {
	g, n, s := goldenNetwork(t)
	at := func(sigma float64, seed uint64) *Logits {
		l, err := n.Noise(s, sigma, seed)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	if clean := at(0, 1); count(clean.Right()) != g.Clean {
		t.Errorf("%d right answers without noise, expected %d", count(clean.Right()), g.Clean)
	}
	if count(at(1, 1).Right()) > g.Clean*3/4 {
		t.Error("strong noise hardly changes answers")
	}
	a, b, c := at(0.1, 1), at(0.1, 1), at(0.1, 2)
	same, other := 0, 0
	for i, v := range a.Values {
		if v == b.Values[i] {
			same++
		}
		if v != c.Values[i] {
			other++
		}
	}
	if same != len(a.Values) || other < len(a.Values)*9/10 {
		t.Errorf("%d of %d logits are the same again, %d change with the seed", same, len(a.Values), other)
	}
	// What lies in the program's input after the last batch.
	p := n.programs[askLogits]
	first := s.Len() / n.Batch * n.Batch
	at(0.1, 1)
	size, squares, inner := s.Shape.Size(), 0.0, 0
	for i := first; i < s.Len(); i++ {
		for j, x := range p.pixels[(i-first)*size : (i-first+1)*size] {
			ch := j / (s.Shape.H * s.Shape.W)
			v := float64(x)*(g.Std[ch]+1e-7) + g.Mean[ch]
			if v < -1e-6 || v > 1+1e-6 {
				t.Errorf("a pixel is %v", v)
			}
			if clean := float64(s.Image(s.Index[i])[j]) / 255; clean > 0.4 && clean < 0.6 { // four σ from the ends
				squares += (v - clean) * (v - clean)
				inner++
			}
		}
	}
	if sigma := math.Sqrt(squares / float64(inner)); inner < 20 || math.Abs(sigma-0.1) > 0.4/math.Sqrt(2*float64(inner)) {
		t.Errorf("the noise of %d pixels has a standard deviation of %v, expected 0.1", inner, sigma)
	}
}

func TestSpread(t *testing.T) {
	s := Images{Subset: dataset.Subset{Index: []int{9, 8, 7, 6, 5, 4, 3}}}
	if got := fmt.Sprint(s.Spread(3).Index, s.Spread(0).Len(), s.Spread(8).Len()); got != "[9 7 5] 7 7" {
		t.Error(got)
	}
}

// TestRefused checks that unusable input is an error.
func TestRefused(t *testing.T) {
	_, n, s := goldenNetwork(t)
	for name, f := range map[string]func() error{
		"epsilon": func() error { _, err := n.Attack(s, Attack{}, -1, nil); return err },
		"NaN":     func() error { _, err := n.Attack(s, Attack{}, math.NaN(), nil); return err },
		"beyond":  func() error { _, err := n.Attack(s, Attack{}, 8, nil); return err },
		"L2":      func() error { _, err := n.Attack(s, Attack{Norm: L2}, L2.Reach(n.Shape)+0.01, nil); return err },
		"noise":   func() error { _, err := n.Noise(s, 25, 1); return err },
		"−noise":  func() error { _, err := n.Noise(s, -1, 1); return err },
		"norm":    func() error { _, err := n.Attack(s, Attack{Norm: 7}, 1, nil); return err },
		"skip":    func() error { _, err := n.Attack(s, Attack{}, 1, make([]bool, 1)); return err },
		"steps":   func() error { _, err := n.Attack(s, Attack{Steps: -1}, 1, nil); return err },
		"order":   func() error { _, err := n.RobustCurve(s, Attack{}, []float64{1, 1}, nil); return err },
		"shape": func() error {
			other := s
			other.Subset = dataset.Whole(&dataset.Part{Shape: dataset.Shape{C: 1, H: 1, W: 1}, Images: []byte{1}, Labels: []int32{0}})
			_, err := n.Slopes(other)
			return err
		},
		"nothing": func() error { _, err := n.Slopes(Images{}); return err },
		"no part": func() error { _, err := n.Noise(Images{Subset: dataset.Subset{Index: []int{0}}}, 0, 1); return err },
		"index":   func() error { o := s; o.Index = []int{len(s.Labels)}; _, err := n.Gradients(o); return err },
		"means":   func() error { o := s; o.Normalizer.Mean = nil; _, err := n.Noise(o, 0, 1); return err },
		"bytes": func() error {
			o, part := s, *s.Part
			part.Images = part.Images[1:]
			o.Part = &part
			_, err := n.Noise(o, 0, 1)
			return err
		},
		"model":     func() error { _, err := NewNetwork(NetworkOptions{Shape: n.Shape, Classes: 5}); return err },
		"classes":   func() error { o := n.NetworkOptions; o.Classes = 0; _, err := NewNetwork(o); return err },
		"batch":     func() error { o := n.NetworkOptions; o.Batch = -1; _, err := NewNetwork(o); return err },
		"no images": func() error { _, err := n.Noise(Images{s.Subset, s.Normalizer}.Spread(1).none(), 0, 1); return err },
	} {
		if err := f(); !fault.IsInput(err) || strings.Contains(err.Error(), "--") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := n.Attack(s, Attack{}, 8, nil); !strings.Contains(err.Error(), "L∞ ε is 8, expected at most 1") || !strings.Contains(err.Error(), "8/255") {
		t.Errorf("no hint at the units: %v", err)
	}
}

// TestStrongerBeyond checks that a larger ball, asked for by itself, withstands no more than a
// smaller one up to all that pixels can change by: the steps of 20 do not jump from corner to
// corner.
func TestStrongerBeyond(t *testing.T) {
	_, n, s := goldenNetwork(t)
	for _, norm := range []Norm{LInf, L2} {
		last := s.Len()
		for _, share := range []float64{0.01, 0.03, 0.1, 0.2, 0.4, 0.6, 0.8, 1} {
			right, err := n.Attack(s, Attack{Norm: norm, Steps: 20}, share*norm.Reach(n.Shape), nil)
			if err != nil {
				t.Fatal(err)
			}
			if count(right) > last {
				t.Errorf("%v: %d images withstand %v of the reach, but %d less", norm, count(right), share, last)
			}
			last = count(right)
		}
		if last > 0 {
			t.Errorf("%v: %d images withstand everything that pixels can change by", norm, last)
		}
	}
}

// none returns no images.
func (s Images) none() Images { s.Index = nil; return s }

// TestGradients compares gradients with the norms that slopes measure in another way.
func TestGradients(t *testing.T) {
	_, n, s := goldenNetwork(t)
	gradients, err := n.Gradients(s)
	if err != nil {
		t.Fatal(err)
	}
	slopes, err := n.Slopes(s)
	if err != nil {
		t.Fatal(err)
	}
	for i, g := range gradients {
		if got, want := norm(g), slopes[i].Gradient; !(math.Abs(got-want) <= 1e-4*want+1e-7) {
			t.Errorf("image %d: the gradient's norm is %v, expected %v", i, got, want)
		}
	}
}

// TestExamine checks that an examination asks what it is told to, and refuses sizes out of order.
func TestExamine(t *testing.T) {
	g, n, s := goldenNetwork(t)
	var parts []string
	f, err := n.Examine(s, s.Spread(7), Examination{
		Slopes: true, Sigmas: []float64{0.1}, LInf: []float64{0.01, 0.02}, Steps: 3, Begun: func(p string) error { parts = append(parts, p); return nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(f.TestSlopes) != s.Len() || len(f.TrainSlopes) != 7 || len(parts) != 7 || len(f.Curves) != 3 {
		t.Errorf("%d and %d slopes, parts %q, %d curves", len(f.TestSlopes), len(f.TrainSlopes), parts, len(f.Curves))
	}
	for i, name := range []string{"noise", "fgsm-linf", "pgd-linf"} {
		c := f.Curves[i]
		if c.Name != name || c.Points[0].Size != 0 || c.Points[0].Score.Images-c.Points[0].Score.Errors != g.Clean {
			t.Errorf("curve %d is %+v, expected %s", i, c, name)
		}
	}
	stop := errors.New("stop")
	if _, err := n.Examine(s, s, Examination{LInf: []float64{1}, Begun: func(string) error { return stop }}); !errors.Is(err, stop) {
		t.Errorf("an examination that is ended returns %v", err)
	}
	for _, e := range []Examination{{Sigmas: []float64{0.2, 0.1}}, {LInf: []float64{0}}, {L2: []float64{math.NaN()}}, {Steps: -1}, {LInf: []float64{0.5, 8}}, {Sigmas: []float64{25}}, {L2: []float64{1e6}}} {
		if _, err := n.Examine(s, s, e); err == nil {
			t.Errorf("%+v is no error", e)
		}
	}
}

// TestSpectrum compares with values by hand; quantiles lie between order statistics as NumPy's.
func TestSpectrum(t *testing.T) {
	got := NewSpectrum([]float64{4, math.Inf(1), 1, 2, math.NaN(), 3})
	want := Spectrum{Images: 4, Mean: 2.5, MeanSquare: 7.5, Quantiles: [5]float64{1.15, 1.75, 2.5, 3.25, 3.85}}
	for i, q := range want.Quantiles {
		if math.Abs(got.Quantiles[i]-q) < 1e-12 {
			got.Quantiles[i] = q
		}
	}
	if got != want {
		t.Errorf("%+v, expected %+v", got, want)
	}
	if NewSpectrum(nil) != (Spectrum{}) {
		t.Error("no values have a spectrum")
	}
}

// TestBatchNorm checks that images do not influence each other where training's statistics would couple them, and that the
// size of the batch and the number of threads change no slope.
func TestBatchNorm(t *testing.T) {
	_, _, s := goldenNetwork(t)
	m, err := model.Parse("mlp:hidden=16,norm=batch")
	if err != nil {
		t.Fatal(err)
	}
	g := sym.NewGraph()
	params := nn.NewParams(g)
	m.Logits(nn.NewContext(params, false, 0), g.Input("x", sym.Float, 1, s.Shape.C, s.Shape.H, s.Shape.W), 5)
	weights := map[string][]float32{}
	for _, p := range params.All() {
		weights[p.Name] = make([]float32, p.Expr.Shape().Size())
		p.Fill(weights[p.Name], 3)
	}
	slopes := func(batch, threads int, s Images) []Slope {
		n, err := NewNetwork(NetworkOptions{Model: m, Shape: s.Shape, Classes: 5, Batch: batch, Threads: threads, Weights: func(name string) []float32 { return weights[name] }})
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		out, err := n.Slopes(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	s = s.Spread(20)
	all, other := slopes(20, 1, s), slopes(20, 2, s)
	for i := range all {
		one := s
		one.Index = s.Index[i : i+1]
		alone := slopes(1, 1, one)[0]
		if all[i] != other[i] {
			t.Errorf("image %d: %+v with one thread, %+v with two", i, all[i], other[i])
		}
		for _, v := range [][2]float64{{all[i].Gradient, alone.Gradient}, {all[i].Jacobian, alone.Jacobian}, {all[i].Distance, alone.Distance}} {
			if math.Abs(v[0]-v[1]) > 1e-5*math.Abs(v[1]) {
				t.Errorf("image %d: %+v among others, %+v alone", i, all[i], alone)
			}
		}
	}
}
