package classify_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
)

// saved trains a small model and returns its file.
func saved(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	if err := fit(t, context.Background(), small(), classify.Options{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, classify.ModelFile)
}

// TestModelOfManyGoroutines asks one model from many goroutines at once, with one image, with more
// than a batch and with a whole subset: every answer is bit for bit that of a model that is asked
// by nobody else.
func TestModelOfManyGoroutines(t *testing.T) {
	path := saved(t)
	digits, err := dataset.Open(t.Context(), "mnist")
	if err != nil {
		t.Fatal(err)
	}
	test, err := digits.Test()
	if err != nil {
		t.Fatal(err)
	}
	images := make([][]byte, 40)
	for i := range images {
		images[i] = test.Image(i)
	}
	some := dataset.Whole(test)
	some.Index = some.Index[:100]
	for _, threads := range []int{1, 3} {
		m, err := classify.Load(path, 4, threads)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		want, err := m.PredictAll(images)
		if err != nil {
			t.Fatal(err)
		}
		score, err := m.Score(some)
		if err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for worker := range 8 {
			group.Go(func() {
				for round := range 20 {
					i := (7*worker + round) % len(images)
					if got, err := m.Predict(images[i]); err != nil || !slices.Equal(got, want[i]) {
						t.Errorf("%d threads: image %d: %v, %v, expected %v", threads, i, got, err, want[i])
					}
					got, err := m.PredictAll(images[i:])
					if err != nil || !slices.EqualFunc(got, want[i:], slices.Equal) {
						t.Errorf("%d threads: images from %d: %v", threads, i, err)
					}
				}
				if got, err := m.Score(some); err != nil || got != score {
					t.Errorf("%d threads: score %v, %v, expected %v", threads, got, err, score)
				}
			})
		}
		group.Wait()
	}
}

// TestModelClosed closes a model twice, and while it is asked: an answer that is under way is
// right, later ones are an error.
func TestModelClosed(t *testing.T) {
	path := saved(t)
	image := make([]byte, 784)
	for range 20 {
		m, err := classify.Load(path, 1, 2)
		if err != nil {
			t.Fatal(err)
		}
		want, err := m.Predict(image)
		if err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for {
					got, err := m.Predict(image)
					if errors.Is(err, classify.ErrClosed) {
						return
					}
					if err != nil || !slices.Equal(got, want) {
						t.Errorf("%v, %v, expected %v", got, err, want)
						return
					}
				}
			})
		}
		m.Close()
		m.Close()
		group.Wait()
		if _, err := m.Predict(image); !errors.Is(err, classify.ErrClosed) {
			t.Errorf("a closed model answers %v", err)
		}
		if _, err := m.PredictAll(nil); !errors.Is(err, classify.ErrClosed) {
			t.Errorf("a closed model answers %v", err)
		}
	}
}

// TestInterrupted checks that a run which its context ends says so, and why: cancelled or out of
// time, before its first step or later.
func TestInterrupted(t *testing.T) {
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	late, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	for _, ctx := range []context.Context{cancelled, late} {
		err := fit(t, ctx, small(), classify.Options{})
		if !errors.Is(err, classify.ErrInterrupted) || !errors.Is(err, ctx.Err()) || err.Error() != "interrupted" {
			t.Errorf("%v, expected an interruption by %v", err, ctx.Err())
		}
	}
	ctx, tire := context.WithCancelCause(context.Background())
	err := fit(t, ctx, small(), classify.Options{Stepped: func(p classify.Progress) { tire(errTired) }})
	if !errors.Is(err, classify.ErrInterrupted) || !errors.Is(err, context.Canceled) || !errors.Is(err, errTired) {
		t.Errorf("%v, expected an interruption by %v", err, errTired)
	}
}

var errTired = errors.New("tired")

// TestRunNamesTune checks that a library user who leaves λ open is told what finds it.
func TestRunNamesTune(t *testing.T) {
	cfg := small()
	cfg.Regularizers = gradreg.Specs("datagrad:auto,every=2")
	err := fit(t, context.Background(), cfg, classify.Options{})
	if !fault.IsInput(err) || !strings.Contains(err.Error(), "datagrad:auto,every=2") || !strings.Contains(err.Error(), "package tune") {
		t.Errorf("%v", err)
	}
}

// TestLoadErrors checks that a missing file is told apart, and that no number of threads is too
// many.
func TestLoadErrors(t *testing.T) {
	if _, err := classify.Load(filepath.Join(t.TempDir(), "none"), 1, 1); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := classify.Load(filepath.Join(saved(t), "below"), 1, 1); !errors.Is(err, os.ErrNotExist) || !fault.IsInput(err) {
		t.Errorf("a file below a file: %v", err)
	}
	m, err := classify.Load(saved(t), 1, 100000)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if _, err := m.Predict(make([]byte, 784)); err != nil {
		t.Error(err)
	}
}
