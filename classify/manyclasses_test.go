package classify_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/classify/figures"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/model"
)

// manyClasses is more than a byte can number.
const manyClasses = 300

// shaded returns a picture that tells its class: red and green are those of a grid of 20 by 15.
func shaded(t *testing.T, class, number int) []byte {
	t.Helper()
	picture := image.NewRGBA(image.Rect(0, 0, 8, 8))
	for j := range 64 {
		picture.SetRGBA(j%8, j/8, color.RGBA{
			R: uint8(class % 20 * 13), G: uint8(class / 20 * 18), B: uint8(j + number), A: 255,
		})
	}
	var data bytes.Buffer
	if err := png.Encode(&data, picture); err != nil {
		t.Fatal(err)
	}
	return data.Bytes()
}

// TestManyClasses trains on a folder of 300 classes, evaluates the run again, and predicts: every
// class has a picture, an answer and an accuracy of its own, also those behind the 256th.
func TestManyClasses(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	data := filepath.Join(t.TempDir(), "photos")
	for class := range manyClasses {
		folder := filepath.Join(data, fmt.Sprintf("class%03d", class))
		if err := os.MkdirAll(folder, 0o777); err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprint(i, ".png")), shaded(t, class, i), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	cfg := small()
	cfg.Data, cfg.TrainSize, cfg.Size, cfg.Model = dataset.ParseSource(data), 0, 8, model.ParseSpec("mlp:hidden=64")
	cfg.Regularizers = gradreg.Specs("datagrad:0.01", "confidence:0.01")
	cfg.Steps, cfg.Batch, cfg.LearningRate = 1200, 100, 3e-3
	dir := filepath.Join(t.TempDir(), "run")
	summary, err := classify.Run(context.Background(), cfg, classify.Options{Dir: dir, Threads: 1, Draw: figures.Draw})
	if err != nil {
		t.Fatal(err)
	}
	if summary.TestImages != manyClasses || len(summary.TestClasses) != manyClasses || summary.TestAccuracy < 0.5 {
		t.Errorf("%d test images, %d classes, accuracy %v", summary.TestImages, len(summary.TestClasses), summary.TestAccuracy)
	}
	for k, c := range summary.TestClasses {
		if c.Images != 1 {
			t.Fatalf("class %d has %d test images, expected 1", k, c.Images)
		}
	}
	e, err := classify.Evaluate(t.Context(), dir, classify.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	score := e.Logits.Score()
	if score.Accuracy() != summary.TestAccuracy {
		t.Errorf("accuracy %v, evaluated again %v", summary.TestAccuracy, score.Accuracy())
	}
	m, err := classify.Load(filepath.Join(dir, classify.ModelFile), 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	right := 0
	for class := 256; class < manyClasses; class++ {
		p, err := m.PredictPicture(shaded(t, class, 1), false)
		if err != nil {
			t.Fatal(err)
		}
		best := 0
		for k, v := range p {
			if v > p[best] {
				best = k
			}
		}
		if m.Classes[best] == fmt.Sprintf("class%03d", class) {
			right++
		}
	}
	if right < (manyClasses-256)/2 {
		t.Errorf("of %d classes behind the 256th %d are recognized, expected half", manyClasses-256, right)
	}
	// A model of so many classes is tested on another folder, too.
	o, err := classify.OpenRunOn(context.Background(), dir, data, classify.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if got := o.Test().Len(); got != 3*manyClasses {
		t.Errorf("%d pictures of the folder, expected %d", got, 3*manyClasses)
	}
}
