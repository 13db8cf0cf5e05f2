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
	workerPlace = "GRADREG_TEST_WORKER_PLACE"
	workerStudy = "GRADREG_TEST_WORKER_STUDY"
)

// workerProcess works on a study until it is done, and returns the exit code.
func workerProcess(place string) int {
	q, err := Open(context.Background(), place)
	if err == nil {
		defer q.Close()
		_, err = q.Work(context.Background(), os.Getenv(workerStudy), WorkOptions{Jobs: 2, Lease: time.Second})
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
	cmd.Env = append(os.Environ(), workerPlace+"="+place, workerStudy+"="+name)
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

// TestKilledWorkers kills worker processes with SIGKILL at random moments, over and over, until a study is done. Every run
// has one result, bit for bit that of a study nobody disturbed. GRADREG_TEST_LONG=1, which .ci/run sets, makes it 200 runs.
func TestKilledWorkers(t *testing.T) {
	t.Parallel()
	pairs := []string{"steps: 30", "steps: 300"} // long enough to be hit
	if os.Getenv("GRADREG_TEST_LONG") != "" {
		pairs = []string{"train_sizes: [40]", "train_sizes: [40, 50]", "seeds: 4", "seeds: 26", "trials: 4", "trials: 15"}
	}
	s := edited(t, small, pairs...)
	want := undisturbed(t, s)
	everywhere(t, func(t *testing.T, place string) {
		q := added(t, place, s)
		random := mathrand.New(mathrand.NewPCG(1, 2))
		kills, attempts := 0, 0
		for {
			status, err := q.Status(t.Context(), s.Name)
			if err != nil {
				t.Fatal(err)
			}
			if status.Done() {
				if status.State != Complete {
					t.Fatalf("%+v", status)
				}
				break
			}
			if attempts++; attempts > 400 {
				t.Fatalf("not done after %d pairs of workers: %+v", attempts, status)
			}
			a, b := start(t, place, s.Name), start(t, place, s.Name)
			time.Sleep(300*time.Millisecond + time.Duration(random.Int64N(int64(700*time.Millisecond))))
			for _, cmd := range []*exec.Cmd{a, b} {
				cmd.Process.Kill() // nothing if it is done
				if cmd.Wait(); cmd.ProcessState.ExitCode() < 0 {
					kills++
				} else if code := cmd.ProcessState.ExitCode(); code != 0 {
					t.Errorf("a worker ended with code %d", code)
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
