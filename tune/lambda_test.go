package tune_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/train"
	"github.com/gradreg/gradreg/tune"
)

// short is a configuration whose probes take a second together.
func short(regularizers ...string) train.Config {
	cfg := train.Default()
	cfg.TrainSize, cfg.Steps, cfg.Batch, cfg.Regularizers = 100, 160, 20, regularizers
	return cfg
}

// TestLambda checks that the choice is the best of the longest probes, inside what was tried or at a followed edge, the same
// for any number of threads, and that other regularizers and options stay.
func TestLambda(t *testing.T) {
	cfg := short("weight-decay:5e-4", "spectreg:auto,projections=2")
	got, choice, err := tune.Lambda(context.Background(), cfg, tune.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Regularizers[1] != "spectreg:auto,projections=2" {
		t.Errorf("the caller's configuration became %v", cfg.Regularizers)
	}
	if got.Regularizers[0] != "weight-decay:5e-4" || got.Regularizers[1] != choice.Regularizer || !strings.HasSuffix(choice.Regularizer, ",projections=2") || tune.Needed(got) {
		t.Errorf("regularizers %v", got.Regularizers)
	}
	if choice.Cost > 1.95 || choice.Scale <= 0 {
		t.Errorf("cost %v runs, scale %v", choice.Cost, choice.Scale)
	}
	longest := choice.Probes[len(choice.Probes)-1].Steps
	if longest != 60 || choice.Probes[0].Steps != 10 {
		t.Errorf("probes of %d and %d steps, expected 10 and 60", choice.Probes[0].Steps, longest)
	}
	found := false
	for _, p := range choice.Probes {
		if p.Images != 10000 {
			t.Errorf("a probe was judged by %d images", p.Images)
		}
		if p.Steps == longest {
			for _, q := range choice.Probes {
				if q.Lambda == choice.Lambda && q.Steps == longest {
					found = true
					if p.Calibrated < q.Calibrated && p.Accuracy >= q.Accuracy {
						t.Errorf("λ %v is better than the chosen %v", p.Lambda, q.Lambda)
					}
				}
			}
		}
	}
	if !found {
		t.Errorf("the choice %v is none of the longest probes", choice.Lambda)
	}
	_, again, err := tune.Lambda(context.Background(), cfg, tune.Options{Threads: 1})
	if err != nil || !reflect.DeepEqual(again, choice) {
		t.Errorf("with one thread: %+v, %v, with two %+v", again, err, choice)
	}
}

func TestLambdaRefuses(t *testing.T) {
	for _, cfg := range []train.Config{short("datagrad:auto", "spectreg:auto"), short("nothing:auto"), short("datagrad:auto,nokey=1")} {
		if _, _, err := tune.Lambda(context.Background(), cfg, tune.Options{}); !fault.IsInput(err) {
			t.Errorf("%v: %v, expected the input's fault", cfg.Regularizers, err)
		}
	}
	plain := short("datagrad:1")
	if got, choice, err := tune.Lambda(context.Background(), plain, tune.Options{}); err != nil || choice != nil || !reflect.DeepEqual(got, plain) {
		t.Errorf("without auto: %v, %v, %v", got, choice, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := tune.Lambda(ctx, short("datagrad:auto"), tune.Options{}); !errors.Is(err, train.ErrInterrupted) {
		t.Errorf("cancelled: %v", err)
	}
}
