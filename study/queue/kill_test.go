package queue

import (
	"context"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"
)

const (
	workerPlace  = "GRADREG_TEST_WORKER_PLACE"
	workerStudy  = "GRADREG_TEST_WORKER_STUDY"
	workerDigits = "GRADREG_TEST_WORKER_DIGITS"
)

// workerProcess works on a study until it is done, and returns the exit code.
func workerProcess(place string) int {
	q, err := Open(context.Background(), place)
	if err == nil {
		defer q.Close()
		_, err = q.Work(context.Background(), os.Getenv(workerStudy), WorkOptions{DataDirs: few, Jobs: 2, Lease: time.Second})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// start starts a worker process.
func start(t *testing.T, place, name string) *exec.Cmd {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), workerPlace+"="+place, workerStudy+"="+name, workerDigits+"="+few[0])
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return cmd
}

// TestKilledWorkers kills worker processes with SIGKILL, over and over, until a study is done. Every run has one result, bit
// for bit that of a study nobody disturbed. GRADREG_TEST_LONG=1, which .ci/run sets, makes it 200 runs.
//
// A pair of workers is killed a short random time after it has claimed a run, or after it has finished four. So every pair
// dies in the middle of runs, and every second one takes the study on, however slow the machine is.
func TestKilledWorkers(t *testing.T) {
	t.Parallel()
	pairs := []string{"steps: 30", "steps: 300", "seeds: 4", "seeds: 2"} // few runs, long enough to be hit
	if os.Getenv("GRADREG_TEST_LONG") != "" {
		pairs = []string{"train_sizes: [40]", "train_sizes: [40, 50]", "seeds: 4", "seeds: 26", "trials: 4", "trials: 15"}
	}
	s := edited(t, small, pairs...)
	want := undisturbed(t, s)
	everywhere(t, func(t *testing.T, place string) {
		q := added(t, place, s)
		random := mathrand.New(mathrand.NewPCG(1, 2))
		kills := 0
		for round := 0; !completed(t, q, s.Name); round++ {
			before := work(t, q)
			enough := func(now progress) bool { return now.claims > before.claims }
			if round%2 == 1 {
				enough = func(now progress) bool { return now.results >= before.results+4 }
			}
			workers := []*exec.Cmd{start(t, place, s.Name), start(t, place, s.Name)}
			ended := make(chan error, len(workers))
			for _, cmd := range workers {
				go func() { ended <- cmd.Wait() }()
			}
			for !enough(work(t, q)) && len(ended) < len(workers) {
				time.Sleep(10 * time.Millisecond)
			}
			time.Sleep(time.Duration(random.Int64N(int64(200 * time.Millisecond))))
			for _, cmd := range workers {
				cmd.Process.Kill() // nothing if it is done
			}
			for range workers {
				<-ended
			}
			for _, cmd := range workers {
				if code := cmd.ProcessState.ExitCode(); code < 0 {
					kills++
				} else if code != 0 {
					t.Fatalf("a worker ended with code %d", code)
				}
			}
		}
		t.Logf("%d runs, %d workers killed", len(want), kills)
		if kills < 4 {
			t.Errorf("only %d workers were killed: the runs are too short to show anything", kills)
		}
		equal(t, results(t, q, s.Name), want)
		if n := count(t, q, "gradreg_checkpoint"); n != 0 {
			t.Errorf("%d checkpoints were left", n)
		}
	})
}

// completed reports whether a study is done. It may not be done otherwise than completely.
func completed(t *testing.T, q *Queue, name string) bool {
	t.Helper()
	status, err := q.Status(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if status.Done() && status.State != Complete {
		t.Fatalf("%+v", status)
	}
	return status.Done()
}

// progress counts what all workers have done so far.
type progress struct{ claims, results int }

// work returns the progress of all studies of a queue.
func work(t *testing.T, q *Queue) progress {
	t.Helper()
	p := progress{results: count(t, q, "gradreg_result")}
	if err := q.pool.QueryRow("SELECT coalesce(sum(attempt), 0) FROM river_job").Scan(&p.claims); err != nil {
		t.Fatal(err)
	}
	return p
}
