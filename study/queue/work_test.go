package queue

import (
	"context"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river/rivertype"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/idxtest"
	"github.com/gradreg/gradreg/study"
)

// slow makes a study of three runs that take a second or two each, so that they can be interrupted.
var slow = []string{
	"steps: 30", "steps: 4000", "checkpoint_every: 5", "checkpoint_every: 100", "seeds: 4", "seeds: 1",
	"datagrad:$lambda", "datagrad:5", "    parameters: {lambda: {log: [0.5, 50]}}\n", "",
}

// TestGracefulStop interrupts a worker: its runs go back to the queue with their state, uncounted, and another worker, which
// has no folder of the first, goes on from there.
func TestGracefulStop(t *testing.T) {
	t.Parallel()
	s := edited(t, small, slow...)
	want := undisturbed(t, s)
	everywhere(t, func(t *testing.T, place string) {
		q := added(t, place, s)
		ctx, cancel := context.WithCancel(t.Context())
		var once sync.Once
		_, err := q.Work(ctx, s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 1, Lease: 600 * time.Millisecond, Tick: func(Status) {
			once.Do(func() {
				go func() {
					until(t, "a checkpoint", func() bool {
						return count(t, q, "gradreg_checkpoint WHERE step > 0")+underWay(t, filepath.Join(q.dir, "runs")) > 0
					})
					cancel()
				}()
			})
		}})
		if !errors.Is(err, classify.ErrInterrupted) {
			t.Fatalf("%v, expected %v", err, classify.ErrInterrupted)
		}
		status, err := q.Status(t.Context(), s.Name)
		if err != nil || status.Running != 0 || status.State != Active {
			t.Fatalf("%+v, %v", status, err)
		}
		if q.server() {
			var step int
			if err := q.pool.QueryRow("SELECT step FROM gradreg_checkpoint").Scan(&step); err != nil || step == 0 {
				t.Errorf("checkpoint of step %d, %v", step, err)
			}
		} else if len(checkpoints(t, filepath.Join(q.dir, "runs"))) != 1 {
			t.Error("no checkpoint")
		}
		var most int
		if err := q.pool.QueryRow("SELECT max(attempt) FROM river_job").Scan(&most); err != nil || most > 1 {
			t.Errorf("%d attempts, %v", most, err)
		}
		if n := count(t, q, `river_job AS begun JOIN river_job AS waiting ON waiting.scheduled_at <= begun.scheduled_at AND waiting.id <> begun.id
			WHERE begun.state = 'available' AND begun.attempted_at IS NOT NULL AND waiting.state = 'available'`); n != 0 {
			t.Errorf("%d runs would begin before the one that has begun goes on", n)
		}
		if n := count(t, q, "river_job WHERE state = 'available' AND attempted_at IS NOT NULL"); n != 1 {
			t.Errorf("%d runs have begun, expected 1", n)
		}
		other := open(t, place)
		log, said := heard()
		status, err = other.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 2, Log: log})
		if err != nil || status.State != Complete {
			t.Fatalf("%+v, %v", status, err)
		}
		equal(t, results(t, q, s.Name), want)
		if text := said(); !strings.Contains(text, "going on with ") || strings.Contains(text, "beginning that run again") {
			t.Errorf("%q, expected a run that goes on from its checkpoint", text)
		}
	})
}

