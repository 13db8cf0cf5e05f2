package queue

import (
	"context"
	"errors"
	"fmt"

	"github.com/riverqueue/river"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/study"
)

// Unfit is why this process cannot work on a study, which others may: its runs stay in the queue.
type Unfit struct {
	Study  string
	Reason error
}

func (u *Unfit) Error() string { return fmt.Sprintf("study %s: %v", u.Study, u.Reason) }
func (u *Unfit) Unwrap() error { return u.Reason }

// checkRequirements returns an Unfit if this process has other kernels, another version or other
// data than a study began with. Data are read once, not whenever a worker comes back to a study: a
// run that does not find them will tell.
func (q *Queue) checkRequirements(ctx context.Context, e Entry, dirs []string) error {
	if err := e.Here(); err != nil {
		return &Unfit{e.Name, fault.Input(err)}
	}
	known := fmt.Sprintf("%q %v %q", e.Name, e.Identity.Digests, dirs)
	q.lock.Lock()
	read := q.read[known]
	q.lock.Unlock()
	if read {
		return nil
	}
	digests, _, err := study.Describe(ctx, &e.Spec, classify.Options{DataDirs: dirs})
	if err == nil {
		err = e.Identity.CheckDigests(digests)
	}
	if ctx.Err() != nil {
		return classify.Interrupted(ctx)
	}
	if err != nil {
		return &Unfit{e.Name, fault.Input(err)}
	}
	q.lock.Lock()
	defer q.lock.Unlock()
	q.read[known] = true
	return nil
}

// dataChanged reports whether the data of a run that failed are gone or have changed since the
// worker began; it then ends.
func (w *worker) dataChanged(ctx context.Context, job *river.Job[RunArgs]) bool {
	cfg, err := classify.ReadConfig(classify.Config{}, []byte(job.Args.Config))
	if err != nil {
		return false
	}
	digest, err := classify.DataDigest(ctx, cfg, classify.Options{DataDirs: w.opt.DataDirs})
	if err == nil && digest != job.Args.Digest {
		err = errors.New("the images of " + cfg.Data.String() + " are no longer those that it was begun with")
	}
	if err == nil || ctx.Err() != nil {
		return false
	}
	w.lock.Lock()
	defer w.lock.Unlock()
	w.unfit = &Unfit{job.Queue, fault.Input(err)}
	return true
}

// fault returns what a run showed about this process.
func (w *worker) fault() error {
	w.lock.Lock()
	defer w.lock.Unlock()
	return w.unfit
}
