package assess_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"github.com/gradreg/gradreg/assess"
)

// golden is what tools/golden/assess.py computes.
type golden struct {
	Scores struct {
		Logits    [][]float32
		Labels    []int32
		Accuracy  float64
		NLL       float64
		ECE       float64
		Brier     float64
		Confusion [][]int
		Worst     []int
	}
	McNemar []struct {
		B, C int
		P    float64
	}
}

func readGolden(t *testing.T) (g golden) {
	t.Helper()
	data, err := os.ReadFile("../testdata/golden/assess.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// TestGolden compares what answers decide with NumPy's values.
func TestGolden(t *testing.T) {
	want := readGolden(t).Scores
	l := assess.Logits{Classes: len(want.Logits[0])}
	for i, row := range want.Logits {
		l.Add(row, want.Labels[i:i+1])
	}
	calibration := l.Calibration(assess.CalibrationBins)
	for name, v := range map[string][2]float64{
		"accuracy": {l.Score().Accuracy(), want.Accuracy}, "NLL": {l.Score().NLL(), want.NLL},
		"NLL at temperature 1": {l.NLL(1), want.NLL}, "ECE": {calibration.ECE(), want.ECE}, "Brier score": {l.Brier(), want.Brier},
	} {
		if !(math.Abs(v[0]-v[1]) < 1e-12) {
			t.Errorf("%s is %v, expected %v", name, v[0], v[1])
		}
	}
	c := l.Confusion()
	for i, row := range want.Confusion {
		sum := 0
		for j, n := range row {
			sum += n
			if c.At(i, j) != n {
				t.Errorf("%d images of class %d taken for %d, expected %d", c.At(i, j), i, j, n)
			}
		}
		if s := c.Class(i); s.Images != sum || s.Images-s.Errors != row[i] {
			t.Errorf("class %d: %+v, expected %d images, %d right", i, s, sum, row[i])
		}
	}
	worst := l.Worst(len(want.Worst))
	for i, m := range worst {
		if m.Index != want.Worst[i] || m.Label != int(l.Labels[m.Index]) || math.Abs(m.Loss+math.Log(m.Truth)) > 1e-9 || m.Certainty < m.Truth {
			t.Errorf("mistake %d is %+v, expected image %d", i, m, want.Worst[i])
		}
	}
	images := 0
	for _, b := range calibration.Bins {
		images += b.Images
	}
	if len(worst) != len(want.Worst) || images != len(l.Labels) || len(l.Worst(1000)) != l.Score().Errors {
		t.Errorf("%d mistakes, %d images in bins, %d mistakes in all", len(worst), images, len(l.Worst(1000)))
	}
}

// TestMcNemar compares p values with SciPy's binomial test.
func TestMcNemar(t *testing.T) {
	for _, w := range readGolden(t).McNemar {
		p := assess.Paired{Images: 2000, OnlyFirst: w.B, OnlySecond: w.C}
		if got := p.McNemar(); !(math.Abs(got-w.P) <= 1e-10*w.P) {
			t.Errorf("%d against %d: p is %v, expected %v", w.B, w.C, got, w.P)
		}
	}
}
