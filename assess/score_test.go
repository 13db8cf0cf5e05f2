package assess_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/gradreg/gradreg/assess"
)

func TestScore(t *testing.T) {
	var s assess.Score
	logits := []float32{
		1, 2, 0, // class 1
		3, 3, 0, // equal: class 0
		-1000, 1000, 0, // class 1, no overflow
		9, 9, 9, // not counted: there are three labels
	}
	s.Add(logits, 3, []uint8{1, 0, 2})
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
