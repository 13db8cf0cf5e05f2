package evaluation_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/evaluation"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
)

// picture writes a picture of random stripes in a tint.
func picture(t *testing.T, path string, tint uint8, r *rand.Rand) {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, 20, 20))
	for i := range 400 {
		m.SetRGBA(i%20, i/20, color.RGBA{tint, uint8(r.IntN(255)), 255 - tint, 255})
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestSizes compares runs of one folder that make images of different sizes, and refuses those of
// other test pictures, and sizes that mean nothing, before any model does anything.
func TestSizes(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	photos, r := filepath.Join(t.TempDir(), "photos"), rand.New(rand.NewPCG(1, 1))
	for i := range 40 {
		picture(t, filepath.Join(photos, "warm", fmt.Sprint(i, ".png")), 180, r)
		picture(t, filepath.Join(photos, "cold", fmt.Sprint(i, ".png")), 80, r)
	}
	run := func(size int, seed uint64) string {
		cfg := classify.Default()
		cfg.Data, cfg.TrainSize, cfg.Size, cfg.Seed = dataset.ParseSource(photos), 0, size, seed
		cfg.Steps, cfg.Batch, cfg.EvalEvery, cfg.Model, cfg.Regularizers = 3, 20, 0, model.ParseSpec("mlp:hidden=8"), nil
		dir := filepath.Join(t.TempDir(), fmt.Sprintf("size%d-seed%d", size, seed))
		if _, err := classify.Run(context.Background(), cfg, classify.Options{Dir: dir}); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	small, large, other := run(8, 1), run(12, 1), run(8, 2)
	var parts []string
	o := evaluation.Options{Attack: true, Examination: assess.Examination{LInf: []float64{0.1}}, Begun: func(p string) { parts = append(parts, p) }}
	results, err := evaluation.Evaluate(context.Background(), []string{small, large}, o)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := results[0], results[1]; a.Test.Len() != 16 || b.Paired.Images != 16 || a.Test.Shape == b.Test.Shape || len(a.Notes)+len(b.Notes) != 0 {
		t.Errorf("%d and %d test images of %v and %v, notes %q", a.Test.Len(), b.Test.Len(), a.Test.Shape, b.Test.Shape, a.Notes)
	}
	for i, k := range results[0].Test.Index {
		if a, b := results[0].Test.Files[k], results[1].Test.Files[results[1].Test.Index[i]]; a != b {
			t.Errorf("image %d is %s of one and %s of the other", i, a, b)
		}
	}
	early := func(what string, err error, words string) {
		t.Helper()
		if !fault.IsInput(err) || !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), "--") {
			t.Errorf("%s: %v", what, err)
		}
		for _, p := range parts {
			if !strings.HasSuffix(p, ": test images") {
				t.Errorf("%s: %s was begun before", what, p)
			}
		}
		parts = nil
	}
	parts = nil
	_, err = evaluation.Evaluate(context.Background(), []string{small, other}, o)
	early("another seed", err, "tested on other images")
	o.Examination.LInf = []float64{8}
	_, err = evaluation.Evaluate(context.Background(), []string{small}, o)
	early("ε 8", err, "8/255")
	o.Examination.LInf, o.Examination.L2 = nil, []float64{14}
	_, err = evaluation.Evaluate(context.Background(), []string{large, small}, o) // √(3·8·8) is 13.9
	early("L2 ε", err, "L2 ε is 14, expected at most 13.86")
	o.Examination.L2, o.Examination.Sigmas, o.Noise = nil, []float64{25}, true
	_, err = evaluation.Evaluate(context.Background(), []string{small}, o)
	early("σ 25", err, "σ is 25, expected at most 1")

	// A run that was trained when there were more pictures is compared on those that both know.
	for i := range 10 {
		picture(t, filepath.Join(photos, "warm", fmt.Sprint("more", i, ".png")), 190, r)
	}
	later := run(12, 1)
	results, err = evaluation.Evaluate(context.Background(), []string{small, later}, evaluation.Options{Examination: assess.Examination{Slopes: true}})
	if err != nil {
		t.Fatal(err)
	}
	if n := results[0].Test.Len(); n < 9 || n > 16 || results[1].Paired.Images != n || len(results[0].Notes) == 0 || len(results[1].Notes) == 0 {
		t.Errorf("%d images in common, notes %q and %q", n, results[0].Notes, results[1].Notes)
	}
	var b bytes.Buffer
	if p, err := evaluation.Page(results, ""); err != nil || p.Render(&b) != nil || !strings.Contains(b.String(), "all runs have in common") {
		t.Errorf("the page does not say it, %v", err)
	}

	// Another folder, without the run's own pictures.
	elsewhere := filepath.Join(t.TempDir(), "new")
	for i := range 4 {
		picture(t, filepath.Join(elsewhere, "warm", fmt.Sprint(i, ".png")), 180, r)
	}
	if err := os.Rename(photos, photos+"-moved"); err != nil {
		t.Fatal(err)
	}
	results, err = evaluation.Evaluate(context.Background(), []string{small, large}, evaluation.Options{
		Data: elsewhere, Examination: assess.Examination{Slopes: true}, Pictures: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if a := results[1]; a.Paired.Images != 4 || a.TrainSlopes != nil || len(a.TestSlopes) != 4 || !strings.Contains(strings.Join(a.Notes, " "), "no slopes at training images") {
		t.Errorf("%d images, %d slopes, notes %q", a.Paired.Images, len(a.TrainSlopes), a.Notes)
	}
	b.Reset()
	if p, err := evaluation.Page(results, ""); err != nil || p.Render(&b) != nil || !strings.Contains(p.Summary, "4 test images of new") {
		t.Errorf("the page: %q, %v", p.Summary, err)
	}
	if err := evaluation.WritePictures(t.TempDir(), results); err != nil {
		t.Error(err)
	}
}
