package classify_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/tensorfile"
)

// ownDigits writes files that are named and made like MNIST's: 120 training and 30 test images of
// noise.
func ownDigits(t *testing.T, dir string, seed uint64) string {
	t.Helper()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(seed, 0))
	for part, n := range map[string]int{"train": 120, "t10k": 30} {
		images, labels := make([]byte, n*784), make([]byte, n)
		for i := range labels {
			labels[i] = byte(i % 10)
			for p := range 784 {
				images[i*784+p] = byte(r.IntN(200)) + 5*labels[i]
			}
		}
		for name, words := range map[string][]uint32{"-images-idx3-ubyte": {0x803, uint32(n), 28, 28}, "-labels-idx1-ubyte": {0x801, uint32(n)}} {
			var b bytes.Buffer
			binary.Write(&b, binary.BigEndian, words)
			if b.Write(images); len(words) == 2 {
				b.Truncate(8)
				b.Write(labels)
			}
			if err := os.WriteFile(filepath.Join(dir, part+name), b.Bytes(), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// goesOn goes on with a run as its folder says.
func goesOn(t *testing.T, dir string, dirs ...string) error {
	t.Helper()
	cfg, err := classify.FolderConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	return fit(t, context.Background(), cfg, classify.Options{Dir: dir, Resume: true, Threads: 1, DataDirs: dirs})
}

// said fails unless an error is the input's fault, in one line with all of the words.
func said(t *testing.T, err error, words ...string) {
	t.Helper()
	if !fault.IsInput(err) || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v, expected one line that is the input's fault", err)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%v, expected it to say %q", err, w)
		}
	}
}

// TestResumeNamed goes on with the images that a run began with, wherever it is told to look, or
// not at all.
func TestResumeNamed(t *testing.T) {
	own, other := ownDigits(t, filepath.Join(t.TempDir(), "own"), 1), ownDigits(t, filepath.Join(t.TempDir(), "other"), 2)
	whole := filepath.Join(t.TempDir(), "whole")
	if err := fit(t, context.Background(), small(), classify.Options{Dir: whole, Threads: 1, DataDirs: []string{own}}); err != nil {
		t.Fatal(err)
	}
	begin := func(dirs ...string) string {
		t.Helper()
		dir := filepath.Join(t.TempDir(), "run")
		stopped(t, small(), classify.Options{Threads: 1, Dir: dir, DataDirs: dirs}, 15)
		return dir
	}
	same := func(name, dir string) {
		t.Helper()
		if !bytes.Equal(weights(t, dir), weights(t, whole)) {
			t.Errorf("%s: other weights than without an interruption", name)
		}
	}
	for name, dirs := range map[string][2][]string{
		"told nothing":                    {{own}, nil},
		"in an environment's, and not":    {{own, ""}, {"", ""}},
		"another environment's":           {{own, ""}, {other, ""}},
		"told the same":                   {{own}, {own}},
		"not in the folder it is told of": {{filepath.Dir(own), own}, {own}},
	} {
		dir := begin(dirs[0]...)
		if err := goesOn(t, dir, dirs[1]...); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		same(name, dir)
	}
	said(t, goesOn(t, begin(own), other), "the images of mnist in "+other+" are not those in "+own, "SHA-256")
	said(t, goesOn(t, begin(own), t.TempDir()), "not found")

	// The files have moved: the embedded ones are others, and those at the new place are known.
	dir := begin(own)
	moved := filepath.Join(t.TempDir(), "moved")
	if err := os.Rename(own, moved); err != nil {
		t.Fatal(err)
	}
	said(t, goesOn(t, dir), "the images of mnist are not those in "+own)
	said(t, goesOn(t, dir, other, ""), "are not those in "+own)
	if err := goesOn(t, dir, moved); err != nil {
		t.Fatal(err)
	}
	same("moved", dir)

	// The finished run is evaluated on its images, too.
	said(t, evaluated(dir), "are not those in "+own)
	if err := evaluated(dir, moved); err != nil {
		t.Error(err)
	}
	if err := os.Rename(moved, own); err != nil {
		t.Fatal(err)
	}
	if err := evaluated(dir); err != nil {
		t.Error(err)
	}

	// Changed where they lie.
	dir = begin(own)
	ownDigits(t, own, 3)
	said(t, goesOn(t, dir), "the images of mnist in "+own+" are not any more those that "+dir)
}

func evaluated(dir string, dirs ...string) error {
	_, err := classify.Evaluate(context.Background(), dir, classify.Options{Threads: 1, DataDirs: dirs})
	return err
}

// TestResumePublished goes on with the embedded digits where an environment has come to name
// others; and a configuration on published images is that of earlier versions.
func TestResumePublished(t *testing.T) {
	other, dir := ownDigits(t, filepath.Join(t.TempDir(), "other"), 2), filepath.Join(t.TempDir(), "run")
	stopped(t, small(), classify.Options{Threads: 1, Dir: dir}, 15)
	text, err := os.ReadFile(filepath.Join(dir, "config.yaml"))
	if err != nil || strings.Contains(string(text), "data_dir") || strings.Contains(string(text), "division") {
		t.Errorf("the configuration of a run on published images: %s, %v", text, err)
	}
	said(t, goesOn(t, dir, other), "the images of mnist in "+other+" are not those that "+dir)
	if err := goesOn(t, dir, other, ""); err != nil {
		t.Fatal(err)
	}
	if err := evaluated(dir, other, ""); err != nil {
		t.Error(err)
	}
	whole := filepath.Join(t.TempDir(), "whole")
	if err := fit(t, context.Background(), small(), classify.Options{Dir: whole, Threads: 1}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(weights(t, dir), weights(t, whole)) {
		t.Error("other weights than without an interruption")
	}
}

// TestOldNamed goes on with a run of an earlier version, which tells no digest and no place, as
// that did: with what is found.
func TestOldNamed(t *testing.T) {
	own, dir := ownDigits(t, filepath.Join(t.TempDir(), "own"), 1), filepath.Join(t.TempDir(), "run")
	stopped(t, small(), classify.Options{Threads: 1, Dir: dir, DataDirs: []string{own}}, 15)
	cfg, err := classify.FolderConfig(dir)
	if err != nil || cfg.DataDir != own {
		t.Fatalf("recorded the folder %q, expected %q; %v", cfg.DataDir, own, err)
	}
	cfg.DataDir = ""
	text, err := cfg.YAML()
	if err != nil {
		t.Fatal(err)
	}
	rewrite(t, dir, func(f tensorfile.File) {
		if f.Metadata["data_digest"] == "" {
			t.Fatalf("metadata %v, expected a data_digest", f.Metadata)
		}
		delete(f.Metadata, "data_digest")
	})
	if err := os.WriteFile(filepath.Join(dir, "config.yaml"), text, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := goesOn(t, dir, own); err != nil {
		t.Error(err)
	}
}

// TestOwnFilesAreSaid tells of files that are not the published ones, at the start and in the
// summary.
func TestOwnFilesAreSaid(t *testing.T) {
	own, dir := ownDigits(t, filepath.Join(t.TempDir(), "own"), 1), filepath.Join(t.TempDir(), "run")
	var odd []classify.Oddity
	opt := classify.Options{Dir: dir, Threads: 1, DataDirs: []string{own}, Started: func(s classify.Start) { odd = s.Oddities }}
	s, err := classify.Run(context.Background(), small(), opt)
	if err != nil {
		t.Fatal(err)
	}
	if len(odd) == 0 || !strings.Contains(odd[0].Text, "the files of mnist in "+own+" are not the published ones, but made like them: 4 differ") {
		t.Errorf("oddities %v", odd)
	}
	if len(s.OwnFiles) != 4 || s.DataDigest == "" || s.TestDigest == "" {
		t.Errorf("summary: own files %q, digests %q, %q", s.OwnFiles, s.DataDigest, s.TestDigest)
	}
	text, err := os.ReadFile(filepath.Join(dir, "summary.json"))
	var fields map[string]any
	if err != nil || json.Unmarshal(text, &fields) != nil || fields["data_digest"] != s.DataDigest || fields["test_digest"] != s.TestDigest {
		t.Errorf("summary.json: %s, %v", text, err)
	}
	opt.DataDirs, opt.Dir = nil, ""
	if s, err = classify.Run(context.Background(), small(), opt); err != nil || len(s.OwnFiles) != 0 || len(odd) != 0 {
		t.Errorf("the embedded ones: own files %q, oddities %v, %v", s.OwnFiles, odd, err)
	}
}
