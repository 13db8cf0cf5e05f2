package tune_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/tune"
)

// TestMemory interrupts a search in the middle of a probe, over and over: what is known is not done again, what is begun goes on,
// and the choice is that of an undisturbed search. What is damaged is done again.
func TestMemory(t *testing.T) {
	cfg := shorter("dropout:auto", "weight-decay:5e-4")
	cfg.Steps, cfg.CheckpointEvery = 1600, 50
	want := find(t, cfg, tune.Options{Threads: 2}, 100, 600)
	parent := filepath.Join(t.TempDir(), "not", "yet")
	var lock sync.Mutex
	done := map[string]int{}
	search := func(stop func(step int) bool) (classify.Config, error) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		memory, err := tune.Remember(ctx, parent, cfg, classify.Options{})
		if err != nil {
			t.Fatal(err)
		}
		probe := func(ctx context.Context, c classify.Config, opt classify.Options) (classify.ProbeResult, error) {
			opt.Stepped = func(p classify.Progress) {
				lock.Lock()
				defer lock.Unlock()
				done[strings.Join(gradreg.Texts(c.Regularizers), " ")]++
				if stop(p.Step) {
					cancel()
				}
			}
			return memory.Probe(ctx, c, opt)
		}
		got, err := tune.Lambda(ctx, cfg, tune.Options{Threads: 1, Probe: probe})
		if err == nil {
			if err := memory.Forget(); err != nil {
				t.Error(err)
			}
		}
		return got, err
	}
	for stops, at := 0, 0; ; stops++ {
		steps := 0
		got, err := search(func(int) bool { steps++; return steps == 170 })
		if err == nil {
			for i := range got.Choices {
				got.Choices[i].Seconds = 0
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("found %+v, expected %+v", got, want)
			}
			if stops < 8 {
				t.Errorf("only %d interruptions", stops)
			}
			break
		}
		if !errors.Is(err, classify.ErrInterrupted) {
			t.Fatal(err)
		}
		if files, err := filepath.Glob(filepath.Join(parent, "*", "*.json")); err != nil || len(files) < at {
			t.Fatalf("%d results, before %d, %v", len(files), at, err)
		} else if at = len(files); at == 2 {
			if err := os.WriteFile(files[0], []byte(`{"images": 3`), 0o666); err != nil {
				t.Fatal(err)
			}
			at, done = 1, map[string]int{} // its steps are taken again
		}
	}
	for what, steps := range done {
		if steps > 700 {
			t.Errorf("%s took %d steps", what, steps)
		}
	}
	if left, err := os.ReadDir(parent); err != nil || len(left) > 0 {
		t.Errorf("%v are left, %v", left, err)
	}
}

// TestMemoryless searches with a memory that cannot be written to.
func TestMemoryless(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	cfg := shorter("dropout:auto")
	memory, err := tune.Remember(t.Context(), file, cfg, classify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tune.Lambda(t.Context(), cfg, tune.Options{Probe: memory.Probe}); err != nil {
		t.Error(err)
	}
	cfg.Data = dataset.ParseSource("nowhere")
	if _, err := tune.Remember(t.Context(), file, cfg, classify.Options{}); err == nil {
		t.Error("data that are nowhere are remembered")
	}
}
