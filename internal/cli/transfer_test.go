package cli

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/backbonetest"
)

// program runs the program and returns what it printed.
func program(t *testing.T, want int, args ...string) (out, err string) {
	t.Helper()
	var o, e bytes.Buffer
	if code := Main(args, strings.NewReader(""), &o, &e); code != want {
		t.Fatalf("gradreg %s: exit code %d, expected %d: %s", strings.Join(args, " "), code, want, e.String())
	}
	return o.String(), e.String()
}

// TestTransferCommands trains a head on features with one command, and asks its model.
func TestTransferCommands(t *testing.T) {
	photos, weights, cache := backbonetest.Photos(t, 8), backbonetest.Write(t, true), t.TempDir()
	t.Chdir(t.TempDir())
	text, said := program(t, 0, "train", "--data", photos, "--backbone", weights, "--feature-cache", cache)
	run := filepath.Join("runs", filepath.Base(photos)+"-all-features-s1")
	for _, want := range []string{"test accuracy   100.00 %", "1280 features of model.safetensors, L2 ", "run folder      " + run,
		"features of 16 pictures computed, of 0 known"} {
		if !strings.Contains(text, want) {
			t.Errorf("the summary lacks %q: %s", want, text)
		}
	}
	if !strings.Contains(said, "--finetune trains all of the network") || strings.Contains(said, "batch") {
		t.Errorf("it does not say what it does, or speaks of batches: %s", said)
	}
	if text, _ = program(t, 0, "predict", "--run", run, filepath.Join(photos, "red", "1.png")); !strings.Contains(text, ": red ") {
		t.Errorf("predicted %s", text)
	}
	if text, _ = program(t, 0, "eval", run); !strings.Contains(text, "100.00 %") {
		t.Errorf("evaluated %s", text)
	}
	if text, _ = program(t, 0, "runs"); !strings.Contains(text, "head on mobilenet-v2:width=1  L2 ") {
		t.Errorf("listed %s", text)
	}
	for want, args := range map[string][]string{
		"--epochs is about steps of training":     {"--epochs", "3"},
		"--reg is about steps":                    {"--reg", "datagrad:1"},
		"expected one of them: the file says":     {"--model", "lenet"},
		"head_l2 is -1":                           {"--head-l2", "-1"},
		`fit "crop:share=2": share is 2`:          {"--fit", "crop:share=2"},
		"--depth-rate is about steps of training": {"--depth-rate", "0.5"},
		"unknown preprocessing \"torchvison\"":    {"--preprocessing", "torchvison"},
	} {
		_, said := program(t, 2, append([]string{"train", "--data", photos, "--backbone", weights}, args...)...)
		if !strings.Contains(said, want) {
			t.Errorf("%v: %s, expected %q", args, said, want)
		}
	}
	config := filepath.Join(run, "config.yaml")
	if _, said := program(t, 2, "train", "--config", config, "--finetune"); !strings.Contains(said, "of a head on features") {
		t.Errorf("finetuning with the one step of a head: %s", said)
	}
	bare := backbonetest.Write(t, false)
	for _, args := range [][]string{{"train", "--data", photos, "--backbone", bare}, {"embed", photos, "--backbone", bare}} {
		if _, said := program(t, 2, args...); !strings.Contains(said, "(--preprocessing torchvision)") {
			t.Errorf("%v without a preprocessing: %s", args, said)
		}
	}
	if _, said := program(t, 2, "train", "--finetune"); !strings.Contains(said, "expected --backbone FILE with it") {
		t.Errorf("--finetune alone: %s", said)
	}
}

// TestBackbonePicture asks a file of weights what it sees in a picture.
func TestBackbonePicture(t *testing.T) {
	photos, weights := backbonetest.Photos(t, 1), backbonetest.Write(t, true)
	picture := filepath.Join(photos, "red", "0.png")
	text, _ := program(t, 0, "backbone", "show", "--json", weights, "--picture", picture)
	var shown shownBackbone
	if err := json.Unmarshal([]byte(text), &shown); err != nil || len(shown.Answers) != backbonetest.Classes {
		t.Fatalf("%d answers, %v", len(shown.Answers), err)
	}
	sum, last := 0.0, 1.0
	for _, p := range shown.Answers {
		if sum += p.Probability; p.Probability > last || p.Class != "class "+strconv.Itoa(p.Index) {
			t.Errorf("%+v after %v", p, last)
		}
		last = p.Probability
	}
	if math.Abs(sum-1) > 1e-6 || shown.Answers[0].Probability < 0.2 {
		t.Errorf("probabilities %+v", shown.Answers)
	}
	text, _ = program(t, 0, "backbone", "show", weights, "--picture", picture)
	if !strings.Contains(text, "% "+shown.Answers[0].Class+" (") {
		t.Errorf("printed %s", text)
	}
	other, _ := program(t, 0, "backbone", "show", weights, "--picture", picture, "--preprocessing", "torchvision:size=32")
	if other == text {
		t.Error("another preprocessing gives the same answers")
	}
	bare := backbonetest.Write(t, false)
	for want, args := range map[string][]string{
		"(--preprocessing torchvision)":       {bare, "--picture", picture},
		"no such file":                        {weights, "--picture", "nothing.png"},
		"model.safetensors: not a JPEG":       {weights, "--picture", weights},
		"found --preprocessing without --pic": {weights, "--preprocessing", "timm"},
	} {
		if _, said := program(t, 2, append([]string{"backbone", "show"}, args...)...); !strings.Contains(said, want) {
			t.Errorf("%v: %s, expected %q", args, said, want)
		}
	}
}

