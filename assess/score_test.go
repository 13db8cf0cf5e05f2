package assess_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
)

func TestScore(t *testing.T) {
	var s assess.Score
	logits := []float32{
		1, 2, 0, // class 1
		3, 3, 0, // equal: class 0
		-1000, 1000, 0, // class 1, no overflow
		9, 9, 9, // not counted: there are three labels
	}
	s.Add(logits, 3, []int32{1, 0, 2})
	if s.Images != 3 || s.Errors != 1 || math.Abs(s.Accuracy()-2.0/3) > 1e-15 {
		t.Errorf("%+v", s)
	}
	want := (math.Log(math.Exp(1)+math.Exp(2)+1) - 2 + math.Log(2*math.Exp(3)+1) - 3 + 1000) / 3
	if math.Abs(s.NLL()-want) > 1e-9 {
		t.Errorf("NLL %v, want %v", s.NLL(), want)
	}
}

// TestInterval compares Wilson's interval with a published value: 81 of 263 (Newcombe 1998, table I).
func TestInterval(t *testing.T) {
	low, high := assess.Score{Images: 263, Errors: 263 - 81}.Interval()
	if math.Abs(low-0.2553) > 5e-5 || math.Abs(high-0.3662) > 5e-5 {
		t.Errorf("interval %.4f to %.4f", low, high)
	}
	if low, high = (assess.Score{Images: 20}).Interval(); high > 1+1e-12 || low < 0.8 {
		t.Errorf("without errors: %v to %v", low, high)
	}
}

func ExampleSoftmax() {
	fmt.Println(assess.Softmax([]float32{1000, 1000, -1000, 1000, 1000}))
	// Output: [0.25 0.25 0 0.25 0.25]
}

// TestOdd checks that answers which cannot be are errors, and leave what was counted as it was.
func TestOdd(t *testing.T) {
	for _, c := range []struct {
		classes int
		values  []float32
		labels  []int32
	}{
		{2, []float32{1, 0}, []int32{2}},
		{2, []float32{1, 0}, []int32{0, 1}},
		{2, []float32{1}, []int32{0}},
		{0, nil, []int32{0}},
	} {
		l, s := assess.Logits{Classes: c.classes}, assess.Score{}
		if err := l.Add(c.values, c.labels); !fault.IsInput(err) || len(l.Labels)+len(l.Values) != 0 {
			t.Errorf("logits %v, labels %v of %d classes: %v, %+v", c.values, c.labels, c.classes, err, l)
		}
		if err := s.Add(c.values, c.classes, c.labels); !fault.IsInput(err) || s != (assess.Score{}) {
			t.Errorf("logits %v, labels %v of %d classes: %v, %+v", c.values, c.labels, c.classes, err, s)
		}
	}
	l := assess.Logits{Classes: 2}
	if err := l.Add([]float32{1, 0 /**/, 2, 0}, []int32{0, 1}); err != nil {
		t.Fatal(err)
	}
	if got := l.Confusion().Mixes(-1); len(got) != 1 {
		t.Errorf("all mixes are %v", got)
	}
	if got := len(l.Calibration(-1).Bins); got != assess.CalibrationBins {
		t.Errorf("%d bins", got)
	}
	if got := (assess.Images{Subset: dataset.Subset{Index: []int{1, 2}}}).Spread(-1).Len(); got != 2 {
		t.Errorf("%d images", got)
	}
}
