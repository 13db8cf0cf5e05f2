package score

import (
	"bytes"
	"encoding/json"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// sets are samples of all kinds for a report.
func sets(n int) Sets {
	grid := Grid(3, 2, 0.05)
	logits := func(seed uint64) Matrix { return must(Softmax(changed(normal(seed, n, 5), 4, 0))) }
	return Sets{
		Features: "LeNet-84", Generated: moved(normal(1, n, 6), 0.3),
		Real: normal(2, n, 6), Other: normal(3, n, 6),
		Classifier: "LeNet", GeneratedClasses: logits(4), OtherClasses: logits(5),
		Shares: uniform(5),
		Train:  normal(6, 2*n, 6), HeldOut: normal(2, n, 6),
		GeneratedModes: []int{0, 1, 1, 3}, OtherModes: []int{0, 1, 2, 3}, ModeCount: 4,
		GeneratedPoints: from(grid, 1, n, func(mode int) bool { return mode < 2 }),
		OtherPoints:     from(grid, 2, n, all), Mixture: grid,
	}
}

// TestMeasure checks that each score of the report is that of its function, with the name of its
// network, beside that of the other real samples in the place of the generated ones.
func TestMeasure(t *testing.T) {
	s := sets(300)
	o := Options{
		Kernel: KernelOptions{Subsets: 10, Size: 100, Seed: 1}, Limit: LimitOptions{Sizes: 4},
		Neighbours: 3, Confident: 0.8, Copying: CopyingOptions{Cells: 2},
	}
	r := must(Measure(s, o))
	fd := func(y Matrix) float64 { return must(Frechet(s.Real, y)).Value }
	limit := func(y Matrix) float64 { return must(FrechetLimit(s.Real, y, o.Limit)).Value }
	kd := func(y Matrix) float64 { return must(Kernel(s.Real, y, o.Kernel)).Mean }
	of, real := must(Neighbours(s.Real, s.Generated, 3)), must(Neighbours(s.Real, s.Other, 3))
	confident := func(p Matrix) float64 { return must(Confident(p, 0.8)) }
	classifier := func(p Matrix) float64 { return must(Classifier(p)) }
	histogram := func(p Matrix) Histogram { return must(Classes(must(Predicted(p)), s.Shares)) }
	copying := must(Copying(s.Train, s.HeldOut, s.Generated, o.Copying))
	y, x, p, q := s.Generated, s.Other, s.GeneratedClasses, s.OtherClasses
	m, others := must(Modes(s.GeneratedModes, 4)), must(Modes(s.OtherModes, 4))
	dots := must(Gaussians(s.GeneratedPoints, s.Mixture))
	realDots := must(Gaussians(s.OtherPoints, s.Mixture))
	want := []struct {
		key, name   string
		n           int
		value, real float64
	}{
		{KeyFrechet, "FD, LeNet-84", 300, fd(y), fd(x)},
		{KeyFrechetLimit, "FD∞, LeNet-84", 300, limit(y), limit(x)},
		{KeyKernel, "KD, LeNet-84", 300, kd(y), kd(x)},
		{KeyPrecision, "precision, LeNet-84", 300, of.Precision, real.Precision},
		{KeyRecall, "recall, LeNet-84", 300, of.Recall, real.Recall},
		{KeyDensity, "density, LeNet-84", 300, of.Density, real.Density},
		{KeyCoverage, "coverage, LeNet-84", 300, of.Coverage, real.Coverage},
		{KeyClassesHit, "classes hit, LeNet", 300, 5, 5},
		{KeyClassKL, "class KL, LeNet", 300, histogram(p).KL, histogram(q).KL},
		{KeyConfident, "confident share, LeNet", 300, confident(p), confident(q)},
		{KeyClassifier, "classifier score, LeNet", 300, classifier(p), classifier(q)},
		{KeyModesHit, "modes hit, LeNet", 4, 3, 4},
		{KeyModeKL, "mode KL, LeNet", 4, m.KL, others.KL},
		{KeyGaussiansHit, "modes hit", 300, 2, 9},
		{KeyOnMode, "on-mode share", 300, dots.OnMode, realDots.OnMode},
		{KeyOffModeKL, "KL with off-mode", 300, dots.KL, realDots.KL},
		{KeyGaussianKL, "mode KL", 300, dots.ModeKL, realDots.ModeKL},
		{KeyCopying, "copying C_T, LeNet-84", 300, copying.CT, math.NaN()},
	}
	if len(r.Scores) != len(want) {
		t.Fatalf("%d scores, expected %d", len(r.Scores), len(want))
	}
	var keys []string
	for _, s := range r.Scores {
		keys = append(keys, s.Key)
	}
	if !slices.Equal(Keys(), keys) {
		t.Errorf("Keys lists %v, a report of everything has %v", Keys(), keys)
	}
	for i, w := range want {
		got := r.Scores[i]
		real := math.NaN()
		if got.Real != nil {
			real = *got.Real
		}
		if got.Key != w.key || got.Name != w.name || got.Samples != w.n || got.Value != w.value {
			t.Errorf("%+v, expected %+v", got, w)
		}
		if real != w.real && !(math.IsNaN(real) && math.IsNaN(w.real)) {
			t.Errorf("%s of real samples is %v, expected %v", w.key, real, w.real)
		}
		if found, ok := r.Find(w.key); !ok || found.Name != w.name {
			t.Errorf("%s is not found", w.key)
		}
		if strings.Contains(got.Name, "FID") || strings.Contains(got.Name, "KID") {
			t.Errorf("%s is no name of a score with these features", got.Name)
		}
	}
	if r.Scores[2].StandardError == nil || r.Histogram == nil || r.Modes == nil ||
		r.Gaussians == nil || r.Copying == nil {
		t.Errorf("%+v", r)
	}
	if _, ok := r.Find("fid"); ok {
		t.Error("a score fid is found")
	}
}

// TestMeasureOfSome checks that a kind of samples that is not there has no scores.
func TestMeasureOfSome(t *testing.T) {
	s := sets(100)
	features := Sets{Features: "f", Generated: s.Generated, Real: s.Real, Other: s.Other}
	o := Options{Kernel: KernelOptions{Size: 50}}
	if r := must(Measure(features, o)); len(r.Scores) != 7 || r.Scores[0].Key != KeyFrechet {
		t.Errorf("of features only: %+v", r)
	}
	points := Sets{Mixture: s.Mixture}
	points.GeneratedPoints, points.OtherPoints = s.GeneratedPoints, s.OtherPoints
	if r := must(Measure(points, o)); len(r.Scores) != 4 || r.Scores[0].Key != KeyGaussiansHit {
		t.Errorf("of points only: %+v", r)
	}
	modes := Sets{Classifier: "c", GeneratedModes: []int{1}, OtherModes: []int{0}, ModeCount: 2}
	if r := must(Measure(modes, o)); len(r.Scores) != 2 || r.Scores[0].Key != KeyModesHit {
		t.Errorf("of modes only: %+v", r)
	}
}

// TestReportKeeps checks that a report comes back from JSON.
func TestReportKeeps(t *testing.T) {
	o := Options{Kernel: KernelOptions{Size: 100}, Copying: CopyingOptions{Cells: 2}}
	r := must(Measure(sets(300), o))
	data := must(json.Marshal(r))
	var back Report
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if again := must(json.Marshal(back)); !bytes.Equal(again, data) {
		t.Errorf("%s, then %s", data, again)
	}
	for _, s := range r.Scores {
		if math.IsNaN(s.Value) || math.IsInf(s.Value, 0) {
			t.Errorf("%s is %v", s.Key, s.Value)
		}
	}
}

// TestDeterminism checks that a report has the same bits on one processor and on several.
func TestDeterminism(t *testing.T) {
	s := sets(700)
	o := Options{
		Kernel:  KernelOptions{Subsets: 20, Size: 300, Seed: 2},
		Limit:   LimitOptions{Seed: 3},
		Copying: CopyingOptions{Cells: 5, Least: 5},
	}
	var reports [][]byte
	for _, n := range []int{1, 3, 8} {
		before := runtime.GOMAXPROCS(n)
		r, err := Measure(s, o)
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		reports = append(reports, must(json.Marshal(r)))
	}
	for _, r := range reports[1:] {
		if !bytes.Equal(r, reports[0]) {
			t.Errorf("%s\n%s", reports[0], r)
		}
	}
}