// TestTwoWorkers shows that two workers share a study, and two studies a run.
func TestTwoWorkers(t *testing.T) {
	t.Parallel()
	s := edited(t, small)
	want := undisturbed(t, s)
	everywhere(t, func(t *testing.T, place string) {
		q := added(t, place, s)
		twin := s
		twin.Name = "twin"
		if err := q.Add(t.Context(), twin, 1); err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		for _, name := range []string{s.Name, s.Name, twin.Name} {
			wait.Go(func() {
				other, err := Open(t.Context(), place)
				if err != nil {
					t.Error(err)
					return
				}
				defer other.Close()
				if status, err := other.Work(t.Context(), name, WorkOptions{times: quick, DataDirs: few, Jobs: 1}); err != nil || status.State != Complete {
					t.Errorf("%s: %+v, %v", name, status, err)
				}
			})
		}
		wait.Wait()
		all, err := q.Studies(t.Context())
		if err != nil || len(all) != 2 || all[0].Name != twin.Name {
			t.Errorf("studies %v, %v: the one with priority 1 comes first", all, err)
		}
		e, err := q.Study(t.Context(), s.Name)
		if err != nil {
			t.Fatal(err)
		}
		got := study.Results{}
		p, err := q.Progress(t.Context(), &e.Study, got)
		if err != nil {
			t.Fatal(err)
		}
		workers := map[string]int{}
		for _, r := range p.Runs() {
			if got[r.Key].Accuracy != want[r.Key].Accuracy || got[r.Key].NLL != want[r.Key].NLL {
				t.Errorf("%s: %+v, expected %+v", r.Cell, got[r.Key], want[r.Key])
			}
			workers[got[r.Key].Worker]++
		}
		if len(workers) < 2 {
			t.Errorf("runs by worker: %v", workers)
		}
		// What is done is not done again.
		if status, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Runs: filepath.Join(t.TempDir(), "none")}); err != nil || status.State != Complete {
			t.Errorf("%+v, %v", status, err)
		}
	})
}

// TestFailure shows that a run that fails is tried again with back-off, up to the bound, while others go on; that its error is
// kept; and that running the study again tries it again.
func TestFailure(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, place string) {
		s := edited(t, small, "attempts: 100", "attempts: 2", "seeds: 4", "seeds: 1")
		q := added(t, place, s)
		p, err := s.Progress(study.Results{})
		if err != nil {
			t.Fatal(err)
		}
		first, runs := p.Runs()[0], t.TempDir()
		obstacle := filepath.Join(runs, first.Key)
		if err := os.WriteFile(obstacle, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		began, waits := time.Now(), quick
		waits.retry = time.Second
		status, err := q.Work(t.Context(), s.Name, WorkOptions{times: waits, DataDirs: few, Jobs: 2, Runs: runs})
		if err != nil || status.State != Failed || status.Failed != 1 || status.Complete == 0 || len(status.Jobs) != 1 {
			t.Fatalf("%+v, %v", status, err)
		}
		if took := time.Since(began); took < time.Second {
			t.Errorf("both attempts within %v: no back-off", took)
		}
		if j := status.Jobs[0]; j.Key != first.Key || j.Attempts != 2 || !strings.Contains(j.Error, obstacle) {
			t.Errorf("%+v", j)
		}
		if err := errors.Join(os.Remove(obstacle), q.Add(t.Context(), s, DefaultPriority)); err != nil {
			t.Fatal(err)
		}
		if status, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 2, Runs: runs}); err != nil || status.State != Complete {
			t.Errorf("%+v, %v", status, err)
		}
	})
}

// TestHopeless shows that a run which no data suit fails at once, for all its attempts, and is told of while it does.
func TestHopeless(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, place string) {
		s := edited(t, small, "seeds: 4", "seeds: 1")
		s.TrainSizes = []int{100000} // which Identify would have refused
		q := added(t, place, s)
		var lock sync.Mutex
		var said []string
		status, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 2, Runs: t.TempDir(), Log: func(text string) {
			lock.Lock()
			defer lock.Unlock()
			said = append(said, text)
		}})
		if err != nil || status.State != Failed || status.Failed != 6 || status.Jobs[0].Attempts != 1 {
			t.Errorf("%+v, %v", status, err)
		}
		if len(said) != 1 || !strings.Contains(said[0], "failed: train size is 100000, expected 1 to 1000; it is not tried again") {
			t.Errorf("said %q, expected the reason once", said)
		}
	})
}

