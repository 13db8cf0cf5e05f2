package queue

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/study"
)

// RunArgs are a job's: one run. The configuration is all that a worker needs.
type RunArgs struct {
	Key    string `json:"key" river:"unique"`
	Final  bool   `json:"final"`
	Config string `json:"config"` // YAML of a classify.Config
	Digest string `json:"digest"` // of its data
	Name   string `json:"name"`   // for people
}

// Kind is the kind of the jobs.
func (RunArgs) Kind() string { return "gradreg_run" }

// The priorities of jobs within a study: later rounds of tuning decide what follows, and there are
// few of them.
const (
	priorityLaterRound = 1
	priorityFirstRound = 2
	priorityFinal      = 3
)

// everyState makes a job unique for good: what failed is not inserted again, but revived.
var everyState = rivertype.JobStates()

// insert inserts the jobs of runs. Those that are there already stay as they are.
func insert(ctx context.Context, client *river.Client[*sql.Tx], s *study.Study, runs []study.Run) error {
	for part := range slices.Chunk(runs, 100) {
		var params []river.InsertManyParams
		for _, r := range part {
			config, err := r.Config.YAML()
			if err != nil {
				return err
			}
			priority := priorityFinal
			switch {
			case r.Final():
			case r.Round > 0:
				priority = priorityLaterRound
			default:
				priority = priorityFirstRound
			}
			params = append(params, river.InsertManyParams{
				Args: RunArgs{
					Key: r.Key, Final: r.Final(), Config: string(config),
					Digest: s.Identity.Digest(r.Config), Name: r.String(),
				},
				InsertOpts: &river.InsertOpts{
					Queue: s.Name, Priority: priority, ScheduledAt: turn(r), MaxAttempts: s.Attempts,
					Tags:       []string{r.Key},
					UniqueOpts: river.UniqueOpts{ByArgs: true, ByQueue: true, ByState: everyState},
				},
			})
		}
		if _, err := client.InsertMany(ctx, params); err != nil {
			return err
		}
	}
	return nil
}

// turn is the time of a job, by which River orders those of one priority. That of a final run is
// long ago, and earlier for lower seeds: whoever looks at an unfinished study sees all its cells,
// although the values of some were chosen later than those of others.
func turn(r study.Run) time.Time {
	if !r.Final() {
		return time.Time{} // that of the insertion
	}
	return time.Unix(int64(r.Config.Seed), 0)
}

// firstTurn is a time before that of any seed. Jobs of runs that have begun get it, to go on before all
// others of their queue and priority: River puts what is given back behind the jobs that are due.
var firstTurn = time.Unix(0, 0).UTC()

// promptly makes jobs whose time has come available when they are inserted; River would have them wait
// for its scheduler, which looks every few seconds.
var promptly = river.JobInsertMiddlewareFunc(func(
	ctx context.Context, jobs []*rivertype.JobInsertParams,
	insert func(context.Context) ([]*rivertype.JobInsertResult, error),
) ([]*rivertype.JobInsertResult, error) {
	for _, j := range jobs {
		if j.State == rivertype.JobStateScheduled && j.ScheduledAt.Before(time.Now()) {
			j.State = rivertype.JobStateAvailable
		}
	}
	return insert(ctx)
})

// client returns a client of River without workers.
func (q *Queue) client() (*river.Client[*sql.Tx], error) {
	return river.NewClient(q.driver, &river.Config{
		Logger: slog.New(slog.DiscardHandler), Middleware: []rivertype.Middleware{promptly},
	})
}

// Job is a job that has not ended well yet.
type Job struct {
	ID       int64     `json:"-"`
	Key      string    `json:"key"`
	Name     string    `json:"name"`
	State    string    `json:"state"` // waiting, running, retrying, failed or cancelled
	Attempts int       `json:"attempts"`
	Worker   string    `json:"worker,omitempty"`
	Since    time.Time `json:"since,omitzero"` // of the attempt
	Error    string    `json:"error,omitempty"`

	scheduled time.Time // when it may begin
}

// States of jobs, as people call them.
const (
	Waiting  = "waiting"
	Running  = "running"
	Retrying = "retrying"
	Failed   = "failed"
)

var states = map[rivertype.JobState]string{
	rivertype.JobStateAvailable: Waiting, rivertype.JobStatePending: Waiting, rivertype.JobStateScheduled: Waiting,
	rivertype.JobStateRunning: Running, rivertype.JobStateRetryable: Retrying, rivertype.JobStateDiscarded: Failed,
	rivertype.JobStateCancelled: Cancelled,
}

// jobs returns the jobs of a study that have not ended well, and those of further states.
func (q *Queue) jobs(ctx context.Context, name string, wanted ...rivertype.JobState) ([]Job, error) {
	client, err := q.client()
	if err != nil {
		return nil, err
	}
	for state := range states {
		wanted = append(wanted, state)
	}
	slices.Sort(wanted)
	params := river.NewJobListParams().Queues(name).States(wanted...).OrderBy(
		river.JobListOrderByID, river.SortOrderAsc,
	).First(1000)
	var list []Job
	for {
		page, err := client.JobList(ctx, params)
		if err != nil {
			return nil, err
		}
		for _, row := range page.Jobs {
			list = append(list, job(row))
		}
		if len(page.Jobs) < 1000 {
			return list, nil
		}
		params = params.After(page.LastCursor)
	}
}

