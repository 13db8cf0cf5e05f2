package classify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"reflect"
	"syscall"
	"testing"
	"time"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/classify/figures"
	"github.com/gradreg/gradreg/internal/tensorfile"
)

// childDir tells the test binary to train into a folder instead of running tests, childWay in which
// way, childDigits on which digits.
const (
	childDir    = "GRADREG_TEST_TRAIN"
	childWay    = "GRADREG_TEST_TRAIN_WAY"
	childDigits = "GRADREG_TEST_CHILD_DIGITS"
)

// The ways of a child. Each comes to its end however often it is started again.
const (
	wholeWay  = "whole"  // 60 steps
	extendWay = "extend" // 60 steps, then 90
	finishWay = "finish" // interrupted from step 37 on, finished early there, and gone on to 60
	judgedWay = "judged" // until the loss on dev images has not fallen for long; its best state
)

// long tells that tests take all the time they need.
func long() bool { return os.Getenv("GRADREG_TEST_LONG") != "" }

// childProcess brings the run of a folder on until it is done, and returns the exit code: 130 if it was interrupted.
func childProcess(dir, way string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	for {
		done, err := childTurn(ctx, dir, way)
		switch {
		case done:
			return 0
		case errors.Is(err, classify.ErrInterrupted) && ctx.Err() != nil:
			return 130
		case err != nil:
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
}

// childTurn does what is next with a folder.
func childTurn(ctx context.Context, dir, way string) (done bool, err error) {
	cfg, opt := small(), classify.Options{Dir: dir, DataDirs: classify.Few, Threads: 1, Draw: figures.Draw}
	if way == judgedWay {
		if cfg, err = judged(); err != nil {
			return false, err
		}
		if opt.Dataset, err = guesses(); err != nil {
			return false, err
		}
	}
	if classify.HasRun(dir) {
		opt.Resume = true
		if cfg, err = classify.FolderConfig(dir); err != nil {
			return false, err
		}
	}
	s, unfinished := classify.FolderSummary(dir)
	finished := unfinished == nil
	switch {
	case finished && way == judgedWay:
		return true, nil
	case finished && s.Steps == 90, finished && s.Steps == 60 && way != extendWay:
		return true, nil
	case finished && s.Steps == 60:
		opt.ExtendTo = 90
	case finished:
		opt.ExtendTo = 60
	case way == finishWay && cfg.StopAfter == 0:
		inner, cancel := context.WithCancel(ctx)
		defer cancel()
		opt.Stepped = func(p classify.Progress) {
			if p.Step >= 37 {
				cancel()
			}
		}
		if _, err := classify.Run(inner, cfg, opt); !errors.Is(err, classify.ErrInterrupted) || ctx.Err() != nil {
			return false, err
		}
		opt.Stepped, opt.Resume, opt.Finish = nil, true, true
		if cfg, err = classify.FolderConfig(dir); err != nil {
			return false, err
		}
	}
	_, err = classify.Run(ctx, cfg, opt)
	return false, err
}

// child starts a child.
func child(t *testing.T, dir, way string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir, childWay+"="+way, childDigits+"="+classify.Few[0])
	errOut := &bytes.Buffer{}
	cmd.Stderr = errOut
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, errOut
}

// disturbed brings a run to its end while its processes are killed, or told to end, at random moments, and returns how many were
// killed and how many ended when they were told. took is the time of an undisturbed one.
func disturbed(t *testing.T, dir, way string, signals bool, took time.Duration) (kills, ends int) {
	t.Helper()
	more := took / 4 // later attempts get more time, so that the run ends on any machine
	if long() {
		more = took / 25
	}
	for start := time.Now(); ; {
		if time.Since(start) > time.Minute+100*took {
			t.Fatalf("the run does not come to its end, after %d kills and %d signals", kills, ends)
		}
		cmd, errOut := child(t, dir, way)
		exited := make(chan error, 1)
		go func() { exited <- cmd.Wait() }()
		patience := took/10 + time.Duration(rand.Int64N(int64(took/3))) + more*time.Duration(kills+ends)
		select {
		case err := <-exited:
			if err != nil {
				t.Fatalf("after %d kills and %d signals: %v: %s", kills, ends, err, errOut)
			}
			return kills, ends
		case <-time.After(patience):
		}
		if which := rand.IntN(3); signals && which > 0 {
			cmd.Process.Signal([]os.Signal{os.Interrupt, syscall.SIGTERM}[which-1])
			if rand.IntN(2) == 0 {
				time.Sleep(time.Duration(rand.IntN(20)) * time.Millisecond)
				cmd.Process.Kill() // while it saves
			}
		} else {
			cmd.Process.Kill()
		}
		<-exited
		switch code := cmd.ProcessState.ExitCode(); {
		case code < 0 && errOut.Len() == 0:
			kills++
		case code == 130:
			ends++
		case code != 0:
			t.Fatalf("a process that was told to end ended with code %d: %s", code, errOut)
		}
	}
}

// leftOver returns what stands in a run folder and has no place in that of a finished run.
func leftOver(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		switch e.Name() {
		case ".lock", "config.yaml", "metrics.jsonl", "checkpoint.safetensors", "model.safetensors", "summary.json", "curve.svg", "confusion.svg", "worst.png", "worst.csv":
		default:
			names = append(names, e.Name())
		}
	}
	return names
}

