package queue

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/study"
)

// WorkOptions are how a process works on studies; none of them changes a number.
type WorkOptions struct {
	// Jobs is how many runs are trained at once, each on one thread: 1 to [MaxJobs]; 1 if 0.
	Jobs     int
	DataDirs []string
	// Runs is a folder, on a disk that all workers share, for the folders of unfinished runs. Empty
	// means the folder runs beside a database file, and for a server a temporary one, with the
	// checkpoints in the database.
	Runs string
	// Keep leaves the folders of finished runs, with their models, instead of removing them.
	Keep bool
	// Lease is how long a worker may be silent before its runs are given to others; DefaultLease
	// if 0, and else at least [MinLease].
	Lease time.Duration
	// Others, if set, reports whether this process could work on another study. Work then ends
	// between two runs, with the study still active, when one that comes before it has a run to
	// begin, or when only other workers have runs of it and any other study has one to begin.
	Others func(name string) bool
	// Log, if set, is told what a person should know.
	Log func(string)
	// Tick, if set, is called with the state of the study now and then, and at the end.
	Tick func(Status)

	patience int   // looks that may go wrong in a row; defaultPatience if 0
	times    times // the waits; defaultTimes if zero
}

// Work works on a study until nothing of it is left, also by others, or the context ends; its runs
// then save their state and go back to the queue. An error is one of the study or the database; a
// run's is kept with its job.
func (q *Queue) Work(ctx context.Context, name string, opt WorkOptions) (Status, error) {
	if err := fault.NoContext(ctx); err != nil {
		return Status{}, err
	}
	opt, err := opt.resolved()
	if err != nil {
		return Status{}, err
	}
	entry, err := q.Study(ctx, name)
	if err != nil {
		return Status{}, err
	}
	if err := q.checkRequirements(ctx, entry, opt.DataDirs); err != nil {
		return Status{}, err
	}
	w := &worker{
		queue: q, opt: opt, study: &entry.Study, cpu: entry.Identity.CPU, results: study.Results{},
		inserted: map[string]bool{}, shares: map[string]float64{},
	}
	done, err := w.openRuns()
	if err != nil {
		return Status{}, err
	}
	defer done()
	status, err := w.run(ctx)
	return status, q.hide(err)
}

// worker works on one study.
type worker struct {
	river.WorkerDefaults[RunArgs]
	queue *Queue
	opt   WorkOptions
	runs  string // folder of the runs
	share bool   // checkpoints go to the database
	study *study.Study
	cpu   string // kernels of the study, and so of this process

	client   *river.Client[*sql.Tx]
	results  study.Results
	inserted map[string]bool // keys of jobs that are there

	throttle logThrottle
	repaired time.Time // when the jobs were last looked at

	lock   sync.Mutex
	ended  bool  // a run ended since the last look
	unfit  error // what a run showed about this process
	forged bool  // a job had a key that no run has
	// interrupted are the jobs of runs that were given back, most of them unfinished.
	interrupted []int64
	// shares are the parts of their steps that runs of this process have taken, by their keys.
	shares map[string]float64
	outage outage
}

// openRuns makes the folder of the runs.
func (w *worker) openRuns() (done func(), err error) {
	done = func() {}
	switch {
	case w.opt.Runs != "":
		w.runs = w.opt.Runs
	case !w.queue.server():
		w.runs = filepath.Join(w.queue.dir, "runs")
	default:
		w.share = true
		w.runs, done, err = temporary()
		return done, err
	}
	if err := os.MkdirAll(w.runs, 0o777); err != nil {
		return done, fault.Inputf("folder of the runs: %w", err)
	}
	return done, nil
}

// name returns a name for this process that no other has.
func (w *worker) name() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	b := make([]byte, 3)
	rand.Read(b)
	return fmt.Sprintf("%s-%d-%s", host, os.Getpid(), hex.EncodeToString(b))
}

// log tells a person something.
func (w *worker) log(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	w.logAs(text, "%s", text)
}

// logAs is log of what is the same as other things: of those with one key, the first is told, and
// then no more than one in a minute.
func (w *worker) logAs(key, format string, args ...any) {
	if w.opt.Log == nil {
		return
	}
	if again, tell := w.throttle.next(key, time.Now()); tell {
		w.opt.Log(w.queue.Hide(fmt.Sprintf(format, args...) + again))
	}
}

// run runs a client of River until the study is done or the context ends.
func (w *worker) run(ctx context.Context) (Status, error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, w)
	client, err := river.NewClient(w.queue.driver, &river.Config{
		ID: w.name(), Workers: workers, JobTimeout: -1, RetryPolicy: backOff{w.opt.times.retry},
		Queues:            map[string]river.QueueConfig{w.study.Name: {MaxWorkers: w.opt.Jobs}},
		FetchPollInterval: w.opt.times.tick, FetchCooldown: 20 * time.Millisecond,
		CancelledJobRetentionPeriod: -1, DiscardedJobRetentionPeriod: -1,
		Middleware: []rivertype.Middleware{promptly}, Logger: slog.New(logHandler{w}),
	})
	if err != nil {
		return Status{}, err
	}
	w.client = client
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return Status{}, err
	}
	status, err := w.watch(ctx)
	if errors.Is(err, errYield) {
		if err = client.Stop(ctx); err == nil { // when its runs have ended
			status, err = w.look(ctx)
		}
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	if stopErr := client.StopAndCancel(stop); stopErr != nil && err == nil {
		err = fmt.Errorf("stopping: %w", stopErr)
	}
	w.keepTurn(ctx)
	if ctx.Err() != nil { // the runs have been given back
		last, statusErr := w.queue.Status(stop, w.study.Name)
		if statusErr == nil {
			status = last
		}
		return status, classify.Interrupted(ctx)
	}
	return status, err
}

