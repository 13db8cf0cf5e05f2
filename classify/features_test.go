package classify_test

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/tensorfile"
)

// TestFeatures computes a model's outputs of its features and the weights of its last layer.
func TestFeatures(t *testing.T) {
	path := filepath.Join(savedRun(t), classify.ModelFile)
	m, err := classify.Load(path, 4, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	f, err := m.Features(1)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	images := make([][]byte, 6) // more than one batch
	for i := range images {
		images[i] = make([]byte, 28*28)
		for p := range images[i] {
			images[i][p] = byte(7*i + 11*p)
		}
	}
	features, logits, err := f.Of(images)
	if err != nil {
		t.Fatal(err)
	}
	if f.Count != 84 || len(features) != 6*84 || len(logits) != 6*10 {
		t.Fatalf("%d features, %d numbers and %d logits, expected 84, 504, 60", f.Count, len(features), len(logits))
	}
	file, err := tensorfile.ReadFile(path, func(tensorfile.Header) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	w, b := file.Tensors["dense2.weight"].F32, file.Tensors["dense2.bias"].F32
	answers, err := m.PredictAll(images)
	if err != nil {
		t.Fatal(err)
	}
	for i := range images {
		var own [10]float32
		for k := range own {
			sum := float64(b[k])
			for j := range 84 {
				sum += float64(features[i*84+j]) * float64(w[j*10+k])
			}
			own[k] = float32(sum)
			if d := math.Abs(sum - float64(logits[i*10+k])); d > 1e-4*(1+math.Abs(sum)) {
				t.Errorf("image %d, class %d: %v from the features, logit %v", i, k, sum, logits[i*10+k])
			}
		}
		for k, p := range assess.Softmax(own[:]) {
			if math.Abs(p-answers[i][k]) > 1e-5 {
				t.Errorf("image %d, class %d: probability %v from the features, %v of the model", i, k, p, answers[i][k])
			}
		}
	}
	if _, _, err := f.Of([][]byte{make([]byte, 3)}); err == nil {
		t.Error("took an image of 3 bytes")
	}
}
