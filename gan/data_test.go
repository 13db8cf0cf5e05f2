package gan

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
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

// imageAt returns which of the images of a size in among an image is, -1 if none.
func imageAt(image, among []float32) int {
	k := 0
	for other := range slices.Chunk(among, len(image)) {
		if slices.Equal(image, other) {
			return k
		}
		k++
	}
	return -1
}

// TestStackedImages checks that the channels of stacked images are training images, drawn apart from
// each other: all are equally frequent in each channel, and two channels have the same one as often as
// chance wants. Held-out samples are stacked of held-out images.
func TestStackedImages(t *testing.T) {
	const images, n = 10, 2000
	plain := Default()
	plain.TrainSize, plain.Batch = images, images
	stacked := plain
	stacked.Data = StackedPrefix + plain.Data
	one, err := OpenData(t.Context(), &plain, RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	three, err := OpenData(t.Context(), &stacked, RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	size := one.size()
	among, samples := make([]float32, images*size), make([]float32, n*3*size)
	one.Trained(0, images, among)
	three.Fill(5, n, samples)
	var counts [3][images]int
	same := [3]int{}
	for sample := range slices.Chunk(samples, 3*size) {
		var k [3]int
		for ch := range k {
			if k[ch] = imageAt(sample[ch*size:(ch+1)*size], among); k[ch] < 0 {
				t.Fatal("a channel that is no training image")
			}
			counts[ch][k[ch]]++
		}
		for ch := range k {
			if k[ch] == k[(ch+1)%3] {
				same[ch]++
			}
		}
	}
	expected, spread := float64(n)/images, math.Sqrt(float64(n)/images*(1-1./images))
	for ch := range counts {
		for k, got := range append(counts[ch][:], same[ch]) {
			if math.Abs(float64(got)-expected) > 5*spread {
				t.Errorf("channel %d, number %d: %d of %d, expected %v ± %.1f", ch, k, got, n, expected, spread)
			}
		}
	}
	held := make([]float32, 3*size)
	three.HeldOut(0, 1, held)
	for ch := range 3 {
		if imageAt(held[ch*size:(ch+1)*size], among) >= 0 {
			t.Errorf("channel %d of a held-out sample is a training image", ch)
		}
	}
}

// TestBatchesOfImages checks that each image of a batch is one of the chosen training images as it is,
// or with flip as often its mirror image, that batches differ, and that an epoch has every image once.
func TestBatchesOfImages(t *testing.T) {
	const images, batch, epochs = 24, 8, 12
	for _, flip := range []bool{false, true} {
		c := Default()
		c.TrainSize, c.Batch, c.Flip = images, batch, flip
		d, err := OpenData(t.Context(), &c, RunOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if d.Train.Len() != images {
			t.Fatalf("%d training images, expected %d", d.Train.Len(), images)
		}
		size, side := d.size(), d.Shape[2]
		plain := make([]float32, images*size)
		d.Trained(0, images, plain)
		mirrored := slices.Clone(plain)
		for row := range slices.Chunk(mirrored, side) {
			slices.Reverse(row)
		}
		samples, mirrors := make([]float32, batch*size), 0
		for epoch := range epochs {
			seen := map[int]bool{}
			for turn := range images / batch {
				d.Fill(epoch*images/batch+turn, batch, samples)
				for image := range slices.Chunk(samples, size) {
					k := imageAt(image, plain)
					if k < 0 {
						k = imageAt(image, mirrored)
						mirrors++
					}
					if k < 0 {
						t.Fatalf("flip %v: an image that is none of the training images", flip)
					}
					seen[k] = true
				}
			}
			if len(seen) != images {
				t.Errorf("flip %v: epoch %d has %d images of %d", flip, epoch, len(seen), images)
			}
		}
		if all := images * epochs; !flip && mirrors != 0 || flip && (mirrors < all*3/8 || mirrors > all*5/8) {
			t.Errorf("flip %v: %d of %d images are mirrored", flip, mirrors, all)
		}
	}
}
