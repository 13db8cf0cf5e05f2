package runfolder

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gradreg/gradreg/internal/fault"
)

// Stage is how far a run has come.
type Stage string

// The stages of a run.
const (
	StageFinished    Stage = "finished"    // it has a result
	StageRunning     Stage = "running"     // a process works on it
	StageInterrupted Stage = "interrupted" // it can be resumed
	StageDamaged     Stage = "damaged"     // its folder cannot be read
)

// Listed is a run's folder and what it says of the run, of a kind with configurations C and results R.
type Listed[C, R any] struct {
	Dir     string
	State   Stage
	Config  C         // zero of a damaged one
	Step    int       // steps taken, as far as results or metrics say
	Summary *R        // of a finished run
	Changed time.Time // when what State goes by was written last
	Err     error     // what is wrong with a damaged one
}

// Kind is how the folders of a kind of run are read.
type Kind[C, R any] struct {
	Layout
	Config func(dir string) (C, error)
	Result func(dir string, c C) (r R, steps int, err error) // of a finished run
	Steps  func(dir string) (int, error)                     // that the journal says were taken
}

// List finds the run folders of a kind in dir, dir itself if it is one, and in the folders in it, in
// the order of their paths. One that is damaged does not keep the others from being listed. Hidden
// folders are passed over, and links to folders followed to runs only. Nothing is written. An error
// is that dir cannot be read.
func (k Kind[C, R]) List(dir string) ([]Listed[C, R], error) {
	if info, err := os.Stat(dir); err != nil {
		return nil, fault.Inputf("%s: %w", dir, pathCause(err))
	} else if !info.IsDir() {
		return nil, fault.Inputf("%s: found a file, expected a folder", dir)
	}
	if run, ok := k.listed(dir); ok {
		return []Listed[C, R]{run}, nil
	}
	var runs []Listed[C, R]
	root := dir + string(filepath.Separator) // dir may be a link
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil && path == root:
			return fault.Inputf("%s: %w", dir, pathCause(err))
		case err != nil || path == root:
			return nil // a folder in it that is not ours to read is passed over
		case strings.HasPrefix(e.Name(), ".") && e.IsDir():
			return fs.SkipDir
		case !e.IsDir() && e.Type()&fs.ModeSymlink == 0:
			return nil
		}
		run, ok := k.listed(path)
		if ok {
			runs = append(runs, run)
		}
		if ok && e.IsDir() {
			return fs.SkipDir
		}
		return nil
	})
	return runs, err
}

// pathCause returns what a file system's error says besides operation and name.
func pathCause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// listed describes a run folder, if it is one: it has a configuration, and that is ours, or there is
// a run's journal beside it.
func (k Kind[C, R]) listed(dir string) (run Listed[C, R], ok bool) {
	run.Dir = dir
	damaged := func(err error) (Listed[C, R], bool) {
		run.State, run.Err = StageDamaged, err
		return run, true
	}
	place := func(name string) string { return filepath.Join(dir, name) }
	if run.Changed, ok = modified(place(k.Layout.Config)); !ok {
		return run, false
	}
	begun, hasJournal := modified(place(k.Journal))
	c, err := k.Config(dir)
	if err != nil {
		run, _ = damaged(err)
		return run, hasJournal
	}
	run.Config = c
	if hasJournal {
		run.Changed = begun
	}
	if ended, ok := modified(place(k.Results[0])); ok {
		run.State, run.Changed = StageFinished, ended
		result, steps, err := k.Result(dir, c)
		if err != nil {
			return damaged(err)
		}
		run.Summary, run.Step = &result, steps
		return run, true
	}
	run.State = StageInterrupted
	if Running(dir) {
		run.State = StageRunning
	}
	if !hasJournal {
		return run, true
	}
	if run.Step, err = k.Steps(dir); err != nil {
		return damaged(err)
	}
	return run, true
}

// modified returns when a file was written last, if there is one.
func modified(path string) (time.Time, bool) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return time.Time{}, false
	}
	return info.ModTime(), true
}
