package train_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/train"
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
	cfg.Data, cfg.TrainSize, cfg.Size, cfg.Fit, cfg.Model = photos(t), 0, 12, "pad", "mlp:hidden=16"
	dir := filepath.Join(t.TempDir(), "run")
	summary, err := train.Run(context.Background(), cfg, train.Options{Dir: dir, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if summary.TestAccuracy < 0.9 || summary.TrainSize+summary.TestImages != 80 {
		t.Errorf("summary %+v", summary)
	}
	again, err := train.Evaluate(dir, train.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	if score := again.Logits.Score(); score.Accuracy() != summary.TestAccuracy || again.Config.Size != 12 || again.Config.Fit != "pad" {
		t.Errorf("evaluated again: accuracy %v, configuration %+v", score.Accuracy(), again.Config)
	}
	m, err := train.Load(filepath.Join(dir, train.ModelFile), 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	warm, err := os.ReadFile(filepath.Join(cfg.Data, "warm", "3.png"))
	if err != nil {
		t.Fatal(err)
	}
	if p, err := m.PredictPicture(warm, false); err != nil || p[1] < 0.5 { // classes in byte order: cold, warm
		t.Errorf("a warm picture is %v, %v", p, err)
	}
	for _, change := range []func(*train.Config){
		func(c *train.Config) { c.Fit = "squeeze" }, func(c *train.Config) { c.Size = 5000 }, func(c *train.Config) { c.Data = "mnist" },
	} {
		bad := cfg
		change(&bad)
		if _, err := train.Run(context.Background(), bad, train.Options{Threads: 1}); !fault.IsInput(err) {
			t.Errorf("%+v: %v, expected the input's fault", bad, err)
		}
	}
}

// TestDigestOfFolder has the same digest whatever the seed, which divides the pictures, and another for other pictures.
func TestDigestOfFolder(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	cfg := small()
	cfg.Data, cfg.TrainSize, cfg.Size = photos(t), 0, 12
	digest := func() string {
		t.Helper()
		d, err := train.DataDigest(context.Background(), cfg, train.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	first := digest()
	if cfg.Seed = 2; digest() != first {
		t.Error("another seed, another digest")
	}
	if err := os.Remove(filepath.Join(cfg.Data, "warm", "3.png")); err != nil {
		t.Fatal(err)
	}
	if digest() == first {
		t.Error("a picture less, the same digest")
	}
}

// TestOldFolder goes on with a run that an older program left: its configuration has the folder's path as it was typed, and its
// checkpoint tells no digest of the pictures.
func TestOldFolder(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	cfg := small()
	pictures, dir := photos(t), filepath.Join(t.TempDir(), "run")
	cfg.Data, cfg.TrainSize, cfg.Size, cfg.Fit, cfg.Model = pictures, 0, 12, "pad", "mlp:hidden=16"
	ctx, cancel := context.WithCancel(context.Background())
	opt := train.Options{Dir: dir, Threads: 1, Stepped: func(p train.Progress) { cancel() }}
	if err := fit(t, ctx, cfg, opt); !errors.Is(err, train.ErrInterrupted) {
		t.Fatal(err)
	}
	cfg, err := train.FolderConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Data = filepath.Base(pictures)
	text, err := cfg.YAML()
	if err != nil {
		t.Fatal(err)
	}
	checkpoint := filepath.Join(dir, "checkpoint.safetensors")
	data, err := os.ReadFile(checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	f, err := tensorfile.Parse(data)
	if err != nil || f.Metadata["data_digest"] == "" {
		t.Fatalf("metadata %v, %v, expected a data_digest", f.Metadata, err)
	}
	delete(f.Metadata, "data_digest")
	sum := sha256.Sum256(text)
	f.Metadata["config"] = hex.EncodeToString(sum[:])
	var old bytes.Buffer
	if err := tensorfile.Write(&old, f); err != nil {
		t.Fatal(err)
	}
	for path, data := range map[string][]byte{checkpoint: old.Bytes(), filepath.Join(dir, "config.yaml"): text} {
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(filepath.Dir(pictures))
	if err := fit(t, context.Background(), cfg, train.Options{Dir: dir, Resume: true, Threads: 1}); err != nil {
		t.Fatal(err)
	}
	if _, err := train.Evaluate(dir, train.Options{Threads: 1}); err != nil {
		t.Error(err)
	}
}