// TestRepeats tells a text once a minute.
func TestRepeats(t *testing.T) {
	var r logThrottle
	var said []string
	for i := range 200 {
		if again, tell := r.next("x", time.Unix(int64(i), 0).UTC()); tell {
			said = append(said, fmt.Sprint(i, again))
		}
	}
	want := []string{"0", "60 (and 59 times since 00:00:00)", "120 (and 59 times since 00:01:00)", "180 (and 59 times since 00:02:00)"}
	if !slices.Equal(said, want) {
		t.Errorf("%q, expected %q", said, want)
	}
	for i := range 3 * mostTold {
		r.next(fmt.Sprint(i), time.Unix(0, 0))
	}
	if len(r.told) > mostTold {
		t.Errorf("%d texts are remembered", len(r.told))
	}
}

// TestOtherData shows that a worker whose data are others, or which has none, leaves a study as it is, and takes no attempt
// from those that have them.
func TestOtherData(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, place string) {
		s := edited(t, small, "attempts: 100", "attempts: 1", "seeds: 4", "seeds: 1")
		other := s
		other.Identity.Digests = map[string]string{"mnist": "another"}
		q := added(t, place, other)
		for _, c := range []struct {
			dirs []string
			want string
		}{
			{few, "the images of mnist are not those"},
			{[]string{filepath.Join(t.TempDir(), "none")}, "none: not found"},
		} {
			_, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: c.dirs})
			if !errors.As(err, new(*Unfit)) || !fault.IsInput(err) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, expected an Unfit with %q", err, c.want)
			}
		}
		status, err := q.Status(t.Context(), s.Name)
		if err != nil || status.State != Active || status.Failed+status.Retrying != 0 {
			t.Errorf("%+v, %v", status, err)
		}
	})
}

// TestDataVanish takes the data away from a worker between two runs, or puts others in their place:
// it ends, and none of its runs has failed or was trained on others.
func TestDataVanish(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(dir string) error{
		"gone":   os.RemoveAll,
		"others": relabelled,
	} {
		t.Run(name, func(t *testing.T) { dataVanish(t, change) })
	}
}

// relabelled gives the first training image another label.
func relabelled(dir string) error {
	const name = "train-labels-idx1-ubyte"
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	data[8] = 9 - data[8]
	return atomicfile.WriteBytes(filepath.Join(dir, name), data)
}

func dataVanish(t *testing.T, change func(dir string) error) {
	s := edited(t, small, "attempts: 100", "attempts: 1", "seeds: 4", "seeds: 30")
	dir := idxtest.Few(t)
	q := added(t, t.TempDir(), s)
	var once sync.Once
	_, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: []string{dir}, Tick: func(status Status) {
		if status.Complete > 0 {
			once.Do(func() { change(dir) })
		}
	}})
	if !errors.As(err, new(*Unfit)) {
		t.Errorf("%v, expected an Unfit", err)
	}
	status, err := q.Status(t.Context(), s.Name)
	if err != nil || status.State != Active || status.Failed+status.Retrying != 0 || status.Complete == 0 {
		t.Errorf("%+v, %v", status, err)
	}
}

// TestCancel cancels a study while it runs, and takes it up again.
func TestCancel(t *testing.T) {
	t.Parallel()
	s := edited(t, small, slow...)
	want := undisturbed(t, s)
	everywhere(t, func(t *testing.T, place string) {
		q := added(t, place, s)
		other := open(t, place)
		var once sync.Once
		began := time.Now()
		status, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 2, Tick: func(status Status) {
			if status.Running > 0 {
				once.Do(func() {
					if err := other.Cancel(t.Context(), s.Name); err != nil {
						t.Error(err)
					}
				})
			}
		}})
		if err != nil || status.State != Cancelled {
			t.Fatalf("%+v, %v", status, err)
		}
		t.Logf("cancelled after %v", time.Since(began))
		if err := q.Add(t.Context(), s, DefaultPriority); err != nil {
			t.Fatal(err)
		}
		if status, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 2}); err != nil || status.State != Complete {
			t.Fatalf("%+v, %v", status, err)
		}
		equal(t, results(t, q, s.Name), want)
	})
}

