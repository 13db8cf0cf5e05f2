package queue

import (
	"context"
	"database/sql"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivertype"
)

// This file alone uses River's interface to databases and its table, which River does not promise to
// keep: it has what River's client has no call for, a job's sign of life, the rescue of jobs whose
// worker is dead, and the place of one that goes on. Where an update of River does not compile, it
// is here; the tests of killed workers, and of whose turn it is, hold what these calls have to do.

// riverDriver is River's access to a database.
type riverDriver = riverdriver.Driver[*sql.Tx]

// sqliteDriver returns the access to a database file.
func sqliteDriver(pool *sql.DB) riverDriver { return riversqlite.New(pool) }

// postgresDriver returns the access to a server, whose notifications come by listen.
func postgresDriver(pool *sql.DB, listen *pgxpool.Pool) riverDriver {
	return riverdatabasesql.NewWithPgxListener(pool, listen)
}

// touch sets a job's time of its last sign of life, and returns the job as it is then.
func (q *Queue) touch(ctx context.Context, id int64, now time.Time) (*rivertype.JobRow, error) {
	return q.driver.GetExecutor().JobUpdateFull(ctx, &riverdriver.JobUpdateFullParams{
		ID: id, AttemptedAtDoUpdate: true, AttemptedAt: &now,
	})
}

// complete ends a job within a transaction.
func complete(ctx context.Context, tx *sql.Tx, job *river.Job[RunArgs]) error {
	_, err := river.JobCompleteTx[riverDriver](ctx, tx, job)
	return err
}

// silent returns running jobs that have shown no sign of life since horizon.
func (q *Queue) silent(ctx context.Context, horizon time.Time) ([]*rivertype.JobRow, error) {
	return q.driver.GetExecutor().JobGetStuck(ctx, &riverdriver.JobGetStuckParams{Max: 1000, StuckHorizon: horizon})
}

// rescued is how a job of a dead worker goes on.
type rescued struct {
	id        int64
	state     rivertype.JobState
	failure   []byte // a rivertype.AttemptError in JSON
	finalized *time.Time
	scheduled time.Time
}

// takeBack ends the attempts of jobs that have still shown no sign of life since horizon.
func (q *Queue) takeBack(ctx context.Context, horizon time.Time, jobs []rescued) error {
	p := &riverdriver.JobRescueManyParams{StuckHorizon: horizon}
	for _, j := range jobs {
		p.ID, p.Error, p.State = append(p.ID, j.id), append(p.Error, j.failure), append(p.State, string(j.state))
		p.FinalizedAt, p.ScheduledAt = append(p.FinalizedAt, j.finalized), append(p.ScheduledAt, j.scheduled)
	}
	_, err := q.driver.GetExecutor().JobRescueMany(ctx, p)
	return err
}

// setTurn sets the time of a job that waits, by which River orders those of one priority.
func (q *Queue) setTurn(ctx context.Context, id int64, at time.Time) error {
	value := any(at.UTC())
	if !q.server() {
		value = at.UTC().Format("2006-01-02 15:04:05.000") // River's form
	}
	_, err := q.pool.ExecContext(
		ctx, q.bind("UPDATE river_job SET scheduled_at = ? WHERE id = ? AND state = 'available'"), value, id,
	)
	return err
}
