package queue

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
)

// TestWorkOptions refuses numbers that no worker can work with, before it looks for a study.
func TestWorkOptions(t *testing.T) {
	q := open(t, t.TempDir())
	for want, o := range map[string]WorkOptions{
		"lease is -1s, expected at least 100ms, or 0 for 30s": {Lease: -time.Second},
		"lease is 4ns, expected at least 100ms, or 0 for 30s": {Lease: 4},
		"jobs is -1, expected 1 to 10000, or 0 for 1":         {Jobs: -1},
		"jobs is 10001, expected 1 to 10000, or 0 for 1":      {Jobs: MaxJobs + 1},
	} {
		_, err := q.Work(t.Context(), "none", o)
		served := q.Serve(t.Context(), ServeOptions{WorkOptions: o, Once: true})
		for _, err := range []error{err, served} {
			if !fault.IsInput(err) || err.Error() != want {
				t.Errorf("%v, expected %s", err, want)
			}
		}
	}
}

// TestDefaults holds the times that users know.
func TestDefaults(t *testing.T) {
	o, err := WorkOptions{}.resolved()
	if err != nil || o.Jobs != 1 || o.Lease != DefaultLease || o.times != defaultTimes {
		t.Errorf("%+v, %v", o, err)
	}
	if gives := time.Duration(o.patience) * o.times.look; gives != time.Minute {
		t.Errorf("a worker gives up after %v", gives)
	}
}

// TestStopWhileWriting stops a worker that waits to write a result again: it does not wait to the
// end.
func TestStopWhileWriting(t *testing.T) {
	t.Parallel()
	s := edited(t, small, tiny...)
	q := added(t, t.TempDir(), s)
	change(t, q, "CREATE TRIGGER away BEFORE INSERT ON gradreg_result BEGIN SELECT RAISE(FAIL, 'away'); END")
	ctx, cancel := context.WithCancel(t.Context())
	var asked time.Time
	waits := quick
	waits.retry = time.Hour
	_, err := q.Work(ctx, s.Name, WorkOptions{times: waits, DataDirs: few, Log: func(text string) {
		if strings.Contains(text, "trying again to write a result") {
			asked = time.Now()
			cancel()
		}
	}})
	if took := time.Since(asked); !errors.Is(err, classify.ErrInterrupted) || asked.IsZero() || took > 30*time.Second {
		t.Errorf("%v, %v after it was asked", err, took)
	}
	status, err := q.Status(t.Context(), s.Name)
	if err != nil || status.Running != 0 || status.Failed != 0 || status.State != Active {
		t.Errorf("%+v, %v", status, err)
	}
}