// TestAddRefuses shows what a study of the same name may change.
func TestAddRefuses(t *testing.T) {
	s := edited(t, small)
	q := added(t, t.TempDir(), s)
	for _, pairs := range [][]string{
		{"seeds: 4", "seeds: 6"}, {"seeds: 4", "seeds: 2"}, {"title: Short runs", "title: Others"},
		{"  - name: spectreg\n    regularizers: [\"spectreg:0.01\"]\n", ""}, {"train_sizes: [40]", "train_sizes: [40, 60]"},
	} {
		if err := q.Add(t.Context(), edited(t, small, pairs...), DefaultPriority); err != nil {
			t.Errorf("%v: %v", pairs, err)
		}
	}
	if err := q.Add(t.Context(), s, DefaultPriority); err != nil {
		t.Fatal(err)
	}
	others := map[string]study.Study{}
	for what, pairs := range map[string][]string{
		"the runs of mnist 40, spectreg are others": {"spectreg:0.01", "spectreg:0.02"},
		"the runs of mnist 40, datagrad are others": {"trials: 4", "trials: 5"},
		"the runs of mnist 40, none are others":     {"steps: 30", "steps: 31"},
	} {
		others[what] = edited(t, small, pairs...)
	}
	cpu, numbers, data := s, s, s
	cpu.Identity.CPU = "another"
	numbers.Identity.Numbers++
	data.Identity.Digests = map[string]string{"mnist": "another"}
	others["begun with the kernels"], others["another numerics version"], others["the images of mnist"] = cpu, numbers, data
	for what, other := range others {
		err := q.Add(t.Context(), other, DefaultPriority)
		if !fault.IsInput(err) || !strings.Contains(err.Error(), what) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, expected an input fault with %q", err, what)
		}
	}
	for _, other := range []study.Study{cpu, numbers} {
		other.Name = "other-identity"
		if err := q.Add(t.Context(), other, DefaultPriority); err != nil {
			t.Fatal(err)
		}
		if _, err := q.Work(t.Context(), other.Name, WorkOptions{times: quick, DataDirs: few}); !fault.IsInput(err) {
			t.Errorf("working on it: %v", err)
		}
		if _, err := q.pool.Exec("DELETE FROM gradreg_study WHERE name = 'other-identity'"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := q.Study(t.Context(), "smal"); !fault.IsInput(err) || !strings.Contains(err.Error(), `did you mean "small"`) {
		t.Errorf("%v", err)
	}
}

// TestFewer takes a study up again with fewer seeds and cells: what it no longer needs is not done, until it is needed again.
func TestFewer(t *testing.T) {
	t.Parallel()
	s := edited(t, small)
	want := undisturbed(t, s)
	everywhere(t, func(t *testing.T, place string) {
		q := added(t, place, s)
		fewer := edited(t, small, "seeds: 4", "seeds: 2", "  - name: spectreg\n    regularizers: [\"spectreg:0.01\"]\n", "")
		if err := q.Add(t.Context(), fewer, DefaultPriority); err != nil {
			t.Fatal(err)
		}
		if status, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 2}); err != nil || status.State != Complete {
			t.Fatalf("%+v, %v", status, err)
		}
		if n := len(results(t, q, s.Name)); n != 2+4+2+2 { // and results looks for others
			t.Errorf("%d runs", n)
		}
		if err := q.Add(t.Context(), s, DefaultPriority); err != nil {
			t.Fatal(err)
		}
		if status, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 2}); err != nil || status.State != Complete {
			t.Fatalf("%+v, %v", status, err)
		}
		equal(t, results(t, q, s.Name), want)
	})
}