// checkpointTensors returns the weights and the optimizer's state of a run folder.
func checkpointTensors(t *testing.T, dir string) map[string][]float32 {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "checkpoint.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := tensorfile.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]float32{}
	for name, tensor := range f.Tensors {
		out[name] = tensor.F32 // of the progress, which has the time in it, nothing
	}
	return out
}

// asUndisturbed checks that a run folder has the weights, the optimizer, the metrics and the result of an undisturbed one, and
// nothing half.
func asUndisturbed(t *testing.T, what, dir, want string) {
	t.Helper()
	alike(t, what, dir, want)
	if !reflect.DeepEqual(checkpointTensors(t, dir), checkpointTensors(t, want)) {
		t.Errorf("%s: another state of the optimizer", what)
	}
	a, errA := classify.FolderSummary(dir)
	b, errB := classify.FolderSummary(want)
	if errA != nil || errB != nil || a.TestErrorCount != b.TestErrorCount || a.TestNLL != b.TestNLL || !reflect.DeepEqual(a.Detail, b.Detail) || !reflect.DeepEqual(a.Extended, b.Extended) || a.Steps != b.Steps {
		t.Errorf("%s: another result: %+v, expected %+v (%v, %v)", what, a, b, errA, errB)
	}
	if names := leftOver(t, dir); names != nil {
		t.Errorf("%s: %q are left", what, names)
	}
}

// TestKill kills training processes with SIGKILL at random moments, and others with signals of all kinds, and resumes the runs until
// they are done, some of them finished early or extended on the way: each comes to what an undisturbed one does.
// GRADREG_TEST_LONG=1, which .ci/run sets, goes on to 147 kills and 54 signals.
func TestKill(t *testing.T) {
	ways := []string{wholeWay, extendWay, finishWay, judgedWay}
	want, took := map[string]string{}, map[string]time.Duration{}
	for _, way := range ways {
		want[way] = filepath.Join(t.TempDir(), way)
		began := time.Now()
		if cmd, errOut := child(t, want[way], way); cmd.Wait() != nil {
			t.Fatalf("%s: %s", way, errOut)
		}
		took[way] = time.Since(began)
	}
	asUndisturbed(t, "finished early and gone on", want[finishWay], want[wholeWay])
	leastKills, leastEnds := 1, 0
	if long() {
		leastKills, leastEnds = 147, 54
	}
	runs, kills, ends := 0, 0, 0
	for ; runs < len(ways) || kills < leastKills || ends < leastEnds; runs++ {
		way, dir := ways[runs%len(ways)], filepath.Join(t.TempDir(), "run")
		signals := runs%2 == 1 || kills >= leastKills
		k, e := disturbed(t, dir, way, signals, took[way])
		asUndisturbed(t, fmt.Sprintf("%s after %d kills and %d signals", way, k, e), dir, want[way])
		kills, ends = kills+k, ends+e
		if t.Failed() {
			break
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d runs, %d kills, %d ended by signals", runs, kills, ends)
}
