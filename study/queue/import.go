package queue

import (
	"context"
	"encoding/json"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/study"
)

// Import takes in runs that were finished elsewhere and returns how many of them were not there
// yet. All go in or, after an error, none. Whatever study needs one of them has its result from
// then on: a key is the hash of all that determines it.
func (q *Queue) Import(ctx context.Context, runs []study.Result) (added int, err error) {
	if err := fault.NoContext(ctx); err != nil {
		return 0, err
	}
	tx, err := q.pool.BeginTx(ctx, nil)
	if err != nil {
		return 0, q.hide(err)
	}
	defer tx.Rollback()
	for _, r := range runs {
		if err := r.Validate(); err != nil {
			return 0, fault.Input(err)
		}
		text, err := json.Marshal(r)
		if err != nil {
			return 0, err
		}
		// The configuration, for people who look into the database, is not known of an imported
		// run.
		done, err := tx.ExecContext(
			ctx,
			q.bind("INSERT INTO gradreg_result (key, result, config) VALUES (?, ?, '') ON CONFLICT (key) DO NOTHING"),
			r.Key, string(text),
		)
		if err != nil {
			return 0, q.hide(err)
		}
		n, err := done.RowsAffected()
		if err != nil {
			return 0, q.hide(err)
		}
		added += int(n)
	}
	return added, q.hide(tx.Commit())
}
