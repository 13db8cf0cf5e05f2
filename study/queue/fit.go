package queue

import (
	"context"
	"errors"
	"fmt"

	"github.com/riverqueue/river"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/study"
	"github.com/gradreg/gradreg/train"
)

// Unfit is why this process cannot work on a study, which others may: its runs stay in the queue.
type Unfit struct {
	Study  string
	Reason error
}

func (u *Unfit) Error() string { return fmt.Sprintf("study %s: %v", u.Study, u.Reason) }
func (u *Unfit) Unwrap() error { return u.Reason }

// fits returns an Unfit if this process has other kernels, another version or other data than those that a study was begun
// with. Data are read once, not whenever a worker comes back to a study: a run that does not find them will tell.
func (q *Queue) fits(ctx context.Context, e Entry, dirs []string) error {
	if err := same(e.Identity); err != nil {
		return &Unfit{e.Name, fault.Input(err)}
	}
	known := fmt.Sprintf("%q %v %q", e.Name, e.Identity.Digests, dirs)
	q.lock.Lock()
	read := q.read[known]
	q.lock.Unlock()
	if read {
		return nil
	}
	digests, _, err := study.Describe(ctx, &e.Spec, train.Options{DataDirs: dirs})
	if err == nil {
		err = sameData(e.Identity, digests)
	}
	if ctx.Err() != nil {
		return train.ErrInterrupted
	}
	if err != nil {
		return &Unfit{e.Name, fault.Input(err)}
	}
	q.lock.Lock()
	defer q.lock.Unlock()
	q.read[known] = true
	return nil
}

// same returns how this process differs from one that a study was begun by.
func same(id study.Identity) error {
	level, err := kernel.Active()
	if err != nil {
		return err
	}
	if id.CPU != level.String() {
		return fmt.Errorf("it was begun with the kernels %s, this process has %s; GRADREG_CPU selects others", id.CPU, level)
	}
	if id.Numbers != train.Numbers {
		return fmt.Errorf("it was begun by a version of the program whose numbers are %d, those of this one are %d", id.Numbers, train.Numbers)
	}
	return nil
}

// sameData returns which data are not those of a study. Data that are new to it are what they are.
func sameData(id study.Identity, digests map[string]string) error {
	for name, digest := range digests {
		if was, ok := id.Digests[name]; ok && was != digest {
			return fmt.Errorf("the images of %s are not those that it was begun with", name)
		}
	}
	return nil
}

// lacks reports whether the data of a run that failed are gone or have changed since the worker began; it then ends.
func (w *worker) lacks(ctx context.Context, job *river.Job[RunArgs]) bool {
	cfg, err := train.ReadConfig(train.Config{}, []byte(job.Args.Config))
	if err != nil {
		return false
	}
	digest, err := train.DataDigest(ctx, cfg, train.Options{DataDirs: w.opt.DataDirs})
	if err == nil && digest != job.Args.Digest {
		err = errors.New("the images of " + cfg.Data + " are no longer those that it was begun with")
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
