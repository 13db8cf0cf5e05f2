package classify_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
)

// TestDamagedMetadata changes a letter of what a checkpoint and a model's file say of themselves:
// the file is called damaged, and neither the configuration nor the images are blamed.
func TestDamagedMetadata(t *testing.T) {
	cfg := small()
	cfg.Steps = 2
	dir := filepath.Join(t.TempDir(), "run")
	if err := fit(t, context.Background(), cfg, classify.Options{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	resume := func() error {
		if err := os.Remove(filepath.Join(dir, "summary.json")); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		saved, err := classify.FolderConfig(dir)
		if err != nil {
			t.Fatal(err)
		}
		return fit(t, context.Background(), saved, classify.Options{Dir: dir, Resume: true})
	}
	open := func() error {
		_, err := classify.OpenRun(t.Context(), dir, classify.Options{Threads: 1})
		return err
	}
	load := func() error {
		m, err := classify.Load(filepath.Join(dir, classify.ModelFile), 1, 1)
		if err == nil {
			m.Close()
		}
		return err
	}
	for _, c := range []struct {
		file, before string
		use          func() error
	}{
		{classify.ModelFile, `\"model\":\"`, open},
		{classify.ModelFile, `\"model\":\"`, load},
		{classify.ModelFile, `\"data_digest\":\"`, load},
		{classify.ModelFile, `\"data\":\"`, open},
		{classify.ModelFile, `"gradre`, open},
		{classify.ModelFile, `"gradre`, load},
		{classify.ModelFile, `\"height\":2`, load},
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
