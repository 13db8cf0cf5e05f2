package queue

import (
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river/rivertype"

	"github.com/gradreg/gradreg/study"
)

// longestWait is more than any job is put off: backOff gives five minutes at most.
const longestWait = 10 * time.Minute

// repair looks at the jobs from time to time, and at once after one with another key than a run's.
func (w *worker) repair(ctx context.Context) error {
	w.lock.Lock()
	forged := w.forged
	w.lock.Unlock()
	if !forged && time.Since(w.repaired) < w.opt.times.wake {
		return nil
	}
	w.repaired = time.Now()
	if n, err := w.queue.wake(ctx, w.study.Name, w.opt.Lease); err != nil {
		return err
	} else if n > 0 {
		w.log("%d runs were put off far into the future, by a clock that was ahead; they are taken up now", n)
	}
	if !forged {
		return nil
	}
	n, err := w.queue.dropForged(ctx, w.study.Name)
	if n > 0 {
		w.inserted = map[string]bool{}
		w.lock.Lock()
		w.forged = false
		w.lock.Unlock()
	}
	return err
}

// dropForged removes the failed jobs of a study whose keys are those of no run: River takes each
// still for that of the run that it was inserted for, which could not have another. It returns how
// many there were.
func (q *Queue) dropForged(ctx context.Context, name string) (int, error) {
	jobs, err := q.jobs(ctx, name)
	if err != nil {
		return 0, err
	}
	client, err := q.client()
	if err != nil {
		return 0, err
	}
	count := 0
	for _, j := range jobs {
		if study.CheckKey(j.Key) == nil || j.State != Failed && j.State != Cancelled {
			continue
		}
		if _, err := client.JobDelete(ctx, j.ID); err != nil && !errors.Is(err, rivertype.ErrNotFound) {
			return count, err
		}
		count++
	}
	return count, nil
}

// wake takes back the jobs of a study whose times lie further in the future than anything puts
// them: a wall clock was ahead when they were written. Those that wait are made available, those
// that run seem so only as long as a living worker says it again. It returns how many there were.
func (q *Queue) wake(ctx context.Context, name string, lease time.Duration) (int, error) {
	jobs, err := q.jobs(ctx, name)
	if err != nil {
		return 0, err
	}
	client, err := q.client()
	if err != nil {
		return 0, err
	}
	count, now := 0, q.now().UTC()
	for _, j := range jobs {
		switch {
		case (j.State == Waiting || j.State == Retrying) && j.scheduled.After(now.Add(longestWait)):
			_, err = client.JobRetry(ctx, j.ID)
		case j.State == Running && j.Since.After(now.Add(lease)):
			_, err = q.touch(ctx, j.ID, now)
		default:
			continue
		}
		if err != nil && !errors.Is(err, rivertype.ErrNotFound) {
			return count, err
		}
		count++
	}
	return count, nil
}
