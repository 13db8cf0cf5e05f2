package queue

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/study"
	"github.com/gradreg/gradreg/tune"
)

// everything returns all results of a queue by their key, and how many there are of each worker.
func everything(t *testing.T, q *Queue) (study.Results, map[string]int) {
	t.Helper()
	all, workers := study.Results{}, map[string]int{}
	if err := q.Results(t.Context(), column[string](t, q, "SELECT key FROM gradreg_result"), all); err != nil {
		t.Fatal(err)
	}
	for key, r := range all {
		workers[r.Worker]++
		r.Seconds, r.Worker, r.Finished = 0, "", ""
		all[key] = r
	}
	return all, workers
}

// TestSearchGoesOn interrupts a run while it looks for its λ, again and again: no probe is done twice, and what is found is what
// an undisturbed search finds. Another study with the same search has only its run to do.
func TestSearchGoesOn(t *testing.T) {
	t.Parallel()
	s := edited(t, small, "train_sizes: [40]", "train_sizes: [500]", "steps: 30", "steps: 1600", "checkpoint_every: 5", "checkpoint_every: 50", "seeds: 4", "seeds: 1",
		"  - name: spectreg\n    regularizers: [\"spectreg:0.01\"]\n", "",
		"datagrad:$lambda", "datagrad:auto", "    parameters: {lambda: {log: [0.5, 50]}}\n", "")
	quiet := added(t, t.TempDir(), s)
	if status, err := quiet.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 1}); err != nil || status.State != Complete {
		t.Fatalf("%+v, %v", status, err)
	}
	want, _ := everything(t, quiet)
	everywhere(t, func(t *testing.T, place string) {
		q := added(t, place, s)
		for stops := 0; ; stops++ {
			results := func() (n int) {
				q.pool.QueryRow("SELECT count(*) FROM gradreg_result").Scan(&n)
				return n
			}
			before := results()
			ctx, cancel := context.WithCancel(t.Context())
			go func() { // after a new result, while the next run is under way
				defer cancel()
				for ctx.Err() == nil && (stops > 4 || results() <= before) {
					time.Sleep(2 * time.Millisecond)
				}
			}()
			status, err := open(t, place).Work(ctx, s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 1})
			cancel()
			if err == nil && status.State == Complete {
				break
			}
			if !errors.Is(err, classify.ErrInterrupted) {
				t.Fatalf("%+v, %v", status, err)
			}
		}
		got, workers := everything(t, q)
		equal(t, got, want)
		if len(workers) < 4 {
			t.Errorf("results by worker: %v, expected some of each", workers)
		}
		if n := count(t, q, "gradreg_checkpoint"); n != 0 {
			t.Errorf("%d checkpoints are left", n)
		}
		for _, r := range got {
			if probes := len(got) - 2; r.Note != "" && probes < 7 {
				t.Errorf("%d probes: %s", probes, r.Note)
			}
		}
	})
}

// TestForeignRun lays the configuration of another run, with a λ of its own, where a run that finds
// its own begins: it is not believed, and what is found is what an undisturbed study finds.
func TestForeignRun(t *testing.T) {
	t.Parallel()
	s := edited(t, small, "seeds: 4", "seeds: 1", "  - name: spectreg\n    regularizers: [\"spectreg:0.01\"]\n", "",
		"datagrad:$lambda", "datagrad:auto", "    parameters: {lambda: {log: [0.5, 50]}}\n", "")
	quiet := added(t, t.TempDir(), s)
	if status, err := quiet.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 1}); err != nil || status.State != Complete {
		t.Fatalf("%+v, %v", status, err)
	}
	want, _ := everything(t, quiet)
	p, err := s.Progress(nil)
	if err != nil {
		t.Fatal(err)
	}
	place := t.TempDir()
	q := added(t, place, s)
	laid := 0
	for _, c := range p.Cells {
		for _, r := range c.Final {
			if !tune.Needed(r.Config) {
				continue
			}
			laid++
			other := r.Config
			other.Seed += 100
			other.Regularizers = gradreg.Specs("datagrad:1234")
			other.Choices = []classify.Choice{{Regularizer: gradreg.ParseSpec("datagrad:1234"), Lambda: 1234}}
			text, err := other.YAML()
			dir := filepath.Join(place, "runs", r.Key)
			if err := errors.Join(err, os.MkdirAll(dir, 0o755), os.WriteFile(filepath.Join(dir, "config.yaml"), text, 0o644)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if laid != 1 {
		t.Fatalf("%d runs find their λ", laid)
	}
	log, said := heard()
	status, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 1, Log: log})
	if err != nil || status.State != Complete {
		t.Fatalf("%+v, %v", status, err)
	}
	got, _ := everything(t, q)
	equal(t, got, want)
	if text := said(); !strings.Contains(text, "holds another run: its seed is ") {
		t.Errorf("said %q", text)
	}
}
