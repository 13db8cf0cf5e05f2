package cli_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/backbonetest"
)

// transferStudy is a study of a folder in which a small network from scratch, a head on features and
// finetuned networks have images of different sizes.
const transferStudy = `name: few
title: Short runs
data: [%s]
train_sizes: [12]
train: {steps: 2, batch: 4, augment: none, schedule: constant}
methods:
  - name: scratch
    train: {model: "mlp:hidden=8", size: 8, learning_rate: $lr}
    parameters: {lr: [0.001, 0.01]}
  - name: features
    train: {model: mobilenet-v2, backbone: %s, backbone_sha256: %x, size: 32, fit: "crop:share=0.875,chroma=interpolated"}
  - name: finetuned
    train: {model: "mobilenet-v2:norm=frozen", backbone: %[2]s, backbone_sha256: %[3]x, size: 32, transfer: finetune, depth_rate: $rate}
    regularizers: ["l2-sp:0.01", "datagrad:0.01"]
    parameters: {rate: [0.25, 0.5]}
baseline: features
seeds: 1
tuning: {trials: 2, rounds: [1]}
`

// TestStudyOfTransfer runs a study of a pretrained network beside one from scratch, runs it again with
// the weights in another place, where nothing is left to do, and verifies it.
func TestStudyOfTransfer(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Chdir(t.TempDir())
	photos, weights := backbonetest.Photos(t, 12), backbonetest.Write(t, true)
	file, err := os.ReadFile(weights)
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		if err := os.WriteFile("few.yaml", []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write(fmt.Sprintf(transferStudy, photos, weights, sha256.Sum256(file)))
	code, out, errText := run("study", "check", "few.yaml")
	if code != 0 || !strings.Contains(out, "rate") {
		t.Fatalf("check ends with %d: %s%s", code, out, errText)
	}
	code, out, errText = run("study", "run", "few.yaml")
	for _, want := range []string{"finetuned", "features", "all of it, rates by depth 0.", "L2 by cross-validation"} {
		if code != 0 || !strings.Contains(out, want) {
			t.Fatalf("run ends with %d and lacks %q: %s%s", code, want, out, errText)
		}
	}
	before, err := os.ReadFile(filepath.Join("studies", "few", "runs.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if code, out, errText = run("study", "verify", filepath.Join("studies", "few"), "--runs", "3"); code != 0 {
		t.Errorf("verify ends with %d: %s%s", code, out, errText)
	}
	moved := backbonetest.Write(t, true)
	write(fmt.Sprintf(transferStudy, photos, moved, sha256.Sum256(file)))
	if code, out, errText = run("study", "run", "few.yaml"); code != 0 {
		t.Fatalf("the second run ends with %d: %s%s", code, out, errText)
	}
	after, err := os.ReadFile(filepath.Join("studies", "few", "runs.jsonl"))
	if err != nil || string(before) != string(after) {
		t.Errorf("runs were made again with the same weights in another place, %v:\n%s%s", err, before, after)
	}
	unknown := strings.ReplaceAll(fmt.Sprintf(transferStudy, photos, moved, sha256.Sum256(file)), "backbone_sha256: "+fmt.Sprintf("%x, ", sha256.Sum256(file)), "")
	write(unknown)
	if code, _, errText = run("study", "check", "few.yaml"); code != 2 || !strings.Contains(errText, "without backbone_sha256") {
		t.Errorf("a backbone without SHA-256: %d: %s", code, errText)
	}
}
