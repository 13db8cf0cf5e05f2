package classify_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/classify/figures"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
)

// addPictures adds pictures of one colour to a class.
func addPictures(t *testing.T, dir string, n int) {
	t.Helper()
	for i := range n {
		picture := image.NewRGBA(image.Rect(0, 0, 14, 14))
		for j := range 14 * 14 {
			picture.SetRGBA(j%14, j/14, color.RGBA{uint8(200 + i), uint8(5*j + i), 40, 255})
		}
		var b bytes.Buffer
		if err := png.Encode(&b, picture); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint("new", i, ".png")), b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// listed returns the files of a part of a run, as its folder says.
func listed(t *testing.T, dir, part string) (files []string) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "pictures.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var p struct{ SHA256, Part, Class, File string }
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil || len(p.SHA256) != 64 || !strings.HasPrefix(p.File, p.Class+"/") {
			t.Fatalf("%s, %v", lines.Text(), err)
		}
		if p.Part == part {
			files = append(files, p.File)
		}
	}
	return files
}

// photoRun trains on a folder.
func photoRun(t *testing.T, pictures string, change func(*classify.Config)) (dir string, s classify.Summary) {
	t.Helper()
	cfg := small()
	cfg.Data, cfg.TrainSize, cfg.Size, cfg.Model = dataset.ParseSource(pictures), 0, 12, model.ParseSpec("mlp:hidden=16")
	change(&cfg)
	dir = filepath.Join(t.TempDir(), "run")
	s, err := classify.Run(context.Background(), cfg, classify.Options{Dir: dir, Threads: 1, Draw: figures.Draw})
	if err != nil {
		t.Fatal(err)
	}
	return dir, s
}

