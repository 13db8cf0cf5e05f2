package linear

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/task"
)

// outputs returns xW + b, of classes less their mean, which changes nothing.
func (h *Head) outputs(d Data) []float64 {
	var out []float64
	for n := range len(d.Features) / d.Dim {
		row := make([]float64, d.Kinds)
		for k := range row {
			row[k] = float64(h.Offsets[k])
			for j, v := range d.Features[n*d.Dim : (n+1)*d.Dim] {
				row[k] += float64(v) * float64(h.Weights[j*d.Kinds+k])
			}
		}
		if d.Task == (task.Classification{}) {
			mean := 0.0
			for _, v := range row {
				mean += v / float64(d.Kinds)
			}
			for k := range row {
				row[k] -= mean
			}
		}
		out = append(out, row...)
	}
	return out
}

// TestMinimum compares minima with scikit-learn's, with more samples than features and fewer.
func TestMinimum(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		Cases []struct {
			Task              string
			Dim, Kinds        int
			L2, Loss          float64
			Features, Targets []float32
			Outputs           []float64
		}
	}
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	if len(golden.Cases) != 8 {
		t.Fatalf("%d cases, expected 8", len(golden.Cases))
	}
	for i, c := range golden.Cases {
		kind, err := task.Parse(c.Task)
		if err != nil {
			t.Fatal(err)
		}
		d := Data{c.Features, c.Dim, c.Targets, c.Kinds, kind}
		h, err := Train(t.Context(), d, Options{L2: c.L2})
		if err != nil {
			t.Errorf("case %d, %s: %v", i, c.Task, err)
			continue
		}
		if math.Abs(h.Loss-c.Loss) > 1e-7*max(c.Loss, 1e-2) || h.L2 != c.L2 || h.Folds != 0 {
			t.Errorf("case %d, %s: loss %v, expected %v", i, c.Task, h.Loss, c.Loss)
		}
		largest := 0.0
		for _, v := range c.Outputs {
			largest = max(largest, math.Abs(v))
		}
		for j, v := range h.outputs(d) {
			if math.Abs(v-c.Outputs[j]) > 3e-6*largest { // weights are rounded to float32
				t.Errorf("case %d, %s: output %d is %v, expected %v", i, c.Task, j, v, c.Outputs[j])
				break
			}
		}
	}
}

// TestGradient compares the gradient of J with central differences.
func TestGradient(t *testing.T) {
	for _, kind := range []task.Task{task.Classification{}, task.MultiLabel{}, task.Regression{}} {
		d := random(17, 5, 3, kind, 1)
		l, _, err := lossOf(kind, 3)
		if err != nil {
			t.Fatal(err)
		}
		_, z, dim := newBasis(d.Features, d.Dim)
		o := &objective{
			samples: &samples{z, dim, d.Targets, 3, l}, chosen: []int{0, 2, 3, 7, 11, 16}, l2: 0.3,
			f: make([]float64, 3),
		}
		r := rand.New(rand.NewPCG(3, 4))
		p, g, unused := make([]float64, 3*(dim+1)), make([]float64, 3*(dim+1)), make([]float64, 3*(dim+1))
		for i := range p {
			p[i] = 3 * r.NormFloat64()
		}
		o.value(g, p)
		for i, v := range p {
			const h = 1e-5
			p[i] = v + h
			above := o.value(unused, p)
			p[i] = v - h
			below := o.value(unused, p)
			p[i] = v
			if want := (above - below) / (2 * h); math.Abs(g[i]-want) > 1e-8*max(1, math.Abs(want)) {
				t.Errorf("%s: derivative %d is %v, expected %v", kind, i, g[i], want)
			}
		}
	}
}

// random returns samples whose targets depend on their features.
func random(n, dim, kinds int, kind task.Task, seed uint64) Data {
	r := rand.New(rand.NewPCG(seed, 9))
	d := Data{Dim: dim, Kinds: kinds, Task: kind}
	for i := range n {
		x := make([]float32, dim)
		for j := range x {
			x[j] = float32(r.NormFloat64())
		}
		row := make([]float32, kinds)
		switch kind.(type) {
		case task.Classification:
			row[i%kinds] = 1
			x[i%kinds%dim] += 1.5
		case task.MultiLabel:
			for k := range row {
				if float64(x[k])+r.NormFloat64() > 0 {
					row[k] = 1
				}
			}
		default:
			for k := range row {
				row[k] = x[k] + float32(r.NormFloat64())
			}
		}
		d.Features, d.Targets = append(d.Features, x...), append(d.Targets, row...)
	}
	return d
}

