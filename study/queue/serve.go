package queue

import (
	"context"
	"errors"
	"fmt"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
)

// ServeOptions say how a worker goes from study to study. Others, if set, says which studies this
// worker takes at all.
type ServeOptions struct {
	WorkOptions
	Once bool // ends when no study has anything left to run
}

// serving is a worker's way from study to study.
type serving struct {
	queue  *Queue
	work   WorkOptions
	wanted func(name string) bool // which studies the caller wants; all if nil
	left   map[string]error       // to others, and why
	told   map[string]bool        // of studies that cannot be read
	fail   error                  // of the runs that failed
}

// Serve works on the studies of the database, one after another, until the context ends: those of
// lower priority numbers first, and of these the first of which a run can be begun. A study that
// this process cannot work on, such as one begun with other kernels or data, is left to others, and
// Log says so once. The error of a run that failed comes at the end.
func (q *Queue) Serve(ctx context.Context, o ServeOptions) error {
	if err := fault.NoContext(ctx); err != nil {
		return err
	}
	work, err := o.WorkOptions.resolved()
	if err != nil {
		return err
	}
	if work.Log == nil {
		work.Log = func(string) {}
	}
	s := &serving{
		queue: q, work: work, wanted: work.Others, left: map[string]error{}, told: map[string]bool{},
	}
	s.work.Others = s.wants
	return s.serve(ctx, o.Once)
}

func (s *serving) serve(ctx context.Context, once bool) error {
	for {
		worked, err := s.next(ctx)
		switch {
		case errors.Is(err, classify.ErrInterrupted) || ctx.Err() != nil:
			return fmt.Errorf("%w; the runs went back to the queue", classify.ErrInterrupted)
		case err != nil:
			return err
		case worked:
			continue
		case once:
			return s.verdict()
		}
		pause(ctx, s.work.times.idle) // the next look sees whether the context has ended
	}
}

// next works on a study that has something to do. What keeps this process from a study is told
// once.
func (s *serving) next(ctx context.Context) (bool, error) {
	status, err := s.choose(ctx)
	if err != nil || status == nil {
		return false, err
	}
	name := status.Name
	s.work.Log(fmt.Sprintf("working on %s: %d of %d runs are complete", name, status.Complete, status.Total()))
	done, err := s.queue.Work(ctx, name, s.work)
	if unfit := (*Unfit)(nil); errors.As(err, &unfit) {
		s.leave(name, unfit)
		return true, nil
	}
	if Damaged(err) {
		s.leave(name, err)
		return true, nil
	}
	if done.State == Failed {
		s.fail = done.Failure()
		s.work.Log(s.fail.Error())
	}
	return true, err
}

// leave leaves a study to others, and tells why.
func (s *serving) leave(name string, err error) {
	s.left[name] = err
	reason := err
	if unfit := (*Unfit)(nil); errors.As(err, &unfit) {
		reason = unfit.Reason
	}
	s.work.Log(fmt.Sprintf("study %s is left to others until this worker is started again: %v", name, reason))
}

// tell says once of a study that it cannot be read. The others do not wait for it.
func (s *serving) tell(err error) {
	if text := err.Error(); !s.told[text] {
		s.told[text] = true
		s.work.Log(text + "; it is left out")
	}
}

// choose returns the first study of which a run can be begun, else the first that is not done: its
// last runs may fail, or more follow from them. It returns nil if there is none.
func (s *serving) choose(ctx context.Context) (*Status, error) {
	all, err := s.queue.stored(ctx, "")
	if err != nil {
		return nil, err
	}
	var first *Status
	for _, e := range all {
		if e.err != nil {
			s.tell(e.err)
			continue
		}
		if e.State != Active || !s.wants(e.Name) {
			continue
		}
		status, err := s.queue.statusOf(ctx, e.Entry)
		if Damaged(err) {
			s.leave(e.Name, err)
			continue
		}
		if err != nil {
			return nil, err
		}
		if status.Done() {
			continue
		}
		ready, err := s.queue.Ready(ctx, e.Name)
		if err != nil {
			return nil, err
		}
		if ready {
			return &status, nil
		}
		if first == nil {
			first = &status
		}
	}
	return first, nil
}

// wants reports whether a study is wanted and has not been left to others.
func (s *serving) wants(name string) bool {
	return s.left[name] == nil && (s.wanted == nil || s.wanted(name))
}

// verdict is how a worker ends that has nothing left to do: by an error if it is not true that all
// is done.
func (s *serving) verdict() error {
	if s.fail != nil {
		return s.fail
	}
	for _, err := range s.left {
		return fmt.Errorf("runs are left to other workers: %w", err)
	}
	return nil
}