// TestStale shows that a worker whose look at a study began before that became smaller, or was cancelled, leaves no job behind
// that nothing needs.
func TestStale(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, place string) {
		s := edited(t, small, "seeds: 4", "seeds: 2")
		q := added(t, place, s)
		larger := edited(t, small)
		p, err := larger.Progress(study.Results{})
		if err != nil {
			t.Fatal(err)
		}
		client, err := q.client()
		if err != nil {
			t.Fatal(err)
		}
		waiting := func() int {
			jobs, err := q.jobs(t.Context(), s.Name)
			if err != nil {
				t.Fatal(err)
			}
			return len(slices.DeleteFunc(jobs, func(j Job) bool { return j.State != Waiting }))
		}
		before := waiting()
		stale := func() *worker {
			return &worker{queue: q, client: client, study: &larger, results: study.Results{}, inserted: map[string]bool{}, shares: map[string]float64{}}
		}
		if err := stale().fill(t.Context(), p); err != nil || waiting() != before {
			t.Errorf("%v; %d jobs wait, expected %d", err, waiting(), before)
		}
		if err := q.Cancel(t.Context(), s.Name); err != nil {
			t.Fatal(err)
		}
		if err := stale().fill(t.Context(), p); err != nil || waiting() != 0 {
			t.Errorf("%v; %d jobs wait of a cancelled study", err, waiting())
		}
	})
}

// TestOthersFirst shows when a worker that may turn to other studies does: between two runs for one that comes first, and
// when only others have runs of its own; and not otherwise.
func TestOthersFirst(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, place string) {
		q := added(t, place, edited(t, small, append([]string{"name: small", "name: last"}, slow...)...))
		var once sync.Once
		urgent := edited(t, small, "name: small", "name: urgent", "steps: 30", "steps: 31", "seeds: 4", "seeds: 1")
		others := WorkOptions{times: quick, DataDirs: few, Jobs: 1, Others: func(string) bool { return true }}
		work := others
		work.Tick = func(status Status) {
			if status.Running+status.Complete > 0 { // it may not be looked at while a short run lasts
				once.Do(func() {
					if err := q.Add(t.Context(), urgent, 1); err != nil {
						t.Error(err)
					}
				})
			}
		}
		status, err := q.Work(t.Context(), "last", work)
		if err != nil || status.State != Active || status.Complete == 0 || status.Running+status.Retrying+status.Failed > 0 {
			t.Fatalf("%+v, %v; expected that it ended between two runs", status, err)
		}
		if status, err := q.Work(t.Context(), "urgent", others); err != nil || status.State != Complete {
			t.Fatalf("%+v, %v; no study comes before it", status, err)
		}
		// Another worker has the only run of a first study.
		long := edited(t, small, "name: small", "name: long", "steps: 30", "steps: 2000000", "seeds: 4", "seeds: 1", "attempts: 100",
			"attempts: 3", "  - name: spectreg\n    regularizers: [\"spectreg:0.01\"]\n  - name: datagrad\n    regularizers: [\"datagrad:$lambda\"]\n    parameters: {lambda: {log: [0.5, 50]}}\n", "")
		if err := q.Add(t.Context(), long, 1); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var wait sync.WaitGroup
		wait.Go(func() {
			other := open(t, place)
			if _, err := other.Work(ctx, "long", WorkOptions{times: quick, DataDirs: few}); !errors.Is(err, classify.ErrInterrupted) {
				t.Error(err)
			}
		})
		until(t, "the other worker", func() bool {
			status, err := q.Status(t.Context(), "long")
			return err != nil || status.Running == 1
		})
		if status, err = q.Work(t.Context(), "long", others); err != nil || status.State != Active {
			t.Errorf("%+v, %v", status, err)
		}
		if status, err = q.Work(t.Context(), "last", others); err != nil || status.State != Complete {
			t.Errorf("%+v, %v", status, err)
		}
		stop()
		wait.Wait()
	})
}

