package classify_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/classify/figures"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/model"
)

// photos writes a folder of two classes of pictures of several sizes, reddish and bluish.
func photos(t *testing.T) string {
	t.Helper()
	r, dir := rand.New(rand.NewPCG(1, 2)), filepath.Join(t.TempDir(), "photos")
	for class, tint := range map[string]color.RGBA{"warm": {200, 60, 40, 255}, "cold": {40, 60, 200, 255}} {
		if err := os.MkdirAll(filepath.Join(dir, class), 0o777); err != nil {
			t.Fatal(err)
		}
		for i := range 40 {
			picture := image.NewRGBA(image.Rect(0, 0, 10+r.IntN(20), 10+r.IntN(20)))
			for j := range picture.Pix {
				picture.Pix[j] = byte(min(int([]uint8{tint.R, tint.G, tint.B, 255}[j%4])+r.IntN(60), 255))
			}
			var data bytes.Buffer
			if err := png.Encode(&data, picture); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, class, fmt.Sprint(i, ".png")), data.Bytes(), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// TestFolderOfPictures trains on a folder at a size of its own, evaluates the run again and classifies a picture of another
// size with its model.
func TestFolderOfPictures(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	cfg := small()
	cfg.Data, cfg.TrainSize, cfg.Size, cfg.Fit, cfg.Model = dataset.ParseSource(photos(t)), 0, 12, "pad", model.ParseSpec("mlp:hidden=16")
	dir := filepath.Join(t.TempDir(), "run")
	summary, err := classify.Run(context.Background(), cfg, classify.Options{Dir: dir, Threads: 1, Draw: figures.Draw})
	if err != nil {
		t.Fatal(err)
	}
	if summary.TestAccuracy < 0.9 || summary.TrainSize+summary.TestImages != 80 {
		t.Errorf("summary %+v", summary)
	}
	again, err := classify.Evaluate(t.Context(), dir, classify.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if score := again.Logits.Score(); score.Accuracy() != summary.TestAccuracy || again.Config.Size != 12 || again.Config.Fit != "pad" {
		t.Errorf("evaluated again: accuracy %v, configuration %+v", score.Accuracy(), again.Config)
	}
	m, err := classify.Load(filepath.Join(dir, classify.ModelFile), 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	warm, err := os.ReadFile(filepath.Join(cfg.Data.Dir(), "warm", "3.png"))
	if err != nil {
		t.Fatal(err)
	}
	if p, err := m.PredictPicture(warm, false); err != nil || p[1] < 0.5 { // classes in byte order: cold, warm
		t.Errorf("a warm picture is %v, %v", p, err)
	}
	for _, change := range []func(*classify.Config){
		func(c *classify.Config) { c.Fit = "squeeze" }, func(c *classify.Config) { c.Size = 5000 }, func(c *classify.Config) { c.Data = dataset.ParseSource("mnist") },
	} {
		bad := cfg
		change(&bad)
		if _, err := classify.Run(context.Background(), bad, classify.Options{Threads: 1}); !fault.IsInput(err) {
			t.Errorf("%+v: %v, expected the input's fault", bad, err)
		}
	}
}

// TestDigestOfFolder has the same digest whatever the seed, which divides the pictures, and another for other pictures.
func TestDigestOfFolder(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	cfg := small()
	cfg.Data, cfg.TrainSize, cfg.Size = dataset.ParseSource(photos(t)), 0, 12
	digest := func() string {
		t.Helper()
		d, err := classify.DataDigest(context.Background(), cfg, classify.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	first := digest()
	if cfg.Seed = 2; digest() != first {
		t.Error("another seed, another digest")
	}
	if err := os.Remove(filepath.Join(cfg.Data.Dir(), "warm", "3.png")); err != nil {
		t.Fatal(err)
	}
	if digest() == first {
		t.Error("a picture less, the same digest")
	}
}

// TestOldFolder goes on with runs that older programs left: they divided the folder picture by
// picture and did not say how, and the oldest have the folder's path as it was typed, and no digest
// of the pictures in the checkpoint.
func TestOldFolder(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	pictures := photos(t)
	t.Chdir(filepath.Dir(pictures))
	for _, oldest := range []bool{true, false} {
		cfg, dir := small(), filepath.Join(t.TempDir(), "run")
		cfg.Data, cfg.TrainSize, cfg.Size, cfg.Fit, cfg.Model, cfg.Division = dataset.ParseSource(pictures), 0, 12, "pad", model.ParseSpec("mlp:hidden=16"), "by-content"
		whole := filepath.Join(t.TempDir(), "whole")
		if err := fit(t, context.Background(), cfg, classify.Options{Dir: whole, Threads: 1}); err != nil {
			t.Fatal(err)
		}
		stopped(t, cfg, classify.Options{Dir: dir, DataDirs: classify.Few, Threads: 1}, 15)
		cfg, err := classify.FolderConfig(dir)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Division = ""
		if oldest {
			cfg.Data = dataset.ParseSource(filepath.Base(pictures))
		}
		text, err := cfg.YAML()
		if err != nil {
			t.Fatal(err)
		}
		hashed := text
		if !oldest {
			unplaced := cfg
			unplaced.Data = dataset.Source{}
			if hashed, err = unplaced.YAML(); err != nil {
				t.Fatal(err)
			}
		}
		rewrite(t, dir, func(f tensorfile.File) {
			if f.Metadata["data_digest"] == "" {
				t.Fatalf("metadata %v, expected a data_digest", f.Metadata)
			}
			if oldest {
				delete(f.Metadata, "data_digest")
			}
			sum := sha256.Sum256(hashed)
			f.Metadata["config"] = hex.EncodeToString(sum[:])
		})
		if err := os.WriteFile(filepath.Join(dir, "config.yaml"), text, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := goesOn(t, dir); err != nil {
			t.Fatalf("oldest %v: %v", oldest, err)
		}
		if err := evaluated(dir); err != nil {
			t.Errorf("oldest %v: %v", oldest, err)
		}
		if !bytes.Equal(tensors(t, dir), tensors(t, whole)) {
			t.Errorf("oldest %v: other weights than without an interruption", oldest)
		}
	}
}

// tensors returns a model's weights without what its file says of it.
func tensors(t *testing.T, dir string) []byte {
	t.Helper()
	f, err := tensorfile.Parse(weights(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	f.Metadata = nil
	var b bytes.Buffer
	if err := tensorfile.Write(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestPhotoMore evaluates a run though there are other training pictures than it had, and knows the
// test images by their files, whatever size runs make of them.
func TestPhotoMore(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	pictures := photos(t)
	for _, class := range []string{"warm", "cold"} {
		for i := range 40 {
			part := []string{"train", "test"}[i%4/3]
			to := filepath.Join(pictures, part, class)
			if err := os.MkdirAll(to, 0o777); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(filepath.Join(pictures, class, fmt.Sprint(i, ".png")), filepath.Join(to, fmt.Sprint(i, ".png"))); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Remove(filepath.Join(pictures, class)); err != nil {
			t.Fatal(err)
		}
	}
	dirs := map[int]string{12: "", 16: ""}
	digests := map[int]string{}
	for size := range dirs {
		cfg := small()
		cfg.Data, cfg.TrainSize, cfg.Size, cfg.Model = dataset.ParseSource(pictures), 0, size, model.ParseSpec("mlp:hidden=16")
		dirs[size] = filepath.Join(t.TempDir(), "run")
		if _, err := classify.Run(context.Background(), cfg, classify.Options{Dir: dirs[size], Threads: 1}); err != nil {
			t.Fatal(err)
		}
	}
	examine := func(size int) error {
		t.Helper()
		s, err := classify.Examine(t.Context(), dirs[size], classify.Options{Threads: 1})
		if err != nil {
			return err
		}
		defer s.Close()
		digests[size] = s.TestDigest()
		_, err = s.Training(t.Context())
		return err
	}
	for size, dir := range dirs {
		if err := examine(size); err != nil {
			t.Fatal(err)
		}
		if s, err := classify.FolderSummary(dir); err != nil || s.TestDigest != digests[size] || s.TestDigest == "" {
			t.Errorf("summary says the test images %q, expected %q; %v", s.TestDigest, digests[size], err)
		}
	}
	if digests[12] != digests[16] {
		t.Error("another size, other test images")
	}
	more := func(from, to string) {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(pictures, from))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(pictures, to), append(data, 0), 0o666); err != nil { // PNG ends before
			t.Fatal(err)
		}
	}
	more("train/warm/0.png", "train/warm/new.png")
	if err := evaluated(dirs[12]); err != nil {
		t.Errorf("with a training picture more: %v", err)
	}
	before := digests[12]
	if err := examine(12); err != nil || digests[12] != before {
		t.Errorf("with a training picture more: other test images, or no training images: %v", err)
	}
	more("train/warm/1.png", "test/warm/new.png")
	if err := examine(12); err != nil || digests[12] != before {
		t.Errorf("with a test picture more: other test images, or none: %v", err)
	}
	list := filepath.Join(dirs[16], "pictures.jsonl")
	text, err := os.ReadFile(list)
	if err != nil || bytes.Count(text, []byte(`"part":"test"`)) != 20 || !bytes.Contains(text, []byte(`"part":"test","class":"warm","file":"test/warm/3.png"}`)) {
		t.Errorf("the list of pictures: %s, %v", text, err)
	}
	if err := os.WriteFile(list, []byte("?"), 0o666); err != nil {
		t.Fatal(err)
	}
	said(t, evaluated(dirs[16]), "pictures.jsonl: line 1")
	if err := os.Remove(list); err != nil { // a folder that somebody tampered with
		t.Fatal(err)
	}
	said(t, evaluated(dirs[16]), "are not those that "+dirs[16])
	if err := os.Remove(filepath.Join(pictures, "test/warm/3.png")); err != nil {
		t.Fatal(err)
	}
	if err := examine(12); err != nil || digests[12] == before {
		t.Errorf("with a test picture less: the same test images, or none: %v", err)
	}
}
