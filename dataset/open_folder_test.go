package dataset_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/model"
)

// photos writes a folder of pictures of two classes that can be told apart, and what should not be in it.
func photos(t *testing.T, parts ...string) string {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dir := t.TempDir()
	for k, class := range []string{"blue", "red"} {
		for p, part := range parts {
			for i := range 24 {
				img := image.NewNRGBA(image.Rect(0, 0, 20+i, 40-i))
				for at := range (20 + i) * (40 - i) {
					img.Set(at%(20+i), at/(20+i), color.NRGBA{uint8(150*k + i), uint8(at % 97), uint8(150*(1-k) + 30*p), 255})
				}
				var b bytes.Buffer
				if err := jpeg.Encode(&b, img, nil); err != nil {
					t.Fatal(err)
				}
				writeFile(t, filepath.Join(dir, part, class, string(rune('a'+i))+".JPG"), b.Bytes())
			}
			writeFile(t, filepath.Join(dir, part, class, "half.jpg"), []byte("\xff\xd8\xff\xe0"))
			writeFile(t, filepath.Join(dir, part, class, "Thumbs.db"), []byte("thumbs"))
		}
	}
	return dir
}

func writeFile(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestTrainOnFolder trains on a folder as on a named set, and again with its images from the cache: the same numbers.
func TestTrainOnFolder(t *testing.T) {
	dir := photos(t, "")
	cfg := classify.Default()
	cfg.Data, cfg.TrainSize, cfg.Model, cfg.Augment = dataset.ParseSource(dir), 0, model.ParseSpec("mlp:hidden=16"), "none"
	cfg.Steps, cfg.Batch, cfg.EvalEvery = 60, 8, 0
	var found folder.Report
	first, err := classify.Run(context.Background(), cfg, classify.Options{Found: func(r folder.Report) { found = r }})
	if err != nil {
		t.Fatal(err)
	}
	if first.TestAccuracy < 0.9 || first.TestImages == 0 {
		t.Errorf("accuracy %v on %d test images", first.TestAccuracy, first.TestImages)
	}
	if len(found.Problems) != 2 || found.Decoded != 48 {
		t.Errorf("%d decoded, problems %v", found.Decoded, found.Problems)
	}
	again, err := classify.Run(context.Background(), cfg, classify.Options{Found: func(r folder.Report) { found = r }})
	if err != nil || found.Cached != 48 || again.TestNLL != first.TestNLL {
		t.Errorf("again: NLL %v after %v, %d cached, %v", again.TestNLL, first.TestNLL, found.Cached, err)
	}
}

// TestOpenFolder checks what a folder is as a data set, and that Open makes the same of its name.
func TestOpenFolder(t *testing.T) {
	dir := photos(t, "train", "val", "test")
	d, found, err := dataset.OpenFolder(context.Background(), dir, folder.Options{Size: 16, Cache: dataset.NoCache})
	if err != nil {
		t.Fatal(err)
	}
	training, err := d.Train()
	if err != nil {
		t.Fatal(err)
	}
	official, err := d.Test()
	if err != nil {
		t.Fatal(err)
	}
	if d.Val() == nil || training.Len() != 48 || official.Len() != 48 || d.Val().Len() != 48 || d.Info.Train != 48 || d.Info.Test != 48 {
		t.Errorf("%d, %v and %d images, %+v", training.Len(), d.Val(), official.Len(), d.Info)
	}
	if want := (dataset.Shape{C: 3, H: 16, W: 16}); d.Shape != want || training.Shape != want || len(training.Images) != 48*want.Size() {
		t.Errorf("images of %v, %v, %d bytes", d.Shape, training.Shape, len(training.Images))
	}
	if len(found.Problems) != 6 {
		t.Errorf("problems %v", found.Problems)
	}
	opened, err := dataset.Open(t.Context(), dir)
	if err != nil || opened.Info.Train != 48 || opened.Shape.H != 24 { // the median of 17 … 30, a multiple of 4
		t.Errorf("%+v, %v", opened, err)
	}
	if mnist, err := dataset.Open(t.Context(), "mnist"); err != nil || mnist.Val() != nil {
		t.Errorf("a named set has %v, %v", mnist.Val(), err)
	}
}