// TestStrongest checks the rule on losses made by hand: a standard error where it is small, a twentieth
// of what the features tell where the error is large, and nothing where the strongest λ is the best.
func TestStrongest(t *testing.T) {
	for _, c := range []struct {
		losses []float64 // of λ 10, 1, 0.1, …
		err    float64
		want   float64
	}{
		{[]float64{1.6, 1.45, 1.3, 1.26, 1.25, 1.27}, 0.12, 0.01},    // not 0.1
		{[]float64{1.6, 0.9, 0.42, 0.345, 0.33, 0.34}, 0.014, 0.001}, // of many samples
		{[]float64{1.6, 0.9, 0.42, 0.335, 0.33, 0.34}, 0.014, 0.01},
		{[]float64{1.6, 1.61, 1.7}, 0.2, 10},
	} {
		var list []Candidate
		for i, loss := range c.losses {
			list = append(list, Candidate{math.Pow(10, float64(1-i)), loss, c.err})
		}
		if got := strongestOf(list); math.Abs(math.Log(got/c.want)) > 1e-9 {
			t.Errorf("%v ± %g: λ %g, expected %g", c.losses, c.err, got, c.want)
		}
	}
}

// TestChoice checks that cross-validation takes the strongest λ whose held-out loss is within a
// standard error of the least and within a twentieth of what is gained, within the grid, on data that
// can be learned, and gives the same bits on one thread.
func TestChoice(t *testing.T) {
	for _, kind := range []task.Task{task.Classification{}, task.MultiLabel{}, task.Regression{}} {
		d := random(60, 80, 3, kind, 2)
		h, err := Train(t.Context(), d, Options{Seed: 1})
		if err != nil {
			t.Fatal(kind, err)
		}
		best := h.Candidates[0]
		for _, c := range h.Candidates {
			if c.Loss < best.Loss {
				best = c
			}
		}
		most := best.Loss + min(best.StandardError, 0.05*(h.Candidates[0].Loss-best.Loss))
		want := slices.IndexFunc(h.Candidates, func(c Candidate) bool { return c.Loss <= most })
		learned := kind != (task.MultiLabel{}) // labels are hardly told by these features
		if !(best.StandardError > 0) || learned && h.Candidates[want].L2 <= best.L2 {
			t.Errorf("%s: the rule takes λ %g of %+v, expected a stronger one than the best", kind, h.Candidates[want].L2, h.Candidates)
		}
		if h.Folds != 5 || h.L2 != h.Candidates[want].L2 || h.Note != "" || best.Loss >= h.Candidates[0].Loss {
			t.Errorf("%s: λ %g of %+v, %q", kind, h.L2, h.Candidates, h.Note)
		}
		before := runtime.GOMAXPROCS(1)
		again, err := Train(t.Context(), d, Options{Seed: 1})
		runtime.GOMAXPROCS(before)
		if err != nil || !slices.Equal(again.Weights, h.Weights) || !slices.Equal(again.Offsets, h.Offsets) {
			t.Errorf("%s: another head on one thread, %v", kind, err)
		}
		given, err := Train(t.Context(), d, Options{L2: h.L2})
		if err != nil || !slices.Equal(given.Weights, h.Weights) {
			t.Errorf("%s: another head where λ %g is given, %v", kind, h.L2, err)
		}
	}
}

