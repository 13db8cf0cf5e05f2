package gan

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// writePictures writes n pictures of a side, each of another shade, to a folder.
func writePictures(t *testing.T, dir string, first, n, side int) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		m := image.NewRGBA(image.Rect(0, 0, side, side))
		for p := range side * side {
			m.Set(p%side, p/side, color.RGBA{uint8(first + i), uint8(p), uint8(2 * p), 255})
		}
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("%03d.png", i)))
		if err == nil {
			err = png.Encode(f, m)
		}
		if err == nil {
			err = f.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestFolders opens pictures with and without folders for classes.
func TestFolders(t *testing.T) {
	flat, classes := t.TempDir(), t.TempDir()
	writePictures(t, flat, 0, 10, 32)
	writePictures(t, filepath.Join(classes, "a"), 0, 10, 32)
	writePictures(t, filepath.Join(classes, "b"), 100, 10, 32)
	for _, c := range []struct {
		dir                   string
		classes, trains, held int
	}{{flat, 0, 8, 2}, {classes, 2, 16, 4}} {
		cfg := Default()
		cfg.Data, cfg.Batch, cfg.Size = c.dir, 4, 28
		t.Setenv("XDG_CACHE_HOME", t.TempDir())
		d, err := OpenData(context.Background(), &cfg, RunOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Classes) != c.classes || d.Train.Len() != c.trains || d.HeldOutLen() != c.held {
			t.Errorf("%d classes, %d and %d images, expected %+v", len(d.Classes), d.Train.Len(), d.HeldOutLen(), c)
		}
		samples := make([]float32, 4*3*28*28)
		d.Fill(0, 4, samples)
		for _, v := range samples {
			if v < -1 || v > 1 {
				t.Fatalf("found %v, expected −1 … 1", v)
			}
		}
	}
}

// TestDigits opens the digits in the program, plain and stacked.
func TestDigits(t *testing.T) {
	for data, channels := range map[string]int{"mnist": 1, "stacked:mnist": 3} {
		cfg := Default()
		cfg.Data, cfg.Batch = data, 4
		d, err := OpenData(context.Background(), &cfg, RunOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Classes) != 10 || d.Shape[0] != channels {
			t.Errorf("%s: %d classes, shape %v, expected 10, %d channels", data, len(d.Classes), d.Shape, channels)
		}
	}
}

// TestFewImages checks that the batch that nobody has named is no larger than there are training
// images, but where images are drawn with replacement, and that a named one is refused.
func TestFewImages(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	folder := t.TempDir()
	writePictures(t, folder, 0, 30, 28)
	for _, c := range []struct {
		data        string
		size, batch int
	}{
		{folder, 0, 24}, {folder, 3, 3}, {"mnist", 3, 3}, {"mnist", 0, 64}, {"stacked:mnist", 3, 64},
		{"gaussians-8", 0, 128},
	} {
		cfg := DefaultFor(c.data)
		cfg.TrainSize = c.size
		d, err := OpenData(t.Context(), &cfg, RunOptions{})
		if err != nil {
			t.Errorf("%s, %d images: %v", c.data, c.size, err)
			continue
		}
		if cfg.Batch != c.batch {
			t.Errorf("%s, %d images: batches of %d, expected %d", c.data, c.size, cfg.Batch, c.batch)
		}
		d.Fill(3, cfg.Batch, make([]float32, cfg.Batch*d.size()))
	}
	cfg := DefaultFor("mnist")
	cfg.TrainSize, cfg.Batch = 3, 4
	if _, err := OpenData(t.Context(), &cfg, RunOptions{}); err == nil {
		t.Error("a batch of 4 of 3 images is taken")
	}
}
