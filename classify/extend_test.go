package classify_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/classify/figures"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/optim"
)

// scheduled is a short run in which everything that depends on the number of steps does, and which is judged on the way.
func scheduled(steps int) classify.Config {
	cfg := small()
	cfg.TrainSize, cfg.Steps, cfg.Schedule = 900, steps, optim.ParseScheduleSpec("cosine:warmup=3")
	cfg.Model, cfg.Augment = model.ParseSpec("mlp:hidden=16,dropout=0.2"), "shift:0.1"
	cfg.Regularizers = gradreg.Specs("datagrad:1,ramp=up", "weight-decay:5e-4", "spectreg:0.03,every=4")
	cfg.EvalEvery = 8
	return cfg
}

// stopped trains until a step.
func stopped(t *testing.T, cfg classify.Config, opt classify.Options, at int) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	opt.Stepped = func(p classify.Progress) {
		if p.Step == at {
			cancel()
		}
	}
	err := fit(t, ctx, cfg, opt)
	if !errors.Is(err, classify.ErrInterrupted) {
		t.Fatalf("interrupted at step %d: %v", at, err)
	}
}

// resumed goes on with the run of a folder.
func resumed(t *testing.T, dir string, opt classify.Options) (classify.Summary, error) {
	t.Helper()
	cfg, err := classify.FolderConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	opt.Dir, opt.Resume, opt.Draw = dir, true, figures.Draw
	return classify.Run(t.Context(), cfg, opt)
}

