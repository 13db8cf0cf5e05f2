//go:build !unix

package filelock

import (
	"errors"
	"os"
)

// Acquire takes the lock that the file at path stands for, or returns ErrHeld. Where the system has
// no advisory locks, a process that is killed leaves the file behind, and it has to be removed by
// hand.
func Acquire(path string) (release func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o644)
	if errors.Is(err, os.ErrExist) {
		return nil, ErrHeld
	}
	if err != nil {
		return nil, err
	}
	return func() {
		f.Close()
		os.Remove(path)
	}, nil
}

// Held reports whether another process holds the lock that the file at path stands for. It takes
// and writes nothing.
func Held(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
