// Package filelock keeps two processes from writing to one folder.
package filelock

import "errors"

// ErrHeld is returned when another process holds the lock.
var ErrHeld = errors.New("another process is writing to it")
