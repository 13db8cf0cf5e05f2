package train_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/train"
)

// TestDamagedMetadata changes a letter of what a checkpoint and a model's file say of themselves:
// the file is called damaged, and neither the configuration nor the images are blamed.
func TestDamagedMetadata(t *testing.T) {
	cfg := small()
	cfg.Steps = 2
	dir := filepath.Join(t.TempDir(), "run")
	if err := fit(t, context.Background(), cfg, train.Options{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	resume := func() error {
		if err := os.Remove(filepath.Join(dir, "summary.json")); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		saved, err := train.FolderConfig(dir)
		if err != nil {
			t.Fatal(err)
		}
		return fit(t, context.Background(), saved, train.Options{Dir: dir, Resume: true})
	}
	open := func() error {
		_, err := train.OpenRun(dir, train.Options{Threads: 1})
		return err
	}
	load := func() error {
		m, err := train.Load(filepath.Join(dir, train.ModelFile), 1, 1)
		if err == nil {
			m.Close()
		}
		return err
	}
	for _, c := range []struct {
		file, before string
		use          func() error
	}{
		{train.ModelFile, `\"model\":\"`, open},
		{train.ModelFile, `\"model\":\"`, load},
		{train.ModelFile, `\"data_digest\":\"`, load},
		{train.ModelFile, `\"data\":\"`, open},
		{train.ModelFile, `"gradre`, open},
		{train.ModelFile, `"gradre`, load},
		{train.ModelFile, `\"height\":2`, load},
		{"checkpoint.safetensors", `"format":"`, resume},
		{"checkpoint.safetensors", `"config":"`, resume},
		{"checkpoint.safetensors", `"data_digest":"`, resume},
		{"checkpoint.safetensors", `"step":"`, resume},
	} {
		path := filepath.Join(dir, c.file)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		at := bytes.Index(whole, []byte(c.before))
		if at < 0 {
			t.Fatalf("%s has no %s", c.file, c.before)
		}
		flipped := bytes.Clone(whole)
		flipped[at+len(c.before)] ^= 1
		if err := os.WriteFile(path, flipped, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := c.use(); !fault.IsInput(err) || !strings.Contains(err.Error(), c.file+": damaged: ") {
			t.Errorf("%s with another letter behind %s: %v", c.file, c.before, err)
		}
		if err := os.WriteFile(path, whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := open(); err != nil {
		t.Error(err)
	}
	if err := resume(); err != nil {
		t.Error(err)
	}
}
