package classify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
)

// TestDecodeFiles checks that a damaged file among many costs the others nothing, and that pictures
// in a batch are answered as each alone.
func TestDecodeFiles(t *testing.T) {
	cfg := classify.Default()
	cfg.TrainSize, cfg.Steps, cfg.Batch, cfg.EvalEvery, cfg.Model, cfg.Regularizers = 20, 2, 10, 0, model.ParseSpec("mlp:hidden=8"), nil
	dir := t.TempDir()
	if _, err := classify.Run(context.Background(), cfg, classify.Options{Dir: filepath.Join(dir, "run")}); err != nil {
		t.Fatal(err)
	}
	var paths []string
	for i := range 20 {
		picture := image.NewGray(image.Rect(0, 0, 40, 30))
		for j := range picture.Pix {
			picture.Pix[j] = byte(i*j + j/40)
		}
		picture.SetGray(i, i, color.Gray{Y: 255})
		var b bytes.Buffer
		if err := png.Encode(&b, picture); err != nil {
			t.Fatal(err)
		}
		data := b.Bytes()
		if i == 7 {
			data = data[:40]
		}
		paths = append(paths, filepath.Join(dir, fmt.Sprint(i, ".png")))
		if err := os.WriteFile(paths[i], data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	paths = append(paths, filepath.Join(dir, "none.png"), dir)
	m, err := classify.Load(filepath.Join(dir, "run", classify.ModelFile), 8, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	images, errs := m.DecodeFiles(context.Background(), paths, false)
	var good [][]byte
	for i, path := range paths {
		bad := i == 7 || i >= 20
		if (images[i] == nil) != bad || (errs[i] != nil) != bad || bad && (!fault.IsInput(errs[i]) || !strings.Contains(errs[i].Error(), path)) {
			t.Errorf("%s: %d bytes, %v", path, len(images[i]), errs[i])
		}
		if !bad {
			good = append(good, images[i])
		}
	}
	all, err := m.PredictAll(good)
	if err != nil {
		t.Fatal(err)
	}
	single, err := classify.Load(filepath.Join(dir, "run", classify.ModelFile), 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer single.Close()
	for i := range good {
		if alone, err := single.Predict(good[i]); err != nil || !slices.Equal(alone, all[i]) {
			t.Errorf("image %d: %v alone, %v in a batch, %v", i, alone, all[i], err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, errs := m.DecodeFiles(ctx, paths[:1], false); !errors.Is(errs[0], context.Canceled) {
		t.Errorf("an ended context: %v", errs[0])
	}
}
