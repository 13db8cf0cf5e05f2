package assess_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/task"
)

// near reports whether two numbers are equal but for rounding, or both are none.
func near(a, b float64) bool {
	return math.Abs(a-b) <= 1e-6*(1+math.Abs(b)) || math.IsNaN(a) && math.IsNaN(b)
}

// TestLabels compares with values worked out by hand, ties and labels that nobody has among them.
func TestLabels(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name                     string
		logits, targets          []float32
		ap, precision, recall, f float64
		right                    int
	}{
		{"perfect", []float32{2, 1, -1, -2}, []float32{1, 1, 0, 0}, 1, 1, 1, 1, 4},
		{"wrong way round", []float32{-2, -1, 1, 2}, []float32{1, 1, 0, 0}, (1./3 + 2./4) / 2, 0, 0, 0, 0},
		{"second first", []float32{1, 2, 3, -1}, []float32{1, 0, 1, 0}, (1 + 2./3) / 2, 2. / 3, 1, 0.8, 3},
		{"all alike", []float32{0, 0, 0, 0}, []float32{1, 0, 0, 0}, 0.25, nan, 0, 0, 3},
		{"nobody has it", []float32{1, -1}, []float32{0, 0}, nan, 0, nan, 0, 1},
		{"nobody has it or is said to", []float32{-1, -1}, []float32{0, 0}, nan, nan, nan, nan, 2},
	} {
		// Beside another label, so that rows are told apart.
		a := &task.Answers{Kinds: 2}
		for i, v := range c.logits {
			if err := a.Add([]float32{7, v}, []float32{1, c.targets[i]}); err != nil {
				t.Fatal(err)
			}
		}
		s := assess.Labels(a)[1]
		if !near(s.AveragePrecision, c.ap) || !near(s.Precision(), c.precision) || !near(s.Recall(), c.recall) || !near(s.F1(), c.f) || s.Right != c.right {
			t.Errorf("%s: %+v, precision %v, recall %v, F1 %v, expected %+v", c.name, s, s.Precision(), s.Recall(), s.F1(), c)
		}
	}
}

// TestNumbers compares with values worked out by hand.
func TestNumbers(t *testing.T) {
	a := &task.Answers{Kinds: 2}
	for _, row := range [][4]float32{{1, 5, 0, 5}, {2, 5, 2, 5}, {3, 6, 4, 5}} { // answers, then targets
		if err := a.Add(row[:2], row[2:]); err != nil {
			t.Fatal(err)
		}
	}
	list := assess.Numbers(a)
	want := []assess.NumberScore{
		{Mean: 2, SD: math.Sqrt(8. / 3), RMSE: math.Sqrt(2. / 3), MAE: 2. / 3, Bias: 0, R2: 0.75},
		{Mean: 5, SD: 0, RMSE: math.Sqrt(1. / 3), MAE: 1. / 3, Bias: 1. / 3, R2: math.NaN()},
	}
	for k, w := range want {
		s := list[k]
		if !near(s.Mean, w.Mean) || !near(s.SD, w.SD) || !near(s.RMSE, w.RMSE) || !near(s.MAE, w.MAE) || !near(s.Bias, w.Bias) || !near(s.R2, w.R2) {
			t.Errorf("number %d: %+v, expected %+v", k, s, w)
		}
	}
}

// TestPerImage checks that the values of images have the mean that judges them all.
func TestPerImage(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, of := range []task.Task{task.MultiLabel{}, task.Regression{}} {
		a := &task.Answers{Kinds: 3}
		for range 50 {
			row := make([]float32, 6)
			for i := range row {
				row[i] = float32(r.NormFloat64())
				if i >= 3 && of == (task.MultiLabel{}) {
					row[i] = float32(r.IntN(2))
				}
			}
			if err := a.Add(row[:3], row[3:]); err != nil {
				t.Fatal(err)
			}
		}
		values, err := assess.PerImage(a, of)
		if err != nil {
			t.Fatal(err)
		}
		mean := 0.0
		for _, v := range values {
			mean += v / 50
		}
		if !of.Quality().Fraction {
			mean = math.Sqrt(mean)
		}
		if m, err := a.Judge(of); err != nil || !near(m.Quality, mean) {
			t.Errorf("%s: %v, %v, the images' mean is %v", of, m, err, mean)
		}
	}
}
