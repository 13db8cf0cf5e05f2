package queue

import (
	"context"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/study"
)

// TestImport takes in all runs of a study but two, which are all that is trained then; to the same results.
func TestImport(t *testing.T) {
	s := edited(t, small)
	want := undisturbed(t, s)
	everywhere(t, func(t *testing.T, place string) {
		runs := slices.Collect(maps.Values(want))
		q := open(t, place)
		if n, err := q.Import(t.Context(), runs[2:]); err != nil || n != len(runs)-2 {
			t.Fatalf("%d runs imported, %v", n, err)
		}
		if err := q.Add(t.Context(), s, DefaultPriority); err != nil {
			t.Fatal(err)
		}
		status, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 2})
		if err != nil || status.State != Complete {
			t.Fatalf("%+v, %v", status, err)
		}
		equal(t, results(t, q, s.Name), want)
		if n := count(t, q, "river_job"); n != 2 {
			t.Errorf("%d jobs for two runs", n)
		}
		changed := runs[0]
		changed.Accuracy = 1 - changed.Accuracy
		if n, err := q.Import(t.Context(), []study.Result{changed, runs[1]}); err != nil || n != 0 {
			t.Errorf("%d runs imported that were there, %v", n, err)
		}
		equal(t, results(t, q, s.Name), want)
	})
}

// TestImportWhole interrupts an import: nothing of it stays.
func TestImportWhole(t *testing.T) {
	everywhere(t, func(t *testing.T, place string) {
		q := open(t, place)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if n, err := q.Import(ctx, []study.Result{{Key: strings.Repeat("1", 32)}}); err == nil || n != 0 {
			t.Errorf("%d runs imported, %v", n, err)
		}
		bad := study.Result{Key: strings.Repeat("2", 32), Accuracy: math.NaN()}
		if n, err := q.Import(t.Context(), []study.Result{{Key: strings.Repeat("1", 32)}, bad}); err == nil || n != 0 {
			t.Errorf("%d runs imported, %v", n, err)
		}
		if n := count(t, q, "gradreg_result"); n != 0 {
			t.Errorf("%d results stayed", n)
		}
	})
}
