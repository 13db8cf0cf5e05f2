package queue

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/classify/figures"
	"github.com/gradreg/gradreg/internal/bug"
	"github.com/gradreg/gradreg/internal/build"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/filelock"
	"github.com/gradreg/gradreg/study"
)

// Work does a job: it trains the run, or goes on with it, and writes its result.
func (w *worker) Work(ctx context.Context, job *river.Job[RunArgs]) error {
	args := job.Args
	w.begin(args.Key)
	defer w.end(ctx, job)
	if err := study.CheckKey(args.Key); err != nil { // it names folders that are removed
		err = fault.Inputf("the job in the database: %w", err)
		w.lock.Lock()
		w.forged = true
		w.lock.Unlock()
		w.failed(job, err)
		return w.queue.hide(err)
	}
	if done, err := w.queue.has(ctx, args.Key); err != nil || done {
		return w.queue.hide(err) // nil ends the job
	}
	if other, err := w.elsewhere(ctx, job.JobRow); err != nil || other {
		if err == nil {
			err = river.JobSnooze(w.opt.times.other)
		}
		return w.queue.hide(err)
	}
	runCtx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		var bugs bug.Keeper
		defer func() {
			if err := bugs.Err(); err != nil {
				cancel(err) // the run stops, as its claim is no longer renewed
			}
		}()
		defer bugs.Keep()
		w.renew(runCtx, job.JobRow, cancel)
	}()
	result, err := w.train(runCtx, args)
	switch {
	case err == nil:
		return w.queue.hide(w.finish(ctx, job, result))
	case errors.Is(context.Cause(runCtx), errLost):
		return errLost // River leaves a job alone that is no longer this client's
	case errors.Is(err, classify.ErrInterrupted):
		return fmt.Errorf("%w: %w", err, context.Cause(runCtx)) // the client stops, or the job was cancelled
	case errors.Is(err, filelock.ErrHeld):
		return river.JobSnooze(w.opt.times.other)
	case fault.IsInput(err) && w.dataChanged(runCtx, job):
		return river.JobSnooze(w.opt.times.other) // gives it back, and the attempt with it
	case fault.IsInput(err) && runCtx.Err() != nil: // too late to see whether it is the data: another time will tell
		return fmt.Errorf("%w: %w", classify.ErrInterrupted, context.Cause(runCtx))
	case err != nil && isFull(err):
		w.noteOutage(err)
		w.logAs("a full disk", "%s waits: %v", args.Name, err)
		return river.JobSnooze(w.opt.times.other)
	}
	w.failed(job, err)
	return w.queue.hide(err)
}

// begin notes that a run begins.
func (w *worker) begin(key string) {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.shares[key] = 0
}

// took notes how many of its steps a run of this process has taken. A search for λ within a run
// trains others, which do not count.
func (w *worker) took(key string, step, steps int) {
	w.lock.Lock()
	defer w.lock.Unlock()
	if _, begun := w.shares[key]; begun {
		w.shares[key] = float64(step) / float64(steps)
	}
}

// end notes that a run has ended, or was given back unfinished.
func (w *worker) end(ctx context.Context, job *river.Job[RunArgs]) {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.ended = true
	delete(w.shares, job.Args.Key)
	if ctx.Err() != nil {
		w.interrupted = append(w.interrupted, job.ID)
	}
}

// failed says that a run has failed, and keeps River from trying again what cannot work: a
// configuration that the data do not suit. With its folder it may be otherwise another time, or on
// another machine.
func (w *worker) failed(job *river.Job[RunArgs], err error) {
	then := fmt.Sprintf("attempt %d of %d", job.Attempt, job.MaxAttempts)
	if fault.IsInput(err) && !classify.IsFolderError(err) {
		job.MaxAttempts = job.Attempt
		then = "it is not tried again"
	}
	w.logAs(err.Error(), "%s failed: %v; %s", job.Args.Name, err, then)
}

// elsewhere reports whether another study's job of the same run is running and came first.
func (w *worker) elsewhere(ctx context.Context, job *rivertype.JobRow) (bool, error) {
	page, err := w.client.JobList(
		ctx,
		river.NewJobListParams().TagsAny(job.Tags...).States(rivertype.JobStateRunning).First(10),
	)
	if err != nil {
		return false, err
	}
	for _, j := range page.Jobs {
		if j.ID < job.ID {
			return true, nil
		}
	}
	return false, nil
}

// renew says from time to time that the job's worker is alive. When the job is no longer its own,
// which happens to a process that was paused, the run stops; but in a folder, where the new worker
// waits for the lock, it may as well finish.
func (w *worker) renew(ctx context.Context, job *rivertype.JobRow, stop context.CancelCauseFunc) {
	ticker := time.NewTicker(w.opt.Lease / 5)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		row, err := w.queue.touch(ctx, job.ID, w.queue.now().UTC())
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			w.log("%v; still training %s", err, job.Tags)
		case row.State != rivertype.JobStateRunning || row.Attempt != job.Attempt:
			if w.share {
				stop(errLost)
			}
			return
		}
	}
}

