package queue

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// outage is the last thing that went wrong with the database or a disk.
type outage struct {
	err error
	at  time.Time
}

// noteOutage remembers an error of the database or a disk. River itself only logs it, and tries again for ever.
func (w *worker) noteOutage(err error) {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.outage = outage{err, time.Now()}
}

// recentOutage returns the error of the last moments, if there was one: what is tried again and again fails as often.
func (w *worker) recentOutage() error {
	w.lock.Lock()
	defer w.lock.Unlock()
	if w.outage.err == nil || time.Since(w.outage.at) > 2*w.opt.times.other {
		return nil
	}
	return w.outage.err
}

// isFull reports whether an error is that of a full disk. Of some only the text is left: SQLite's,
// whose number 4874 is that of its shared memory, and PostgreSQL's.
func isFull(err error) bool {
	if errors.Is(err, syscall.ENOSPC) {
		return true
	}
	text := strings.ToLower(err.Error())
	return slices.ContainsFunc(
		[]string{"disk is full", "disk i/o error (4874)", "no space left on device"},
		func(s string) bool { return strings.Contains(text, s) },
	)
}

// noRoom is the error of a full disk, which says what to do.
type noRoom struct {
	place string
	error
}

func (n noRoom) Error() string {
	return fmt.Sprintf(
		"the disk of %s is full (%v); make room and start this again: the results so far are safe",
		n.place, n.error,
	)
}

func (n noRoom) Unwrap() error { return n.error }

// place names where the database is.
func (q *Queue) place() string {
	if q.server() {
		return "the database server"
	}
	return filepath.Join(q.dir, File)
}

// gaveUp is the error of a worker after trouble that did not end, which says what to do.
func (q *Queue) gaveUp(err error, runs string) error {
	if isFull(err) {
		return noRoom{q.place() + ", or of " + runs + ",", err}
	}
	return fmt.Errorf(
		"the database does not work (%w); start this again when it does: the results so far are safe",
		err,
	)
}
