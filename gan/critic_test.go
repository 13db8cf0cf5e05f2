package gan

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// scoreByHand computes the score of a point by the critic of onPoints, an mlp with leaky ReLU, in
// float64.
func scoreByHand(t *testing.T, file map[string][]float32, x []float64) float64 {
	for layer := 1; ; layer++ {
		w, ok := file[fmt.Sprintf("param/critic/dense%d.weight", layer)]
		if !ok {
			if layer == 1 || len(x) != 1 {
				t.Fatalf("layer %d has no weight, after %d numbers", layer, len(x))
			}
			return x[0]
		}
		if layer > 1 {
			for i := range x {
				x[i] = math.Max(x[i], 0.2*x[i])
			}
		}
		bias := file[fmt.Sprintf("param/critic/dense%d.bias", layer)]
		y := make([]float64, len(bias))
		for o := range y {
			y[o] = float64(bias[o])
			for i := range x {
				y[o] += x[i] * float64(w[i*len(y)+o])
			}
		}
		x = y
	}
}

// TestCritic compares scores and slopes of a run's critic with those by hand, and slopes with
// differences.
func TestCritic(t *testing.T) {
	c := onPoints()
	c.Steps = 20
	dir := finished(t, c, 1)
	critic, err := LoadCritic(dir, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer critic.Close()
	const n = criticBatch + 3
	points := make([]float32, 2*n)
	set, _ := PointSetOf(c.Data)
	set.Draw(5, 0, n, points)
	scores, slopes, err := critic.Judge(points)
	if err != nil || len(scores) != n || len(slopes) != n {
		t.Fatalf("%d scores and %d slopes of %d points, %v", len(scores), len(slopes), n, err)
	}
	file := tensors(t, filepath.Join(dir, checkpointFile))
	at := func(i int, dx, dy float64) float64 {
		return scoreByHand(t, file, []float64{float64(points[2*i]) + dx, float64(points[2*i+1]) + dy})
	}
	for i := range n {
		if want := at(i, 0, 0); !(math.Abs(scores[i]-want) <= 1e-5*(1+math.Abs(want))) {
			t.Errorf("score %d is %v, by hand %v", i, scores[i], want)
		}
		const h = 1e-7 // a kink of the leaky ReLU is rarely so near
		want := math.Hypot((at(i, h, 0)-at(i, -h, 0))/(2*h), (at(i, 0, h)-at(i, 0, -h))/(2*h))
		if !(math.Abs(slopes[i]-want) <= 1e-4*(1+want)) {
			t.Errorf("slope %d is %v, by differences %v", i, slopes[i], want)
		}
	}
	if _, _, err := critic.Judge(points[1:]); err == nil {
		t.Error("half a point is no error")
	}
}

// TestUnreadableCritic checks that a folder without a whole critic is the input's fault, in a line.
func TestUnreadableCritic(t *testing.T) {
	c := onPoints()
	c.Steps = 2
	dir := finished(t, c, 1)
	path := filepath.Join(dir, checkpointFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	generator, err := os.ReadFile(filepath.Join(dir, GeneratorFile))
	if err != nil {
		t.Fatal(err)
	}
	for what, data := range map[string][]byte{
		"cut": whole[:len(whole)/2], "empty": nil, "generator": generator,
	} {
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := LoadCritic(dir, 1)
		if err == nil || !strings.Contains(err.Error(), checkpointFile) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, expected an error of one line that names the file", what, err)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadCritic(dir, 1); err == nil {
		t.Error("a missing checkpoint is no error")
	}
	if _, err := LoadCritic(t.TempDir(), 1); err == nil {
		t.Error("an empty folder is no error")
	}
}