// TestFullDisk shows that a worker gives up when the database stays full, says what to do, and does not say it all the time.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := edited(t, small, "seeds: 4", "seeds: 1")
	q := added(t, t.TempDir(), s)
	for _, event := range []string{"UPDATE", "INSERT"} {
		if _, err := q.pool.Exec("CREATE TRIGGER full_" + event + " BEFORE " + event + " ON river_job BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"); err != nil {
			t.Fatal(err)
		}
	}
	var lock sync.Mutex
	var said []string
	_, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 2, patience: 4, Log: func(text string) {
		lock.Lock()
		defer lock.Unlock()
		said = append(said, text)
	}})
	for _, want := range []string{q.dir, "is full", "make room", "the results so far are safe"} {
		if !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%v, expected %q", err, want)
		}
	}
	if len(said) > 3 {
		t.Errorf("said %q", said)
	}
}

// TestBackOff holds how long failed runs wait.
func TestBackOff(t *testing.T) {
	for errs, want := range []time.Duration{time.Second, 4 * time.Second, 16 * time.Second, 64 * time.Second, 256 * time.Second, 5 * time.Minute, 5 * time.Minute} {
		got := time.Until(backOff{time.Second}.NextRetry(&rivertype.JobRow{Errors: make([]rivertype.AttemptError, errs)}))
		if got > want || got < want-time.Second/2 {
			t.Errorf("after %d errors and another one: %v, expected %v", errs, got, want)
		}
	}
}

// TestMoreData adds a data set to a study that is complete: its runs are done, those that are there stay.
func TestMoreData(t *testing.T) {
	t.Parallel()
	s := edited(t, small, "seeds: 4", "seeds: 1")
	everywhere(t, func(t *testing.T, place string) {
		q := added(t, place, s)
		work := func() Status {
			t.Helper()
			status, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 2})
			if err != nil || status.State != Complete {
				t.Fatalf("%+v, %v", status, err)
			}
			return status
		}
		before := work()
		more := s
		more.Data = []string{"mnist", "digits"}
		more.Identity.Digests = map[string]string{"mnist": s.Identity.Digests["mnist"], "digits": "of another set"}
		if err := q.Add(t.Context(), more, DefaultPriority); err != nil {
			t.Fatal(err)
		}
		e, err := q.Study(t.Context(), s.Name)
		if err != nil || len(e.Identity.Digests) != 2 {
			t.Fatalf("identity %+v, %v", e.Identity, err)
		}
		status, err := q.Status(t.Context(), s.Name)
		if err != nil || status.Complete != before.Complete || status.Total() != 2*before.Total() {
			t.Errorf("%+v, %v; %+v before", status, err, before)
		}
		if err := q.Add(t.Context(), s, DefaultPriority); err != nil { // and without it again
			t.Fatal(err)
		}
		if after := work(); after.Complete != before.Complete {
			t.Errorf("%+v, %+v before", after, before)
		}
		more.Identity.Digests["digits"] = "changed"
		if err := q.Add(t.Context(), more, DefaultPriority); !fault.IsInput(err) || !strings.Contains(err.Error(), "the images of digits are not") {
			t.Errorf("changed data: %v", err)
		}
	})
}

// TestDamagedResult names a result that cannot be read, at once, and shows that what the error says helps.
func TestDamagedResult(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, place string) {
		s := edited(t, small, "seeds: 4", "seeds: 1")
		q := added(t, place, s)
		if status, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 2}); err != nil || status.State != Complete {
			t.Fatalf("%+v, %v", status, err)
		}
		want := results(t, q, s.Name)
		p, err := s.Progress(study.Results{})
		if err != nil {
			t.Fatal(err)
		}
		key := p.Runs()[0].Key
		for _, text := range []string{`{"key":`, `{"key":"another"}`} {
			if _, err := q.pool.Exec("UPDATE gradreg_result SET result = '" + text + "' WHERE key = '" + key + "'"); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			_, err = q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few})
			if err == nil || !strings.Contains(err.Error(), "DELETE FROM gradreg_result WHERE key = '"+key+"'") || time.Since(began) > 20*time.Second {
				t.Errorf("%v after %v", err, time.Since(began))
			}
		}
		if _, err := q.pool.Exec("DELETE FROM gradreg_result WHERE key = '" + key + "'"); err != nil {
			t.Fatal(err)
		}
		if err := q.Add(t.Context(), s, DefaultPriority); err != nil {
			t.Fatal(err)
		}
		if status, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 2}); err != nil || status.State != Complete {
			t.Fatalf("%+v, %v", status, err)
		}
		equal(t, results(t, q, s.Name), want)
	})
}