func job(row *rivertype.JobRow) Job {
	j := Job{ID: row.ID, State: states[row.State], Attempts: row.Attempt, scheduled: row.ScheduledAt}
	if row.State == rivertype.JobStateCompleted {
		j.State = Complete
	}
	var args RunArgs
	if json.Unmarshal(row.EncodedArgs, &args) == nil {
		j.Key, j.Name = args.Key, args.Name
	}
	if n := len(row.AttemptedBy); n > 0 {
		j.Worker = row.AttemptedBy[n-1]
	}
	if row.AttemptedAt != nil {
		j.Since = *row.AttemptedAt
	}
	if n := len(row.Errors); n > 0 {
		j.Error = row.Errors[n-1].Error
	}
	return j
}

// settle makes the jobs of a study those of the runs that it needs: it inserts what is missing,
// makes available again what had failed or was cancelled, or ended though there is no result, and
// cancels what is not needed any more, since the study has fewer seeds or cells than before. Jobs
// are looked at before the results, from which others may have made some: so it takes none of these
// for superfluous.
func (q *Queue) settle(ctx context.Context, s *study.Study) error {
	if _, err := q.dropForged(ctx, s.Name); err != nil {
		return err
	}
	list, err := q.jobs(ctx, s.Name, rivertype.JobStateCompleted)
	if err != nil {
		return err
	}
	client, err := q.client()
	if err != nil {
		return err
	}
	results := study.Results{}
	p, err := q.Progress(ctx, s, results)
	if err != nil {
		return err
	}
	needed := map[string]study.Run{}
	for _, r := range p.Runs() {
		if _, done := results[r.Key]; !done {
			needed[r.Key] = r
		}
	}
	for _, j := range list {
		r, need := needed[j.Key]
		delete(needed, j.Key)
		ended := j.State == Failed || j.State == Cancelled || j.State == Complete
		switch {
		case need && ended:
			if _, err = client.JobRetry(ctx, j.ID); err == nil && r.Final() {
				err = q.setTurn(ctx, j.ID, turn(r))
			}
		case !need && !ended:
			_, err = client.JobCancel(ctx, j.ID)
		}
		if err != nil && !errors.Is(err, rivertype.ErrNotFound) {
			return err
		}
	}
	missing := slices.DeleteFunc(p.Runs(), func(r study.Run) bool { _, ok := needed[r.Key]; return !ok })
	return insert(ctx, client, s, missing)
}

// Cancel ends a study: waiting runs are not begun, running ones stop at their next step and keep
// their checkpoint. Results stay. Add takes it up again.
func (q *Queue) Cancel(ctx context.Context, name string) error {
	if err := fault.NoContext(ctx); err != nil {
		return err
	}
	if _, err := q.Study(ctx, name); err != nil {
		return err
	}
	if _, err := q.pool.ExecContext(
		ctx, q.bind("UPDATE gradreg_study SET state = ? WHERE name = ?"), Cancelled, name,
	); err != nil {
		return q.hide(err)
	}
	return q.hide(q.cancelJobs(ctx, name))
}

// cancelJobs cancels the jobs of a study that have not ended.
func (q *Queue) cancelJobs(ctx context.Context, name string) error {
	list, err := q.jobs(ctx, name)
	if err != nil {
		return err
	}
	client, err := q.client()
	if err != nil {
		return err
	}
	for _, j := range list {
		if j.State != Failed && j.State != Cancelled {
			if _, err := client.JobCancel(ctx, j.ID); err != nil && !errors.Is(err, rivertype.ErrNotFound) {
				return err
			}
		}
	}
	return nil
}

// rescue takes jobs from workers that have not been heard of for the lease and gives them back,
// those without attempts left as failed. River's own rescuer goes by how long a job runs, which
// says nothing here. A worker that was paused knows that its own, self's, live.
func (q *Queue) rescue(ctx context.Context, self string, lease time.Duration) error {
	horizon := q.now().Add(-lease)
	stuck, err := q.silent(ctx, horizon)
	if err != nil || len(stuck) == 0 {
		return err
	}
	var jobs []rescued
	now := q.now().UTC()
	for _, j := range stuck {
		if j.Kind != (RunArgs{}).Kind() {
			continue // of another user of the server
		}
		worker := "its worker"
		if n := len(j.AttemptedBy); n > 0 {
			if j.AttemptedBy[n-1] == self {
				continue
			}
			worker = "worker " + j.AttemptedBy[n-1]
		}
		text, err := json.Marshal(rivertype.AttemptError{
			At: now, Attempt: j.Attempt,
			Error: fmt.Sprintf("%s has not been heard of for %v", worker, lease),
		})
		if err != nil {
			return err
		}
		var metadata struct {
			CancelAttemptedAt time.Time `json:"cancel_attempted_at"`
			RescueCount       int       `json:"river:rescue_count"`
		}
		if err := json.Unmarshal(j.Metadata, &metadata); err != nil {
			return fmt.Errorf("job %d: %w", j.ID, err)
		}
		state, finalized, scheduled := rivertype.JobStateAvailable, (*time.Time)(nil), now
		switch {
		case !metadata.CancelAttemptedAt.IsZero():
			state, finalized = rivertype.JobStateCancelled, &now
		case j.Attempt >= j.MaxAttempts:
			state, finalized = rivertype.JobStateDiscarded, &now
		case metadata.RescueCount == 0: // one that ends its worker again and again lets others come first
			scheduled = firstTurn
		}
		jobs = append(jobs, rescued{j.ID, state, text, finalized, scheduled})
	}
	if len(jobs) == 0 {
		return nil
	}
	return q.takeBack(ctx, horizon, jobs)
}