// must is resumed without an error.
func must(t *testing.T, dir string, opt classify.Options) classify.Summary {
	t.Helper()
	s, err := resumed(t, dir, opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// trained trains a configuration into a new folder.
func trained(t *testing.T, cfg classify.Config) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	if err := fit(t, t.Context(), cfg, classify.Options{Dir: dir, DataDirs: classify.Few}); err != nil {
		t.Fatal(err)
	}
	return dir
}

// alike checks that two run folders have the same weights and metrics.
func alike(t *testing.T, what, got, want string) {
	t.Helper()
	if !bytes.Equal(weights(t, got), weights(t, want)) {
		t.Errorf("%s: other weights", what)
	}
	if a, b := losses(t, got), losses(t, want); !equal(a, b) {
		t.Errorf("%s: metrics %v, expected %v", what, a, b)
	}
}

// repeated trains the configuration of a run folder again.
func repeated(t *testing.T, dir string) string {
	t.Helper()
	cfg, err := classify.FolderConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	return trained(t, cfg)
}

// TestFinish ends a run where it was interrupted: it is evaluated there, says so, and is repeated by its configuration. Later it
// goes on as if nothing had happened, and can be finished again.
func TestFinish(t *testing.T) {
	whole := trained(t, scheduled(40))
	dir := filepath.Join(t.TempDir(), "run")
	stopped(t, scheduled(40), classify.Options{Dir: dir, DataDirs: classify.Few}, 19)
	s := must(t, dir, classify.Options{Finish: true})
	if s.Steps != 19 || s.PlannedSteps != 40 || s.DevAccuracy == nil || s.Extended != nil {
		t.Errorf("finished early: %d of %d steps, dev accuracy %v", s.Steps, s.PlannedSteps, s.DevAccuracy)
	}
	lines, err := classify.ReadMetrics(filepath.Join(dir, "metrics.jsonl"))
	if last := lines[len(lines)-1]; err != nil || last.Step != 19 || last.DevAccuracy == nil || *last.DevAccuracy != *s.DevAccuracy {
		t.Errorf("the last line of metrics is %+v, expected step 19 with the summary's dev accuracy (%v)", last, err)
	}
	alike(t, "repeated", repeated(t, dir), dir)
	if e, err := classify.Evaluate(t.Context(), dir, classify.Options{}); err != nil || e.Logits.Score().Errors != s.TestErrorCount {
		t.Errorf("evaluated again: %v, expected %d errors", err, s.TestErrorCount)
	}

	for what, opt := range map[string]classify.Options{"resumed": {}, "finished again": {Finish: true}, "shortened": {ExtendTo: 39}, "both": {Finish: true, ExtendTo: 50}} {
		if _, err := resumed(t, dir, opt); !fault.IsInput(err) || strings.Contains(err.Error(), "--") {
			t.Errorf("%s: %v, expected the input's fault in words of the library", what, err)
		}
	}
	if got, err := classify.FolderSummary(dir); err != nil || got.Steps != 19 {
		t.Errorf("after what was refused: %+v, %v", got, err)
	}
	if s := must(t, dir, classify.Options{ExtendTo: 40}); s.Steps != 40 || s.PlannedSteps != 0 || s.Extended != nil {
		t.Errorf("gone on: %d of %d steps, extended %v", s.Steps, s.PlannedSteps, s.Extended)
	}
	alike(t, "gone on as planned", dir, whole)

	fresh := filepath.Join(t.TempDir(), "run")
	cfg := scheduled(40)
	cfg.CheckpointEvery = 1000
	stopped(t, cfg, classify.Options{Dir: fresh, DataDirs: classify.Few}, 1)
	if err := os.Remove(filepath.Join(fresh, "checkpoint.safetensors")); err != nil {
		t.Fatal(err)
	}
	if _, err := resumed(t, fresh, classify.Options{Finish: true}); !fault.IsInput(err) {
		t.Errorf("finished without a step: %v", err)
	}
}

// TestExtend gives runs that are finished, interrupted or were finished early more steps, some twice: they say so, are repeated
// by their configuration, also where they are interrupted once more or lose their checkpoint, and are no runs that were planned so.
func TestExtend(t *testing.T) {
	planned := trained(t, scheduled(60))
	for what, begin := range map[string]func(dir string){
		"finished": func(dir string) {
			if err := fit(t, t.Context(), scheduled(40), classify.Options{Dir: dir, DataDirs: classify.Few}); err != nil {
				t.Fatal(err)
			}
		},
		"interrupted": func(dir string) { stopped(t, scheduled(40), classify.Options{Dir: dir, DataDirs: classify.Few}, 25) },
		"finished early": func(dir string) {
			stopped(t, scheduled(40), classify.Options{Dir: dir, DataDirs: classify.Few}, 25)
			must(t, dir, classify.Options{Finish: true})
		},
	} {
		t.Run(what, func(t *testing.T) {
			dir, at := filepath.Join(t.TempDir(), "run"), 25
			begin(dir)
			if what == "finished" {
				at = 40
			}
			want := []classify.Extension{{Planned: 40, At: at}}
			s := must(t, dir, classify.Options{ExtendTo: 60})
			if s.Steps != 60 || s.PlannedSteps != 0 || !slices.Equal(s.Extended, want) {
				t.Errorf("%d of %d steps, extended %v, expected %v", s.Steps, s.PlannedSteps, s.Extended, want)
			}
			if bytes.Equal(weights(t, dir), weights(t, planned)) {
				t.Error("the weights are those of a run that was planned so: the test shows nothing")
			}
			alike(t, "repeated", repeated(t, dir), dir)

			again := filepath.Join(t.TempDir(), "run")
			begin(again)
			cfg, err := classify.FolderConfig(again)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			err = fit(t, ctx, cfg, classify.Options{Dir: again, Resume: true, ExtendTo: 60, Stepped: func(p classify.Progress) {
				if p.Step == 50 {
					cancel()
				}
			}})
			if !errors.Is(err, classify.ErrInterrupted) {
				t.Fatal(err)
			}
			if _, err := classify.FolderSummary(again); err == nil {
				t.Error("the earlier result is still there")
			}
			must(t, again, classify.Options{})
			alike(t, "interrupted once more", again, dir)

			if err := errors.Join(os.Remove(filepath.Join(again, "checkpoint.safetensors")), os.Remove(filepath.Join(again, "summary.json"))); err != nil {
				t.Fatal(err)
			}
			must(t, again, classify.Options{})
			alike(t, "without its checkpoint", again, dir)

			want = append(want, classify.Extension{Planned: 60, At: 60})
			if s := must(t, dir, classify.Options{ExtendTo: 70}); s.Steps != 70 || !slices.Equal(s.Extended, want) {
				t.Errorf("%d steps, extended %v, expected %v", s.Steps, s.Extended, want)
			}
			alike(t, "extended twice and repeated", repeated(t, dir), dir)
			kept := weights(t, dir)
			if err := os.Remove(filepath.Join(dir, "checkpoint.safetensors")); err != nil {
				t.Fatal(err)
			}
			if _, err := resumed(t, dir, classify.Options{ExtendTo: 80}); !fault.IsInput(err) || !bytes.Equal(weights(t, dir), kept) {
				t.Errorf("a finished run without its checkpoint: %v, expected to be refused and kept", err)
			}
			title(t, dir, "70 steps, extended after step")
		})
	}
}

// title checks that the learning curve of a run says something.
func title(t *testing.T, dir, want string) {
	t.Helper()
	if data, err := os.ReadFile(filepath.Join(dir, "curve.svg")); err != nil || !strings.Contains(string(data), want) {
		t.Errorf("curve.svg does not say %q (%v)", want, err)
	}
}

// TestExtendedConfig refuses histories that no run can have.
func TestExtendedConfig(t *testing.T) {
	for what, change := range map[string]func(*classify.Config){
		"a step beyond the plan":    func(c *classify.Config) { c.Extended = []classify.Extension{{Planned: 10, At: 11}} },
		"no more steps than before": func(c *classify.Config) { c.Extended = []classify.Extension{{Planned: 60, At: 11}} },
		"plans that fall": func(c *classify.Config) {
			c.Extended = []classify.Extension{{Planned: 30, At: 5}, {Planned: 20, At: 6}}
		},
		"steps that go back": func(c *classify.Config) {
			c.Extended = []classify.Extension{{Planned: 30, At: 9}, {Planned: 40, At: 6}}
		},
		"a negative step":             func(c *classify.Config) { c.Extended = []classify.Extension{{Planned: 30, At: -1}} },
		"an end before an extension":  func(c *classify.Config) { c.Extended, c.StopAfter = []classify.Extension{{Planned: 30, At: 9}}, 8 },
		"an end behind the last step": func(c *classify.Config) { c.StopAfter = 61 },
		"a negative end":              func(c *classify.Config) { c.StopAfter = -1 },
	} {
		cfg := small()
		change(&cfg)
		if err := cfg.Validate(); !fault.IsInput(err) {
			t.Errorf("%s: %v", what, err)
		}
	}
	cfg := small()
	cfg.StopAfter = cfg.Steps
	if got, err := cfg.Resolved(); err != nil || got.StopAfter != 0 {
		t.Errorf("a run that ends at its end: stop_after %d, %v", got.StopAfter, err)
	}
}