// TestEmbed compares the forms in which vectors are printed, and what becomes of bad pictures.
func TestEmbed(t *testing.T) {
	photos, weights := backbonetest.Photos(t, 2), backbonetest.Write(t, true)
	dir := t.TempDir()
	embed := func(want int, args ...string) (out, err string) {
		return program(t, want, append([]string{"embed", "--backbone", weights, "--feature-cache", "none"}, args...)...)
	}
	text, _ := embed(0, "--json", photos)
	var list []embedded
	if err := json.Unmarshal([]byte(text), &list); err != nil || len(list) != 4 || len(list[0].Features) != 1280 {
		t.Fatalf("%d vectors, %v", len(list), err)
	}
	text, _ = embed(0, photos)
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) != 5 || len(rows[0]) != 1281 || rows[0][1] != "f0" || rows[0][1280] != "f1279" {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for i, e := range list {
		for j, v := range e.Features {
			if got, err := strconv.ParseFloat(rows[i+1][j+1], 32); err != nil || float32(got) != v || rows[i+1][0] != e.Image {
				t.Fatalf("row %d, number %d: %v of %s, expected %v of %s", i, j, got, rows[i+1][0], v, e.Image)
			}
		}
	}
	out := filepath.Join(dir, "v.npz")
	embed(0, "--out", out, photos)
	z, err := zip.OpenReader(out)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := b.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		head, data, ok := bytes.Cut(b.Bytes(), []byte("\n"))
		if !ok || (len(head)+1)%64 != 0 || !bytes.HasPrefix(head, []byte("\x93NUMPY\x01\x00")) {
			t.Fatalf("%s begins with %q", f.Name, head)
		}
		switch f.Name {
		case "features.npy":
			v := math.Float32frombits(uint32(data[4]) | uint32(data[5])<<8 | uint32(data[6])<<16 | uint32(data[7])<<24)
			if len(data) != 4*4*1280 || v != list[0].Features[1] || !bytes.Contains(head, []byte("'<f4'")) ||
				!bytes.Contains(head, []byte("(4, 1280)")) {
				t.Errorf("%s: %d bytes, %s", f.Name, len(data), head)
			}
		case "files.npy":
			if len(data)%16 != 0 || !bytes.Contains(head, []byte("(4,)")) || rune(data[0]) != rune(list[0].Image[0]) {
				t.Errorf("%s: %d bytes, %s", f.Name, len(data), head)
			}
		}
	}
	bad := filepath.Join(dir, "bad.png")
	if err := os.WriteFile(bad, []byte("no picture"), 0o666); err != nil {
		t.Fatal(err)
	}
	text, said := embed(2, bad, photos)
	if strings.Count(text, "\n") != 5 || !strings.Contains(said, bad) || !strings.Contains(said, "1 picture of 5 cannot be read") {
		t.Errorf("with a bad picture: %s", said)
	}
	if _, said := embed(2, bad); strings.Count(said, bad) != 1 {
		t.Errorf("of one bad picture: %s", said)
	}
	for want, args := range map[string][]string{
		"found no picture in the folder": {dir + "/none"}, "ends in .csv, .json or .npz": {"--out", "v.txt", photos},
		"is no folder": {"--out", filepath.Join(dir, "no", "v.csv"), photos}, "size is -1": {"--size", "-1", photos},
	} {
		os.MkdirAll(dir+"/none", 0o777)
		if _, said := embed(2, args...); !strings.Contains(said, want) {
			t.Errorf("%v: %s, expected %q", args, said, want)
		}
	}
}

// TestFinetuneCommand trains all of a network with one command, which says first how long it takes.
func TestFinetuneCommand(t *testing.T) {
	photos, weights := backbonetest.Photos(t, 8), backbonetest.Write(t, true)
	t.Chdir(t.TempDir())
	text, said := program(t, 0, "train", "--data", photos, "--backbone", weights, "--finetune", "--epochs", "1",
		"--size", "32", "--feature-cache", "none")
	first, _, _ := strings.Cut(said, "\n")
	if !strings.Contains(first, "all of mobilenet-v2 from model.safetensors at 32×32 pixels, 1 epoch; ") ||
		!strings.Contains(first, "about ") {
		t.Errorf("the first line is %q", first)
	}
	if !strings.Contains(text, "mobilenet-v2:width=1,norm=frozen") {
		t.Errorf("the summary is %s", text)
	}
}

// TestFeatureCacheNote checks that features that cannot be kept are spoken of, once.
func TestFeatureCacheNote(t *testing.T) {
	photos, weights := backbonetest.Photos(t, 8), backbonetest.Write(t, true)
	t.Chdir(t.TempDir())
	if err := os.WriteFile("file", nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"train", "--data", photos, "--backbone", weights, "--size", "32"},
		{"train", "--data", photos, "--backbone", weights, "--size", "32", "--finetune", "--epochs", "1"},
		{"embed", photos, "--backbone", weights, "--size", "32"},
	} {
		_, said := program(t, 0, append(args, "--feature-cache", filepath.Join("file", "cache"))...)
		if n := strings.Count(said, "features are not kept: "); n != 1 {
			t.Errorf("%v says %d times that features are not kept: %s", args, n, said)
		}
	}
}