// keepTurn lets the runs that were given back go on before those that wait.
func (w *worker) keepTurn(ctx context.Context) {
	w.lock.Lock()
	defer w.lock.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	for _, id := range w.interrupted {
		if err := w.queue.setTurn(ctx, id, firstTurn); err != nil {
			w.log("%v; what was interrupted goes on after the runs that wait", err)
			return
		}
	}
}

// watch keeps the queue filled until nothing is left to do.
func (w *worker) watch(ctx context.Context) (Status, error) {
	ticker := time.NewTicker(w.opt.times.tick)
	defer ticker.Stop()
	var status Status
	var looked time.Time
	failures := 0
	for {
		if err := w.fault(); err != nil {
			return status, err
		}
		if time.Since(looked) >= w.opt.times.look {
			err := w.queue.rescue(ctx, w.client.ID(), w.opt.Lease)
			if err == nil {
				err = w.repair(ctx)
			}
			if err == nil {
				status, err = w.look(ctx)
			}
			switch {
			case ctx.Err() != nil:
				return status, nil
			case errors.As(err, new(damaged)):
				return status, err
			case err != nil:
				w.noteOutage(err)
				w.log("%v; trying again", err)
			default:
				if w.opt.Tick != nil {
					w.opt.Tick(status)
				}
				if status.Done() {
					return status, nil
				}
				if w.yields(ctx, status) {
					return status, errYield
				}
			}
			failures++
			if err := w.recentOutage(); err == nil {
				failures = 0
			} else if failures == w.opt.patience {
				return status, w.queue.gaveUp(err, w.runs)
			}
			looked = time.Now()
		}
		select {
		case <-ctx.Done():
			return status, nil
		case <-ticker.C:
			if w.fresh() {
				looked = time.Time{}
			}
		}
	}
}

// fresh reports whether a run of this process ended since the last call: something may follow from
// it.
func (w *worker) fresh() bool {
	w.lock.Lock()
	defer w.lock.Unlock()
	ended := w.ended
	w.ended = false
	return ended
}

// look inserts the jobs that follow from the results, and returns where the study stands.
func (w *worker) look(ctx context.Context) (Status, error) {
	entry, err := w.queue.Study(ctx, w.study.Name) // others may have cancelled it, or added seeds, or taken some away
	if err != nil {
		return Status{}, err
	}
	if !reflect.DeepEqual(entry.Spec, w.study.Spec) {
		w.study, w.inserted = &entry.Study, map[string]bool{}
	}
	p, err := w.queue.Progress(ctx, w.study, w.results)
	if err != nil {
		return Status{}, err
	}
	if entry.State == Active {
		if err := w.fill(ctx, p); err != nil {
			return Status{}, err
		}
	}
	w.lock.Lock()
	shares := maps.Clone(w.shares)
	w.lock.Unlock()
	return w.queue.status(ctx, entry, p, w.results, shares)
}

// fill inserts the jobs that are missing. If the study has become another in the meantime, some of
// them may not be needed any more: they go again.
func (w *worker) fill(ctx context.Context, p study.Progress) error {
	var missing []study.Run
	for _, r := range p.Runs() {
		if _, done := w.results[r.Key]; !done && !w.inserted[r.Key] {
			missing = append(missing, r)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if err := insert(ctx, w.client, w.study, missing); err != nil {
		return err
	}
	for _, r := range missing {
		w.inserted[r.Key] = true
	}
	now, err := w.queue.Study(ctx, w.study.Name)
	if err != nil || now.State == Active && reflect.DeepEqual(now.Spec, w.study.Spec) {
		return err
	}
	if now.State != Active {
		return w.queue.cancelJobs(ctx, w.study.Name)
	}
	return w.queue.settle(ctx, &now.Study)
}

// backOff is how long a failed run waits: 1, 4, 16, 64 times its unit, which is a second, and then
// five minutes. River asks before it adds the error.
type backOff struct{ unit time.Duration }

func (b backOff) NextRetry(job *rivertype.JobRow) time.Time {
	wait := b.unit << min(2*len(job.Errors), 20)
	return time.Now().Add(min(wait, 5*time.Minute))
}

// logHandler passes on River's warnings and errors.
type logHandler struct{ w *worker }

func (h logHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelError
}
func (h logHandler) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h logHandler) WithGroup(string) slog.Handler      { return h }
func (h logHandler) Handle(_ context.Context, r slog.Record) error {
	var parts []string
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "error" || a.Key == "err" {
			parts = append(parts, a.Value.String())
		}
		return true
	})
	if len(parts) > 0 {
		h.w.noteOutage(errors.New(strings.Join(parts, " ")))
	}
	h.w.log("%s %s", r.Message, strings.Join(parts, " "))
	return nil
}

// errLost says that a job is no longer this worker's.
var errLost = errors.New("another worker has the run")