// finish writes the result and ends the job, in one transaction. It does not give up at once when
// the database is away, unless the worker is asked to stop: the run is then done again, from its last
// checkpoint.
func (w *worker) finish(ctx context.Context, job *river.Job[RunArgs], result study.Result) error {
	err := w.commit(context.WithoutCancel(ctx), job, result)
	for try := 0; err != nil && try < 6; try++ {
		w.log("%v; trying again to write a result", err)
		if !pause(ctx, w.opt.times.retry<<try) {
			return fmt.Errorf("%w: %w", err, context.Cause(ctx))
		}
		err = w.commit(context.WithoutCancel(ctx), job, result)
	}
	if err != nil || w.opt.Keep {
		return err
	}
	if err := os.RemoveAll(w.dir(job.Args.Key)); err != nil {
		w.log("%v", err) // the result is safe
	}
	return nil
}

func (w *worker) commit(ctx context.Context, job *river.Job[RunArgs], result study.Result) error {
	return w.queue.keep(ctx, job.Args, result, func(ctx context.Context, tx *sql.Tx) error {
		err := complete(ctx, tx, job)
		if errors.Is(err, rivertype.ErrNotFound) {
			// a job that was cancelled, or given to another, a moment ago is not ours to end; the
			// result is true all the same
			return nil
		}
		return err
	})
}

// keep writes a result in the place of the run's state, if there is none yet, and in the same
// transaction what also writes.
func (q *Queue) keep(
	ctx context.Context, args RunArgs, result study.Result,
	also func(context.Context, *sql.Tx) error,
) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	text, err := json.Marshal(result)
	if err != nil {
		return err
	}
	tx, err := q.pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(
		ctx,
		q.bind("INSERT INTO gradreg_result (key, result, config) VALUES (?, ?, ?) ON CONFLICT (key) DO NOTHING"),
		args.Key, string(text), args.Config,
	); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, q.bind("DELETE FROM gradreg_checkpoint WHERE key = ?"), args.Key); err != nil {
		return err
	}
	if also != nil {
		if err := also(ctx, tx); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// dir returns the folder of a run.
func (w *worker) dir(key string) string { return filepath.Join(w.runs, key) }

// train trains a run from where its folder or the database says that it is.
func (w *worker) train(ctx context.Context, args RunArgs) (study.Result, error) {
	cfg, err := classify.ReadConfig(classify.Config{}, []byte(args.Config))
	if err != nil {
		return study.Result{}, err
	}
	dir := w.dir(args.Key)
	if w.share {
		err := w.queue.restore(ctx, args.Key, dir)
		if fault.IsInput(err) {
			w.log("%v; beginning that run again", err)
			_, err = w.queue.pool.ExecContext(
				ctx, w.queue.bind("DELETE FROM gradreg_checkpoint WHERE key = ?"), args.Key,
			)
		}
		if err != nil {
			return study.Result{}, err
		}
	}
	opt := classify.Options{
		Dir: dir, Resume: classify.HasRun(dir), DataDirs: w.opt.DataDirs, Digest: args.Digest,
		Threads: 1, Draw: figures.Draw,
		Started: func(s classify.Start) {
			if s.Step > 0 {
				w.log("going on with %s after step %d of %d", args.Name, s.Step, s.Steps)
			}
			w.took(args.Key, s.Step, s.Steps)
		},
		Stepped: func(p classify.Progress) { w.took(args.Key, p.Step, p.Steps) },
	}
	if w.share {
		opt.Saved = w.saver(ctx, args.Key, cfg.Steps)
	}
	result, err := w.attempt(ctx, args, cfg, opt)
	if opt.Resume && fault.IsInput(err) && !errors.Is(err, filelock.ErrHeld) {
		w.log("%v; beginning that run again", err)
		if err := os.RemoveAll(dir); err != nil {
			return result, err
		}
		opt.Resume = false
		result, err = w.attempt(ctx, args, cfg, opt)
	}
	if errors.Is(err, classify.ErrDiverged) {
		result, err = study.Result{Diverged: err.Error()}, nil
	}
	if info := build.Current(); result.Version == "" {
		result.Version, result.Commit = info.Version, info.Commit
	}
	result.Key, result.Machine = args.Key, build.Machine()
	result.Worker, result.Finished = w.client.ID(), w.queue.now().UTC().Format(time.RFC3339)
	return result, err
}

// attempt trains and evaluates.
func (w *worker) attempt(
	ctx context.Context, args RunArgs, cfg classify.Config, opt classify.Options,
) (study.Result, error) {
	cfg, err := w.choose(ctx, args, cfg, opt)
	if err != nil {
		return study.Result{}, err
	}
	if !args.Final {
		t, err := classify.Probe(ctx, cfg, opt)
		return study.TrialResult(t).Searched(cfg), err
	}
	if opt.Resume {
		// A worker died between the end of the run and that of its job, or somebody put a summary
		// there. The checkpoint, which is known to be of this configuration, is evaluated again.
		if err := os.Remove(filepath.Join(opt.Dir, "summary.json")); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return study.Result{}, err
		}
	}
	s, err := classify.Run(ctx, cfg, opt)
	if err != nil {
		return study.Result{}, err
	}
	metrics, err := classify.ReadMetrics(filepath.Join(opt.Dir, "metrics.jsonl"))
	return study.FinalResult(s, metrics), err
}
