package queue

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/gradreg/gradreg/classify"
)

// TestTurn inserts the final runs of a cell after those of another: they are trained seed by seed all the same.
func TestTurn(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, place string) {
		s := edited(t, small,
			"  - name: datagrad\n    regularizers: [\"datagrad:$lambda\"]\n    parameters: {lambda: {log: [0.5, 50]}}\n", "",
			"tuning: {trials: 4, rounds: [0.3, 1], keep: 2}\n", "")
		q := open(t, place)
		client, err := q.client()
		if err != nil {
			t.Fatal(err)
		}
		p, err := q.Progress(t.Context(), &s, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range p.Cells {
			if err := insert(t.Context(), client, &s, c.Final); err != nil {
				t.Fatal(err)
			}
		}
		if err := q.Add(t.Context(), s, DefaultPriority); err != nil {
			t.Fatal(err)
		}
		// Nor does it change their order that the study is cancelled and taken up again.
		if err := q.Cancel(t.Context(), s.Name); err != nil {
			t.Fatal(err)
		}
		if err := q.Add(t.Context(), s, DefaultPriority); err != nil {
			t.Fatal(err)
		}
		if n := count(t, q, "river_job WHERE state = 'available'"); n != 8 {
			t.Fatalf("%d jobs can begin, expected 8", n)
		}
		status, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few})
		if err != nil || status.State != Complete {
			t.Fatalf("%+v, %v", status, err)
		}
		list, err := client.JobList(t.Context(), river.NewJobListParams().First(100))
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(list.Jobs, func(a, b *rivertype.JobRow) int { return a.AttemptedAt.Compare(*b.AttemptedAt) })
		var seeds []uint64
		for _, j := range list.Jobs {
			var args RunArgs
			if err := json.Unmarshal(j.EncodedArgs, &args); err != nil {
				t.Fatal(err)
			}
			cfg, err := classify.ReadConfig(classify.Config{}, []byte(args.Config))
			if err != nil {
				t.Fatal(err)
			}
			seeds = append(seeds, cfg.Seed)
		}
		if want := []uint64{1, 1, 2, 2, 3, 3, 4, 4}; !slices.Equal(seeds, want) {
			t.Errorf("seeds in the order %v, expected %v", seeds, want)
		}
	})
}

// TestRescuedFirst takes runs back from a worker that died: one that has begun goes on before all
// others, but not one that two workers did not survive.
func TestRescuedFirst(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, place string) {
		q := added(t, place, edited(t, small))
		long := time.Now().UTC().Add(-time.Hour)
		at := any(long)
		if !q.server() {
			at = long.Format("2006-01-02 15:04:05.000")
		}
		change(t, q, "UPDATE river_job SET priority = ?", priorityFinal)
		ids := column[int64](t, q, "SELECT id FROM river_job ORDER BY id")
		again, once := ids[len(ids)-2], ids[len(ids)-1]
		for _, dying := range [][]int64{{again}, {again, once}} {
			for _, id := range dying {
				change(t, q, "UPDATE river_job SET state = 'running', attempt = 1, attempted_at = ? WHERE id = ?", at, id)
			}
			if err := q.rescue(t.Context(), "another", time.Minute); err != nil {
				t.Fatal(err)
			}
			order := column[int64](t, q,
				"SELECT id FROM river_job WHERE state = 'available' ORDER BY priority, scheduled_at, id")
			last := dying[len(dying)-1]
			if len(order) != len(ids) || order[0] != last {
				t.Errorf("the order is %v of %v, expected %d first", order, ids, last)
			}
			if len(dying) > 1 && order[len(order)-1] != again {
				t.Errorf("the order is %v, expected %d last", order, again)
			}
		}
	})
}

// TestShares looks on while a run is trained: which part of its steps it has taken is said, and the
// time that is left becomes less.
func TestShares(t *testing.T) {
	t.Parallel()
	everywhere(t, func(t *testing.T, place string) {
		s := edited(t, small, slow...)
		q := added(t, place, s)
		parts := map[int][]Status{} // by the runs that are complete
		status, err := q.Work(t.Context(), s.Name, WorkOptions{times: quick, DataDirs: few, Jobs: 1, Tick: func(s Status) {
			if len(s.Shares) > s.Running {
				t.Errorf("%d runs, and the shares of %d", s.Running, len(s.Shares))
			}
			for _, share := range s.Shares {
				if !(share >= 0 && share <= 1) {
					t.Errorf("share %v", share)
				}
				parts[s.Complete] = append(parts[s.Complete], s)
			}
		}})
		if err != nil || status.State != Complete || len(status.Shares) > 0 {
			t.Fatalf("%+v, %v", status, err)
		}
		rising := 0
		for complete, seen := range parts {
			for i := 1; i < len(seen); i++ {
				before, now := seen[i-1], seen[i]
				if now.Unplanned != before.Unplanned || now.Shares[0] <= before.Shares[0] {
					continue
				}
				rising++
				if complete > 0 && !(now.Remaining < before.Remaining) || complete > 1 && !(now.Remaining < parts[complete-1][0].Remaining) {
					t.Errorf("%v s are left after %v of the run, %v s after %v", before.Remaining, before.Shares, now.Remaining, now.Shares)
				}
			}
		}
		if rising == 0 {
			t.Error("no share rose")
		}
	})
}
