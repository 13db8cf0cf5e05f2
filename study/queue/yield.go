package queue

import (
	"context"
	"errors"
	"slices"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"

	"github.com/gradreg/gradreg/internal/fault"
)

// errYield ends the work on a study for the sake of another.
var errYield = errors.New("another study is to be worked on")

// Ready reports whether a run of a study could be begun now.
func (q *Queue) Ready(ctx context.Context, name string) (bool, error) {
	if err := fault.NoContext(ctx); err != nil {
		return false, err
	}
	client, err := q.client()
	if err != nil {
		return false, err
	}
	page, err := client.JobList(ctx, river.NewJobListParams().Queues(name).States(rivertype.JobStateAvailable).
		OrderBy(river.JobListOrderByScheduledAt, river.SortOrderAsc).First(1))
	if err != nil {
		return false, q.hide(err)
	}
	// A run that failed a moment ago, or waits for its twin of another study, is available at a
	// time to come.
	return len(page.Jobs) > 0 && !page.Jobs[0].ScheduledAt.After(q.now()), nil
}

// yields reports whether another study is to be worked on rather than this one. Without an answer
// it goes on.
func (w *worker) yields(ctx context.Context, status Status) bool {
	if w.opt.Others == nil {
		return false
	}
	all, err := w.queue.headers(ctx)
	if err != nil {
		return false
	}
	for _, h := range all {
		if h.name == w.study.Name {
			if ready, err := w.queue.Ready(ctx, h.name); err != nil || ready || w.busy(status) {
				return false
			}
			continue // with those that come after it, for this one has nothing to begin
		}
		if h.state != Active || !w.opt.Others(h.name) {
			continue
		}
		if ready, err := w.queue.Ready(ctx, h.name); err != nil || !ready {
			continue
		}
		if _, err := w.queue.Study(ctx, h.name); err == nil { // else nobody can work on it
			return true
		}
	}
	return false
}

// busy reports whether this process has runs of the study.
func (w *worker) busy(status Status) bool {
	return slices.ContainsFunc(status.Jobs, func(j Job) bool { return j.State == Running && j.Worker == w.client.ID() })
}
