package queue

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gradreg/gradreg/classify"
)

// tiny makes a study of two runs of a moment.
var tiny = []string{
	"seeds: 4", "seeds: 1",
	"  - name: datagrad\n    regularizers: [\"datagrad:$lambda\"]\n    parameters: {lambda: {log: [0.5, 50]}}\n", "",
	"tuning: {trials: 4, rounds: [0.3, 1], keep: 2}\n", "",
}

// named is a tiny study of another name, and so of other runs.
func named(name, steps string) []string {
	return append([]string{"name: small", "name: " + name, "steps: 30", "steps: " + steps}, tiny...)
}

// allDone checks that a study has all its results.
func allDone(t *testing.T, q *Queue, name string) {
	t.Helper()
	if status, err := q.Status(t.Context(), name); err != nil || status.State != Complete {
		t.Errorf("%s: %+v, %v", name, status, err)
	}
}

// TestServe works on the studies in their order, and ends when nothing is left.
func TestServe(t *testing.T) {
	t.Parallel()
	q := open(t, t.TempDir())
	if err := q.Serve(t.Context(), ServeOptions{WorkOptions: WorkOptions{times: quick, DataDirs: few}, Once: true}); err != nil {
		t.Errorf("without a study: %v", err)
	}
	for name, priority := range map[string]int{"late": 4, "early": 1, "unwanted": 2} {
		if err := q.Add(t.Context(), edited(t, small, named(name, "3"+string(rune('0'+priority)))...), priority); err != nil {
			t.Fatal(err)
		}
	}
	log, said := heard()
	o := ServeOptions{Once: true, WorkOptions: WorkOptions{times: quick, DataDirs: few, Log: log}}
	o.Others = func(name string) bool { return name != "unwanted" }
	if err := q.Serve(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	allDone(t, q, "early")
	allDone(t, q, "late")
	if status, err := q.Status(t.Context(), "unwanted"); err != nil || status.Complete != 0 || status.State != Active {
		t.Errorf("a study that is not wanted: %+v, %v", status, err)
	}
	early, late := strings.Index(said(), "working on early: 0 of 2"), strings.Index(said(), "working on late: 0 of 2")
	if early < 0 || late < early {
		t.Errorf("said %q", said())
	}
}

// TestServeTwo lets two workers serve one database: every study is done, each run once.
func TestServeTwo(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, place string) {
		s := edited(t, small, "seeds: 4", "seeds: 2")
		q := added(t, place, s)
		if err := q.Add(t.Context(), edited(t, small, named("other", "31")...), DefaultPriority); err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		for range 2 {
			wait.Go(func() {
				worker, err := Open(t.Context(), place)
				if err != nil {
					t.Error(err)
					return
				}
				defer worker.Close()
				if err := worker.Serve(t.Context(), ServeOptions{WorkOptions: WorkOptions{times: quick, DataDirs: few}, Once: true}); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		allDone(t, q, s.Name)
		allDone(t, q, "other")
		var most int
		if err := q.pool.QueryRow("SELECT max(attempt) FROM river_job").Scan(&most); err != nil || most != 1 {
			t.Errorf("%d attempts, %v", most, err)
		}
	})
}

// TestServeInterrupted stops a worker in a run: the run goes back to the queue.
func TestServeInterrupted(t *testing.T) {
	t.Parallel()
	s := edited(t, small, append(slices.Clone(tiny), "steps: 30", "steps: 2000000")...)
	q := added(t, t.TempDir(), s)
	ctx, cancel := context.WithCancel(t.Context())
	o := WorkOptions{times: quick, DataDirs: few, Tick: func(status Status) {
		if status.Running > 0 {
			cancel()
		}
	}}
	err := q.Serve(ctx, ServeOptions{WorkOptions: o})
	if !errors.Is(err, classify.ErrInterrupted) || !strings.Contains(err.Error(), "went back to the queue") {
		t.Errorf("%v", err)
	}
	status, err := q.Status(t.Context(), s.Name)
	if err != nil || status.Running != 0 || status.State != Active || status.Failed != 0 {
		t.Errorf("%+v, %v", status, err)
	}
}

// TestServeCancelled cancels the study that a worker works on: the worker leaves it, and goes on
// with the next.
func TestServeCancelled(t *testing.T) {
	t.Parallel()
	place := t.TempDir()
	s := edited(t, small, append(slices.Clone(tiny), "steps: 30", "steps: 2000000")...)
	q, other := added(t, place, s), open(t, place)
	if err := q.Add(t.Context(), edited(t, small, named("next", "31")...), DefaultPriority+1); err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	o := WorkOptions{times: quick, DataDirs: few, Tick: func(status Status) {
		if status.Running > 0 && status.Name == s.Name {
			once.Do(func() {
				if err := other.Cancel(t.Context(), s.Name); err != nil {
					t.Error(err)
				}
			})
		}
	}}
	if err := q.Serve(t.Context(), ServeOptions{WorkOptions: o, Once: true}); err != nil {
		t.Fatal(err)
	}
	if status, err := q.Status(t.Context(), s.Name); err != nil || status.State != Cancelled || status.Complete != 0 {
		t.Errorf("%+v, %v", status, err)
	}
	allDone(t, q, "next")
}

// TestServeLater adds a study while a worker has nothing to do.
func TestServeLater(t *testing.T) {
	t.Parallel()
	place := t.TempDir()
	q, worker := open(t, place), open(t, place)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- worker.Serve(ctx, ServeOptions{WorkOptions: WorkOptions{times: quick, DataDirs: few}})
	}()
	for _, name := range []string{"first", "second"} {
		if err := q.Add(t.Context(), edited(t, small, named(name, "31")...), DefaultPriority); err != nil {
			t.Fatal(err)
		}
		until(t, "the study "+name, func() bool {
			status, err := q.Status(t.Context(), name)
			return err == nil && status.State == Complete
		})
	}
	cancel()
	if err := <-ended; !errors.Is(err, classify.ErrInterrupted) {
		t.Errorf("%v", err)
	}
}

// TestServePanic panics in a run: the run fails with the panic's text, the other study is done, and
// the worker's error names the run.
func TestServePanic(t *testing.T) {
	t.Parallel()
	s := edited(t, small, append(slices.Clone(tiny), "attempts: 100", "attempts: 1")...)
	s.TrainSizes = []int{100000} // which no data suit: the worker says so, in the run
	q := added(t, t.TempDir(), s)
	if err := q.Add(t.Context(), edited(t, small, named("next", "31")...), DefaultPriority+1); err != nil {
		t.Fatal(err)
	}
	o := WorkOptions{times: quick, DataDirs: few, Log: func(text string) {
		if strings.Contains(text, "it is not tried again") {
			panic("somebody's log broke")
		}
	}}
	err := q.Serve(t.Context(), ServeOptions{WorkOptions: o, Once: true})
	if err == nil || !strings.Contains(err.Error(), "somebody's log broke") {
		t.Errorf("%v", err)
	}
	if status, err := q.Status(t.Context(), s.Name); err != nil || status.State != Failed || status.Running != 0 {
		t.Errorf("%+v, %v", status, err)
	}
	allDone(t, q, "next")
}
