package queue

import (
	"encoding/json"
	"slices"
	"testing"

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