// TestNothingToLearn checks that noise leads to the strongest λ or near it, and says so at the end.
func TestNothingToLearn(t *testing.T) {
	d := random(40, 20, 2, task.Classification{}, 5)
	r := rand.New(rand.NewPCG(8, 8))
	for i := range d.Features {
		d.Features[i] = float32(r.NormFloat64())
	}
	h, err := Train(t.Context(), d, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if h.L2 < 0.05 || (h.L2 == h.Candidates[0].L2) != strings.Contains(h.Note, "strongest") {
		t.Errorf("λ %g, %q", h.L2, h.Note)
	}
}

// TestFewSamples checks what has too little for folds, or folds without a class or a label.
func TestFewSamples(t *testing.T) {
	one := random(4, 10, 4, task.Classification{}, 1) // one of each class
	h, err := Train(t.Context(), one, Options{})
	if err != nil || h.L2 != defaultL2 || h.Folds != 0 || !strings.Contains(h.Note, "too few") {
		t.Errorf("one of each class: %+v, %v", h, err)
	}
	uneven := random(9, 10, 2, task.Classification{}, 1)
	for n := range 9 { // one sample of class 1
		copy(uneven.Targets[2*n:], []float32{1, 0})
	}
	copy(uneven.Targets[8:], []float32{0, 1})
	if h, err = Train(t.Context(), uneven, Options{}); err != nil || h.Folds != 5 {
		t.Errorf("a class of one: %+v, %v", h, err)
	}
	rare := random(30, 10, 3, task.MultiLabel{}, 1)
	for n := range 30 {
		rare.Targets[3*n], rare.Targets[3*n+1] = 0, 1
	}
	rare.Targets[0] = 1 // label 0 has one sample, label 1 has all
	if h, err = Train(t.Context(), rare, Options{}); err != nil {
		t.Fatalf("rare labels: %v", err)
	}
	if want := math.Log(30.5 / 0.5); math.Abs(float64(h.Offsets[1])-want) > 1e-6 || h.Weights[1] != 0 {
		t.Errorf("a label of all samples has the offset %v, expected %v, and the weight %v", h.Offsets[1], want, h.Weights[1])
	}
	alike := random(12, 3, 2, task.Classification{}, 1)
	for i := range alike.Features {
		alike.Features[i] = 7
	}
	if h, err = Train(t.Context(), alike, Options{}); err != nil || math.Abs(h.Loss-math.Ln2) > 1e-9 {
		t.Errorf("samples that are all alike: %+v, %v", h, err)
	}
	for n := range 12 { // two features far apart in scale, and copies
		copy(alike.Features[3*n:], []float32{float32(n % 2), 1e6 * float32(n%3), 0})
	}
	if h, err = Train(t.Context(), alike, Options{}); err != nil || math.IsNaN(h.Loss) {
		t.Errorf("copies: %+v, %v", h, err)
	}
}

// TestFolds checks that folds cover what is held out once, and that every class can be learned.
func TestFolds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		strata := make([]int32, 1+r.IntN(40))
		for i := range strata {
			strata[i] = int32(r.IntN(1 + r.IntN(6)))
		}
		counts := map[int32]int{}
		for _, s := range strata {
			counts[s]++
		}
		held := make([]int, len(strata))
		for _, f := range divide(strata, 2+r.IntN(4), r.Uint64()) {
			learned := map[int32]bool{}
			for _, n := range f.train {
				learned[strata[n]] = true
			}
			if len(learned) != len(counts) || len(f.held) == 0 || len(f.train)+len(f.held) != len(strata) {
				t.Fatalf("%v: fold %+v", strata, f)
			}
			for _, n := range f.held {
				held[n]++
			}
		}
		for n, times := range held {
			if want := min(counts[strata[n]]-1, 1); times != want {
				t.Fatalf("%v: sample %d is held out %d times, expected %d", strata, n, times, want)
			}
		}
	}
}

// TestRefused checks what cannot be fitted.
func TestRefused(t *testing.T) {
	good := random(8, 4, 2, task.Classification{}, 1)
	for name, spoil := range map[string]func(*Data){
		"rows":     func(d *Data) { d.Targets = d.Targets[2:] },
		"none":     func(d *Data) { d.Features, d.Targets = nil, nil },
		"infinite": func(d *Data) { d.Features[5] = float32(math.Inf(1)) },
		"NaN":      func(d *Data) { d.Features[0] = float32(math.NaN()) },
	} {
		d := good
		d.Features = slices.Clone(good.Features)
		spoil(&d)
		if _, err := Train(t.Context(), d, Options{}); !fault.IsInput(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Train(t.Context(), good, Options{Folds: 1}); !fault.IsInput(err) {
		t.Errorf("one fold: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Train(ctx, good, Options{}); err != context.Canceled {
		t.Errorf("a context that ended: %v", err)
	}
}

// TestWeakPenalty checks that a fit to samples which are easily told apart ends at its minimum also
// with a penalty that hardly holds the weights: there the objective bends quite differently than at
// the start.
func TestWeakPenalty(t *testing.T) {
	for seed := range uint64(4) {
		d := random(100, 300, 5, task.Classification{}, seed)
		for i := range d.Features { // of different sizes, as features of a network are
			d.Features[i] *= float32(math.Exp(-float64(i%d.Dim) / 12))
		}
		for _, l2 := range []float64{1e-7, 1e-8} {
			h, err := Train(t.Context(), d, Options{L2: l2})
			if err != nil {
				t.Errorf("seed %d, λ %g: %v", seed, l2, err)
				continue
			}
			if !(h.Loss < 1e-2) {
				t.Errorf("seed %d, λ %g: the loss is %g", seed, l2, h.Loss)
			}
		}
	}
}
