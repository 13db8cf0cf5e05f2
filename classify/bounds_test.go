package classify

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/fault"
)

// allocated returns how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestHugeFiles refuses files that are no longer what the program writes before they are read.
func TestHugeFiles(t *testing.T) {
	cfg, dir := tiny(t)
	grown := t.TempDir()
	copied := func(name string) string {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(grown, name)
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	sparse := func(name string) string {
		path := copied(name)
		if err := os.Truncate(path, 20e9); err != nil {
			t.Skip("this file system has no files of 20 GB: ", err)
		}
		return path
	}
	// A right header of a tensor that is a gigabyte long, and that long.
	model := copied(ModelFile)
	data, err := os.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	n := binary.LittleEndian.Uint64(data)
	header := bytes.Replace(data[8:8+n], []byte(`"shape":[`), []byte(`"shape":[1000,`), 1)
	long := filepath.Join(grown, "long.safetensors")
	if err := os.WriteFile(long, append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header...), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(long, 1<<30); err != nil {
		t.Fatal(err)
	}
	load := func(path string) error {
		m, err := Load(path, 1, 1)
		if err == nil {
			m.Close()
		}
		return err
	}
	for name, c := range map[string]struct {
		read func() error
		want string
	}{
		"model":          {func() error { return load(sparse(ModelFile)) }, "the tensors take"},
		"another tensor": {func() error { return load(long) }, "has shape [1000"},
		"device":         {func() error { return load("/dev/zero") }, "a device, expected a file"},
		"folder":         {func() error { return load(dir) }, "a folder, expected a file"},
		"config":         {func() error { sparse(configFile); _, err := FolderConfig(grown); return err }, "18.63 GiB, expected at most 256 KiB"},
		"summary":        {func() error { sparse(summaryFile); _, err := FolderSummary(grown); return err }, "18.63 GiB, expected at most 16 MiB"},
		"metrics":        {func() error { _, err := ReadMetrics(sparse(metricsFile)); return err }, "18.63 GiB, expected at most 1 GiB"},
		"checkpoint": {func() error {
			again := cfg
			path := sparse(checkpointFile)
			copied(configFile)
			copied(metricsFile)
			os.Remove(filepath.Join(grown, summaryFile))
			_, err := Run(t.Context(), again, Options{Dir: grown, Resume: true, Threads: 1})
			os.Remove(path)
			return err
		}, "the tensors take"},
	} {
		if runtime.GOOS == "windows" && name == "device" {
			continue
		}
		var err error
		bytes := allocated(func() { err = c.read() })
		if !fault.IsInput(err) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, expected %q", name, err, c.want)
		}
		if name != "checkpoint" && bytes > 16<<20 { // which the engine of the run is built for
			t.Errorf("%s: %d bytes were allocated", name, bytes)
		}
	}
}

// TestHugeNumbers refuses numbers of a configuration that do not fit or are none, from a text and from a program.
func TestHugeNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"seed: 18446744073709551616": "seed is",
		"learning_rate: .nan":        "learning_rate is NaN, expected a finite number",
		"lambda_choices: [{regularizer: \"datagrad:1\", lambda: .nan}]":                         "lambda is NaN, expected a finite number",
		"lambda_choices: [{regularizer: \"datagrad:1\", probes: [{lambda: 1, dev_nll: .inf}]}]": "dev_nll is +Inf, expected a finite number",
		"regularizers: !x\n":   "found the tag !x",
		"lambda_choices: !x\n": "found the tag !x",
	} {
		if _, err := ReadConfig(Default(), []byte(text)); !fault.IsInput(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, expected %s", text, err, want)
		}
	}
	nothing := nan
	for _, c := range []Choice{{Lambda: nan}, {Scale: nan}, {Cost: nan}, {Seconds: nan}, {Probes: []ProbeRecord{{Lambda: nan}}}, {Probes: []ProbeRecord{{NLL: &nothing}}}} {
		cfg := Default()
		cfg.Choices = []Choice{c}
		if err := cfg.Validate(); !fault.IsInput(err) || !strings.Contains(err.Error(), "lambda_choices") {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// FuzzReadConfig writes the configuration that a text is, and reads it again as the same.
func FuzzReadConfig(f *testing.F) {
	for _, text := range []string{"regularizers: !x\n", "lambda_choices: [{regularizer: x, lambda: .nan}]", "seed: 18446744073709551616", "\ufeffdata: mnist\r\n", "model: &a [*a]", "steps: 1e3\nregularizers: [\"datagrad:auto\"]"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		cfg, err := ReadConfig(Default(), data)
		if err != nil {
			if !fault.IsInput(err) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%q", err)
			}
			return
		}
		if cfg.Validate() != nil {
			return
		}
		first, err := cfg.YAML()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ReadConfig(Config{}, first)
		if err != nil {
			t.Fatalf("%v\n%s", err, first)
		}
		if second, err := again.YAML(); err != nil || !bytes.Equal(first, second) {
			t.Errorf("%s became %s", first, second)
		}
	})
}
