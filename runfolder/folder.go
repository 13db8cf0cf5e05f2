package runfolder

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/filelock"
)

// lockFile is locked by the process that has the folder.
const lockFile = ".lock"

// Layout names the files of a kind of run.
type Layout struct {
	Config, Journal, State string
	// Results are the files of a finished run, the one that says that it is finished first.
	Results []string
}

// Folder is a run folder that this process has to itself.
type Folder struct {
	Dir    string
	layout Layout
	made   bool // the folder did not exist
	unlock func()
}

// ErrTaken is the error of a folder that holds something.
var ErrTaken = errors.New("exists and is not empty")

// Path returns the place of a file of the folder.
func (f *Folder) Path(name string) string { return filepath.Join(f.Dir, name) }

// Running reports whether a process has the folder dir.
func Running(dir string) bool { return filelock.Held(filepath.Join(dir, lockFile)) }

// Close gives the folder back. Closing again does nothing.
func (f *Folder) Close() {
	if f != nil && f.unlock != nil {
		f.unlock()
		f.unlock = nil
	}
}

// Claim takes a new or empty folder for a run that begins. If number is set and the folder is
// taken, also by a process that claims it at the same moment, it is dir-2, dir-3 and so on.
func Claim(dir string, number bool, l Layout) (*Folder, error) {
	base := dir
	for n := 2; ; n++ {
		f, err := claim(dir, l)
		if !number || !errors.Is(err, ErrTaken) && !errors.Is(err, filelock.ErrHeld) {
			return f, err
		}
		dir = fmt.Sprintf("%s-%d", base, n)
	}
}

// claim takes dir. It looks again when it has the lock, for another process may have come and gone
// meanwhile.
func claim(dir string, l Layout) (*Folder, error) {
	made, err := l.vacant(dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fault.Inputf("run folder: %w", err)
	}
	f := &Folder{Dir: dir, layout: l, made: made}
	if err := f.lock(); err != nil {
		return nil, err
	}
	if _, err := l.vacant(dir); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Open takes the folder of a run that goes on, and removes what killed processes left half-written.
func Open(dir string, l Layout) (*Folder, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, fault.Inputf("run folder: %w", err)
	}
	f := &Folder{Dir: dir, layout: l}
	return f, f.lock()
}

// Abandon removes what a run wrote that could not begin, and the folder if Claim made it. The
// folder is given back.
func (f *Folder) Abandon() {
	for _, name := range []string{f.layout.Config, f.layout.Journal, f.layout.State} {
		os.Remove(f.Path(name))
	}
	os.Remove(f.Path(lockFile))
	if f.made {
		os.Remove(f.Dir)
	}
	f.Close()
}

// RemoveResults removes the results, first the one that says that the run is finished: what is
// killed on the way is a run as it was before it had any.
func (f *Folder) RemoveResults() error {
	for _, name := range f.layout.Results {
		if err := os.Remove(f.Path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// Begin writes the configuration of a new run and does the rest of its beginning. A folder in which
// that fails is abandoned.
func (f *Folder) Begin(config []byte, rest func() error) error {
	err := f.WriteConfig(config)
	if err == nil {
		err = rest()
	}
	if err != nil {
		f.Abandon()
	}
	return err
}

// WriteConfig writes the configuration.
func (f *Folder) WriteConfig(data []byte) error {
	return atomicfile.WriteBytes(f.Path(f.layout.Config), data)
}

// CheckVacant returns an error unless a run can begin in dir, for whoever works long before it
// does.
func (l Layout) CheckVacant(dir string) error {
	_, err := l.vacant(dir)
	return err
}

// vacant returns an error unless a run can begin in dir, and whether dir does not exist yet. What a
// run leaves that was killed before it wrote its configuration does not count.
func (l Layout) vacant(dir string) (missing bool, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, fault.Inputf("run folder %s: %w", dir, err)
	}
	for _, e := range entries {
		if name := e.Name(); name != lockFile && !atomicfile.IsTemporary(name, l.Config) {
			return false, fault.Input(l.taken(dir))
		}
	}
	return false, nil
}

// Taken is the error of a folder in which a run cannot begin.
type Taken struct {
	Dir string
	// Finished and Begun tell of the run that the folder holds; neither is set if it holds none.
	Finished, Begun bool
}

// Error says what the folder holds.
func (t *Taken) Error() string {
	what := ", and holds no run"
	switch {
	case t.Finished:
		what = ": it holds a complete run"
	case t.Begun:
		what = ": it holds a run that is not complete"
	}
	return fmt.Sprintf("run folder %s %v%s", t.Dir, ErrTaken, what)
}

// Unwrap returns ErrTaken.
func (t *Taken) Unwrap() error { return ErrTaken }

func (l Layout) taken(dir string) error {
	exists := func(name string) bool {
		_, err := os.Stat(filepath.Join(dir, name))
		return err == nil
	}
	return &Taken{Dir: dir, Finished: exists(l.Results[0]), Begun: exists(l.Config)}
}

// lock keeps other processes from writing to the folder, and removes what killed ones left
// half-written.
func (f *Folder) lock() (err error) {
	if f.unlock, err = filelock.Acquire(f.Path(lockFile)); err != nil {
		return fault.Inputf("run folder %s: %w", f.Dir, err)
	}
	entries, err := os.ReadDir(f.Dir)
	for _, e := range entries {
		for _, name := range append([]string{f.layout.Config, f.layout.State}, f.layout.Results...) {
			if atomicfile.IsTemporary(e.Name(), name) {
				err = errors.Join(err, os.Remove(f.Path(e.Name())))
			}
		}
	}
	if err != nil {
		f.Close()
	}
	return err
}
