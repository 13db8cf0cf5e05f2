package classify_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
)

// savedRun returns the folder of a run of some steps.
func savedRun(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	cfg := small()
	cfg.Steps = 3
	if err := fit(t, context.Background(), cfg, classify.Options{Dir: dir, Threads: 1}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// endless gives the same byte for ever.
type endless struct{ first []byte }

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.first)
	e.first = e.first[n:]
	for i := n; i < len(p); i++ {
		p[i] = 'x'
	}
	return len(p), nil
}

// TestReadModel loads one model from a file, bytes, a stream and a file system: all answer alike. What
// is cut off, longer, endless or no model is the input's fault.
func TestReadModel(t *testing.T) {
	path := filepath.Join(savedRun(t), classify.ModelFile)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	img := image.NewGray(image.Rect(0, 0, 28, 28))
	for i := range img.Pix {
		img.Pix[i] = byte(7 * i)
	}
	ask := func(m *classify.SavedModel, err error) []float64 {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		p, err := m.PredictImage(img, false)
		if err != nil {
			t.Fatal(err)
		}
		if direct, err := m.Predict(img.Pix); err != nil || !slices.Equal(direct, p) {
			t.Errorf("an image of the model's own size: %v, as bytes %v (%v)", p, direct, err)
		}
		if _, err := m.PredictImage(nil, false); !fault.IsInput(err) {
			t.Errorf("no image: %v", err)
		}
		return p
	}
	want := ask(classify.Load(path, 1, 1))
	for name, got := range map[string][]float64{
		"bytes":  ask(classify.Parse(data, 2, 1)),
		"stream": ask(classify.Read(bytes.NewBuffer(slices.Clone(data)), 1, 1)),
		"fs":     ask(classify.LoadFS(fstest.MapFS{"m": {Data: data}}, "m", 1, 1)),
	} {
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, expected %v", name, got, want)
		}
	}
	for name, bad := range map[string][]byte{"cut off": data[:len(data)-1], "longer": append(slices.Clone(data), 0), "empty": nil, "none": []byte("a model")} {
		if _, err := classify.Parse(bad, 1, 1); !fault.IsInput(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, first := range map[string][]byte{"from the start": nil, "behind a model": data} {
		if _, err := classify.Read(&endless{slices.Clone(first)}, 1, 1); !fault.IsInput(err) {
			t.Errorf("endless %s: %v", name, err)
		}
	}
	if _, err := classify.LoadFS(fstest.MapFS{}, "m", 1, 1); !errors.Is(err, fs.ErrNotExist) || !fault.IsInput(err) {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := classify.LoadFS(fstest.MapFS{"d/m": {Data: data}}, "d", 1, 1); !fault.IsInput(err) {
		t.Errorf("a folder: %v", err)
	}
}

// TestTop checks the order of the most probable classes, of ties, and bounds of k.
func TestTop(t *testing.T) {
	m := &classify.SavedModel{ModelInfo: classify.ModelInfo{Classes: []string{"a", "b", "c", "d"}}}
	p := []float64{0.1, 0.4, 0.1, 0.4}
	names := func(k int) (out []string) {
		for _, x := range m.Top(p, k) {
			if x.Probability != p[x.Index] || x.Class != m.Classes[x.Index] {
				t.Errorf("%+v", x)
			}
			out = append(out, x.Class)
		}
		return out
	}
	for k, want := range map[int][]string{1: {"b"}, 3: {"b", "d", "a"}, 0: {"b", "d", "a", "c"}, 9: {"b", "d", "a", "c"}} {
		if got := names(k); !slices.Equal(got, want) {
			t.Errorf("the %d most probable are %v, expected %v", k, got, want)
		}
	}
}
