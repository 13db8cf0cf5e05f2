package score

import (
	"bytes"
	"encoding/json"
	"math"
	"runtime"
	"strings"
	"testing"
)

// sets are samples of all kinds for a report.
func sets(n int) Sets {
	logits := func(seed uint64) Matrix { return must(Softmax(changed(normal(seed, n, 5), 4, 0))) }
	return Sets{
		Features: "LeNet-84", Generated: moved(normal(1, n, 6), 0.3),
		Real: normal(2, n, 6), Other: normal(3, n, 6),
		Classifier: "LeNet", GeneratedClasses: logits(4), OtherClasses: logits(5),
		Shares: uniform(5),
		Train:  normal(6, 2*n, 6), HeldOut: normal(2, n, 6),
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
	want := []Score{
		{Key: KeyFrechet, Name: "FD, LeNet-84", Value: fd(y), Real: new(fd(x))},
		{Key: KeyFrechetLimit, Name: "FD∞, LeNet-84", Value: limit(y), Real: new(limit(x))},
		{Key: KeyKernel, Name: "KD, LeNet-84", Value: kd(y), Real: new(kd(x))},
		{
			Key:   KeyPrecision,
			Name:  "precision, LeNet-84",
			Value: of.Precision,
			Real:  &real.Precision,
		},
		{Key: KeyRecall, Name: "recall, LeNet-84", Value: of.Recall, Real: &real.Recall},
		{Key: KeyDensity, Name: "density, LeNet-84", Value: of.Density, Real: &real.Density},
		{Key: KeyCoverage, Name: "coverage, LeNet-84", Value: of.Coverage, Real: &real.Coverage},
		{Key: KeyClassesHit, Name: "classes hit, LeNet", Value: 5, Real: new(5.0)},
		{
			Key:   KeyClassKL,
			Name:  "class KL, LeNet",
			Value: histogram(p).KL,
			Real:  new(histogram(q).KL),
		},
		{
			Key:   KeyConfident,
			Name:  "confident share, LeNet",
			Value: confident(p),
			Real:  new(confident(q)),
		},
		{
			Key:   KeyClassifier,
			Name:  "classifier score, LeNet",
			Value: classifier(p),
			Real:  new(classifier(q)),
		},
		{Key: KeyCopying, Name: "copying C_T, LeNet-84", Value: copying.CT},
	}
	if len(r.Scores) != len(want) {
		t.Fatalf("%d scores, expected %d", len(r.Scores), len(want))
	}
	for i, w := range want {
		got := r.Scores[i]
		same := got.Key == w.Key && got.Name == w.Name && got.Value == w.Value &&
			(got.Real == nil) == (w.Real == nil)
		if !same || w.Real != nil && *got.Real != *w.Real {
			t.Errorf("%+v, expected %+v", got, w)
		}
		if found, ok := r.Find(w.Key); !ok || found.Name != w.Name {
			t.Errorf("%s is not found", w.Key)
		}
		if strings.Contains(got.Name, "FID") || strings.Contains(got.Name, "KID") {
			t.Errorf("%s is no name of a score with these features", got.Name)
		}
	}
	if r.Scores[2].StandardError == nil || r.Histogram == nil || r.Copying == nil ||
		r.Samples != 300 {
		t.Errorf("%+v", r)
	}
	if _, ok := r.Find("fid"); ok {
		t.Error("a score fid is found")
	}
	s.Classifier, s.Train = "", Matrix{}
	if r := must(Measure(s, o)); len(r.Scores) != 7 || r.Histogram != nil || r.Copying != nil {
		t.Errorf("of features only: %+v", r)
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
