package assess_test

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/gradreg/gradreg/assess"
)

// TestCalibrationEdges puts confidences on the bins' edges and at the ends.
func TestCalibrationEdges(t *testing.T) {
	l := assess.Logits{Classes: 2}
	l.Add([]float32{
		0, 0, // ½, right: upper edge of the first of two bins
		0, 200, // 1, wrong
		200, 0, // 1, right
	}, []int32{0, 0, 0})
	c := l.Calibration(2)
	if c.Bins[0] != (assess.CalibrationBin{Images: 1, Confidence: 0.5, Accuracy: 1}) || c.Bins[1].Images != 2 {
		t.Errorf("bins %+v", c.Bins)
	}
	if got, want := c.ECE(), (0.5+2*0.5)/3; math.Abs(got-want) > 1e-15 {
		t.Errorf("ECE %v, expected %v", got, want)
	}
	if got, want := l.Brier(), (0.5+2)/3; math.Abs(got-want) > 1e-15 {
		t.Errorf("Brier score %v, expected %v", got, want)
	}
	if !math.IsNaN((&assess.Logits{Classes: 2}).Calibration(2).ECE()) {
		t.Error("the ECE of no images is a number")
	}
}

// TestScores checks what holds of any answers.
func TestScores(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(1, 6).Draw(t, "classes")
		labels := rapid.SliceOfN(rapid.Int32Range(0, int32(k-1)), 1, 30).Draw(t, "labels")
		values := rapid.SliceOfN(rapid.Float32Range(-1e4, 1e4), len(labels)*k, len(labels)*k).Draw(t, "logits")
		l := assess.Logits{Classes: k}
		l.Add(values, labels)
		s := l.Score()
		low, high := s.Interval()
		if e := l.Calibration(15).ECE(); !(e >= 0 && e <= 1) {
			t.Errorf("ECE %v", e)
		}
		if b := l.Brier(); !(b >= 0 && b <= 2+1e-12) {
			t.Errorf("Brier score %v", b)
		}
		if !(0 <= low && low <= s.Accuracy() && s.Accuracy() <= high && high <= 1) {
			t.Errorf("accuracy %v outside %v … %v", s.Accuracy(), low, high)
		}
		errors, mixed := 0, 0
		for c := range k {
			errors += l.Confusion().Class(c).Errors
		}
		for _, m := range l.Confusion().Mixes(1000) {
			mixed += m.Count
		}
		right := 0
		for _, r := range l.Right() {
			if r {
				right++
			}
		}
		if errors != s.Errors || mixed != s.Errors || right+s.Errors != s.Images || len(l.Worst(1000)) != s.Errors {
			t.Errorf("%d errors, by class %d, by pair %d, %d right of %d", s.Errors, errors, mixed, right, s.Images)
		}
	})
}

// TestPairedInterval checks that the interval has its level: for pairs drawn at random it holds the true difference in
// about 95 % of the draws.
func TestPairedInterval(t *testing.T) {
	// All tables of 60 images, of which the first alone is right in 10 %, the second alone in 20 %.
	const n, a, b = 60, 0.1, 0.2
	held := 0.0
	for i := range n + 1 {
		for j := range n + 1 - i {
			low, high := assess.Paired{Images: n, OnlyFirst: i, OnlySecond: j}.Interval()
			if low <= b-a && b-a <= high {
				held += math.Exp(lgamma(n+1) - lgamma(i+1) - lgamma(j+1) - lgamma(n-i-j+1) +
					float64(i)*math.Log(a) + float64(j)*math.Log(b) + float64(n-i-j)*math.Log(1-a-b))
			}
		}
	}
	if held < 0.94 || held > 0.97 {
		t.Errorf("the interval holds the difference with probability %v", held)
	}
}

func lgamma(n int) float64 {
	v, _ := math.Lgamma(float64(n))
	return v
}

func TestPair(t *testing.T) {
	p, err := assess.Pair([]bool{true, true, false, false, true}, []bool{true, false, true, false, false})
	if err != nil || p != (assess.Paired{Images: 5, OnlyFirst: 2, OnlySecond: 1}) {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := assess.Pair([]bool{true}, nil); err == nil {
		t.Error("different numbers of images are no error")
	}
}

func ExamplePaired() {
	p := assess.Paired{Images: 10000, OnlyFirst: 40, OnlySecond: 80}
	low, high := p.Interval()
	fmt.Printf("%+.2f points (%+.2f to %+.2f), p = %.4f\n", 100*p.Difference(), 100*low, 100*high, p.McNemar())
	// Output: +0.40 points (+0.18 to +0.62), p = 0.0003
}