// TestUnreadable shows that a study which an earlier version let pass does not stand in the way of the others.
func TestUnreadable(t *testing.T) {
	s := edited(t, small)
	q := added(t, t.TempDir(), s)
	if _, err := q.pool.Exec("INSERT INTO gradreg_study SELECT 'old', replace(spec, '- 40', '- 40\n- 40'), identity, state, 1, created FROM gradreg_study"); err != nil {
		t.Fatal(err)
	}
	if all, err := q.Studies(t.Context()); err != nil || len(all) != 1 || all[0].Name != s.Name {
		t.Errorf("%v, %v", all, err)
	}
	if _, err := q.Status(t.Context(), "old"); !fault.IsInput(err) || !strings.Contains(err.Error(), "study old in the database: train_sizes: 40 stands twice") {
		t.Errorf("%v", err)
	}
}

// TestStudyReadsOne shows that a look at one study reads no other: a worker looks every two seconds,
// and to read a study is to build the configuration of every run.
func TestStudyReadsOne(t *testing.T) {
	s := edited(t, small)
	q := added(t, t.TempDir(), s)
	// What cannot even be scanned stands for whatever another study has.
	if _, err := q.pool.Exec("INSERT INTO gradreg_study SELECT 'other', spec, identity, state, 'none', created FROM gradreg_study"); err != nil {
		t.Fatal(err)
	}
	if _, err := q.Study(t.Context(), "other"); err == nil {
		t.Fatal("the other study can be read")
	}
	if e, err := q.Study(t.Context(), s.Name); err != nil || e.Name != s.Name {
		t.Errorf("%v, %v", e.Name, err)
	}
	if status, err := q.Status(t.Context(), s.Name); err != nil || status.Name != s.Name {
		t.Errorf("%v, %v", status.Name, err)
	}
}

// TestDriver checks that one file alone uses River's interface to databases, which River does not
// promise to keep.
func TestDriver(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range f.Imports {
			if strings.HasPrefix(strings.Trim(i.Path.Value, `"`), "github.com/riverqueue/river/riverdriver") && name != "river.go" {
				t.Errorf("%s imports %s", name, i.Path.Value)
			}
		}
	}
}

// TestDamage begins a run again whose checkpoint is damaged, and says so.
func TestDamage(t *testing.T) {
	t.Parallel()
	s := edited(t, small, slow...)
	want := undisturbed(t, s)
	dir := t.TempDir()
	q := added(t, dir, s)
	for tries := 0; len(checkpoints(t, filepath.Join(dir, "runs"))) == 0; tries++ { // the run may have ended just then
		if tries == 3 {
			t.Fatal("every run ended before it could be interrupted")
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() {
			until(t, "a checkpoint", func() bool { return ctx.Err() != nil || len(checkpoints(t, filepath.Join(dir, "runs"))) > 0 })
			cancel()
		}()
		if _, err := q.Work(ctx, s.Name, WorkOptions{times: quick, DataDirs: few}); !errors.Is(err, classify.ErrInterrupted) {
			t.Fatal(err)
		}
	}
	for _, path := range checkpoints(t, filepath.Join(dir, "runs")) {
		if err := os.Truncate(path, 1000); err != nil {
			t.Fatal(err)
		}
	}
	var lock sync.Mutex
	var said []string
	status, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 2, Log: func(text string) {
		lock.Lock()
		defer lock.Unlock()
		said = append(said, text)
	}})
	if err != nil || status.State != Complete {
		t.Fatalf("%+v, %v", status, err)
	}
	if !strings.Contains(strings.Join(said, "\n"), "beginning that run again") {
		t.Errorf("said %q", said)
	}
	equal(t, results(t, q, s.Name), want)
}