// examined evaluates a run and returns the errors that it makes, of how many, and the notes.
func examined(t *testing.T, dir string) (errors, of int, notes string) {
	t.Helper()
	s, err := classify.Examine(t.Context(), dir, classify.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	training, err := s.Training(t.Context())
	if err != nil || training.Len() == 0 {
		t.Errorf("%d training images, %v", training.Len(), err)
	}
	score := s.Logits.Score()
	return score.Errors, score.Images, strings.Join(s.Notes, "\n")
}

// TestPicturesAdded evaluates a run whose folder has got more pictures, and then lost some: on the
// test pictures that it had, never on one that it was trained on.
func TestPicturesAdded(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	pictures := photos(t)
	dir, s := photoRun(t, pictures, func(*classify.Config) {})
	if n, of, notes := examined(t, dir); n != s.TestErrorCount || of != s.TestImages || notes != "" {
		t.Errorf("as it was: %d errors of %d, %q", n, of, notes)
	}
	addPictures(t, filepath.Join(pictures, "warm"), 20) // of which some are test pictures now
	n, of, notes := examined(t, dir)
	if n != s.TestErrorCount || of != s.TestImages || !strings.Contains(notes, fmt.Sprintf("all %d of its test pictures", of)) || !strings.Contains(notes, "all 64") {
		t.Errorf("pictures added: %d errors of %d, expected %d of %d; %s", n, of, s.TestErrorCount, s.TestImages, notes)
	}
	tests := listed(t, dir, "test")
	if len(tests) != s.TestImages || len(listed(t, dir, "train")) != s.TrainSize {
		t.Errorf("lists %d test pictures and %d for training, expected %d and %d", len(tests), len(listed(t, dir, "train")), s.TestImages, s.TrainSize)
	}
	if err := os.Remove(filepath.Join(pictures, tests[0])); err != nil {
		t.Fatal(err)
	}
	if _, of, notes := examined(t, dir); of != s.TestImages-1 || !strings.Contains(notes, fmt.Sprintf("the %d that are left of %d", of, s.TestImages)) {
		t.Errorf("a test picture removed: %d left, %s", of, notes)
	}
	for _, name := range tests[1:] {
		if err := os.Remove(filepath.Join(pictures, name)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := classify.Examine(t.Context(), dir, classify.Options{Threads: 1}); !fault.IsInput(err) || !strings.Contains(err.Error(), "none of the") {
		t.Errorf("all test pictures removed: %v", err)
	}
}

// TestPicturesAddedOld does so with a run of an earlier program, which wrote down no pictures and
// divided by content alone.
func TestPicturesAddedOld(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	pictures := photos(t)
	dir, s := photoRun(t, pictures, func(c *classify.Config) { c.Division = "by-content" })
	config, err := os.ReadFile(filepath.Join(dir, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	old := strings.Replace(string(config), "division: by-content\n", "", 1)
	if old == string(config) {
		t.Fatalf("the configuration does not say the division:\n%s", config)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(old), 0o666); err != nil {
		t.Fatal(err)
	}
	trained := map[string]bool{}
	for _, name := range listed(t, dir, "train") {
		trained[name] = true
	}
	if err := os.Remove(filepath.Join(dir, "pictures.jsonl")); err != nil {
		t.Fatal(err)
	}
	addPictures(t, filepath.Join(pictures, "warm"), 20)
	subject, err := classify.Examine(t.Context(), dir, classify.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer subject.Close()
	if len(subject.Notes) != 1 || !strings.Contains(subject.Notes[0], "does not say") || subject.Test.Len() <= s.TestImages {
		t.Errorf("%d test pictures of %d, %q", subject.Test.Len(), s.TestImages, subject.Notes)
	}
	for _, k := range subject.Test.Index {
		if trained[subject.Test.Files[k]] {
			t.Errorf("tested on %s, which it was trained on", subject.Test.Files[k])
		}
	}
}

// TestColourAmongGrey evaluates a run of grey pictures to which one in colour was added: the
// model's images stay grey.
func TestColourAmongGrey(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	pictures := photos(t)
	files, err := filepath.Glob(filepath.Join(pictures, "*", "*.png"))
	if err != nil {
		t.Fatal(err)
	}
	for i, path := range files {
		picture := image.NewGray(image.Rect(0, 0, 14, 14))
		for j := range picture.Pix {
			picture.Pix[j] = byte(i*j + i)
		}
		var b bytes.Buffer
		if err := png.Encode(&b, picture); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	dir, s := photoRun(t, pictures, func(*classify.Config) {})
	addPictures(t, filepath.Join(pictures, "warm"), 1)
	if n, of, _ := examined(t, dir); n != s.TestErrorCount || of != s.TestImages {
		t.Errorf("%d errors of %d, expected %d of %d", n, of, s.TestErrorCount, s.TestImages)
	}
}

// TestOtherFolder tests a run on pictures of another folder: classes by name, what is no class or
// no picture said, and pictures that it was trained on, too.
func TestOtherFolder(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	pictures := photos(t)
	dir, _ := photoRun(t, pictures, func(c *classify.Config) { c.Fit = "pad" })
	other := t.TempDir()
	for _, name := range []string{"warm", "green"} {
		if err := os.Mkdir(filepath.Join(other, name), 0o777); err != nil {
			t.Fatal(err)
		}
		addPictures(t, filepath.Join(other, name), 6)
	}
	data, err := os.ReadFile(filepath.Join(pictures, listed(t, dir, "train")[0]))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"warm/seen.png": data, "warm/damaged.png": data[:50]} {
		if err := os.WriteFile(filepath.Join(other, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	o, err := classify.OpenRunOn(context.Background(), dir, other, classify.Options{Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	s, err := o.Examine()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	notes := strings.Join(s.Notes, "\n")
	for _, want := range []string{"tested on 7 pictures", "green is no class", "cold there are no pictures", "1 picture cannot be read: ", "damaged.png", "trained on 1 of the 7 pictures"} {
		if !strings.Contains(notes, want) {
			t.Errorf("%q is not among the notes\n%s", want, notes)
		}
	}
	for _, y := range s.Logits.Labels {
		if s.Classes[y] != "warm" {
			t.Errorf("a picture is of class %s", s.Classes[y])
		}
	}
	m, err := classify.Load(filepath.Join(dir, classify.ModelFile), 1, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for i, k := range s.Test.Index {
		picture, err := os.ReadFile(filepath.Join(other, filepath.FromSlash(s.Test.Files[k])))
		if err != nil {
			t.Fatal(err)
		}
		p, err := m.PredictPicture(picture, false)
		if err != nil || (p[1] > p[0]) != s.Logits.Right()[i] {
			t.Errorf("%s: predicted %v, but right is %v, %v", s.Test.Files[k], p, s.Logits.Right()[i], err)
		}
	}
	if _, err := classify.OpenRunOn(context.Background(), dir, filepath.Join(other, "green"), classify.Options{}); !fault.IsInput(err) {
		t.Errorf("a folder without classes: %v", err)
	}
}

// TestTitles checks that the pictures of runs that differ in one setting have different titles.
func TestTitles(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	pictures, seen := photos(t), map[string]bool{}
	for _, change := range []func(*classify.Config){
		func(c *classify.Config) {}, func(c *classify.Config) { c.Size = 8 }, func(c *classify.Config) { c.Model = model.ParseSpec("mlp:hidden=8") },
		func(c *classify.Config) { c.Regularizers = gradreg.Specs("datagrad:3") }, func(c *classify.Config) { c.Seed = 5 }, func(c *classify.Config) { c.TrainSize = 30 },
	} {
		dir, _ := photoRun(t, pictures, change)
		o, err := classify.OpenRun(t.Context(), dir, classify.Options{Threads: 1})
		if err != nil {
			t.Fatal(err)
		}
		s, err := o.Examine()
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
		if seen[s.Title] || !strings.Contains(s.Title, "photos") {
			t.Errorf("the title %q is that of another run", s.Title)
		}
		if c := figures.Confusion(s.Outcome); c.Title != s.Title || !strings.HasSuffix(figures.Worst(s.Outcome).Title, s.Title) {
			t.Errorf("figures have the titles %q and %q, expected %q", c.Title, figures.Worst(s.Outcome).Title, s.Title)
		}
		seen[s.Title] = true
	}
}
