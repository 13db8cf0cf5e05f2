package queue

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// trouble is the last thing that went wrong with the database or a disk.
type trouble struct {
	err error
	at  time.Time
}

// happened takes notice of trouble. River itself only logs it, and tries again for ever.
func (w *worker) happened(err error) {
	w.lock.Lock()
	defer w.lock.Unlock()
	w.wrong = trouble{err, time.Now()}
}

// recent returns trouble of the last moments: what is tried again and again fails as often.
func (w *worker) recent() error {
	w.lock.Lock()
	defer w.lock.Unlock()
	if w.wrong.err == nil || time.Since(w.wrong.at) > 2*waitForOther {
		return nil
	}
	return w.wrong.err
}

// isFull reports whether an error is that of a full disk. Of some only the text is left: SQLite's and PostgreSQL's.
func isFull(err error) bool {
	text := strings.ToLower(err.Error())
	return errors.Is(err, syscall.ENOSPC) || strings.Contains(text, "disk is full") || strings.Contains(text, "no space left on device")
}

// gaveUp is the error of a worker after trouble that did not end, which says what to do.
func (q *Queue) gaveUp(err error, runs string) error {
	place := "of the database server, or of " + runs
	if !q.server() {
		place = "of " + filepath.Join(q.dir, File) + ", or of " + runs
	}
	if isFull(err) {
		return fmt.Errorf("the disk %s, is full (%w); make room and start this again: the results so far are safe", place, err)
	}
	return fmt.Errorf("the database does not work (%w); start this again when it does: the results so far are safe", err)
}
