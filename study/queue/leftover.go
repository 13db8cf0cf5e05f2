package queue

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/gradreg/gradreg/internal/filelock"
)

// A worker of a server has its runs in a temporary folder, and in it a lock that ends with the
// process.
const (
	temporaryRuns = "gradreg-runs-"
	ownerLock     = "owner.lock"
)

// temporary makes the folder, and removes those of workers that were killed: their runs go on from
// the database.
func temporary() (dir string, done func(), err error) {
	removeLeftovers(os.TempDir())
	if dir, err = os.MkdirTemp("", temporaryRuns); err != nil {
		return "", nil, err
	}
	release, err := filelock.Acquire(filepath.Join(dir, ownerLock))
	if err != nil {
		os.RemoveAll(dir)
		return "", nil, err
	}
	return dir, func() {
		release()
		os.RemoveAll(dir)
	}, nil
}

// removeLeftovers removes the folders of dead workers in a folder for temporary files, as far as
// they are ours to remove. One without a lock may be a moment old, or of an older program that has
// none: it stays.
func removeLeftovers(parent string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), temporaryRuns) {
			continue
		}
		dir := filepath.Join(parent, e.Name())
		lock := filepath.Join(dir, ownerLock)
		if info, err := os.Lstat(dir); err != nil || !info.IsDir() {
			continue
		}
		if info, err := os.Lstat(lock); err != nil || !info.Mode().IsRegular() {
			continue
		}
		release, err := filelock.Acquire(lock)
		if err != nil {
			continue // its owner lives, or it is another user's
		}
		os.RemoveAll(dir)
		release()
	}
}
