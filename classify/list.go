package classify

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/runfolder"
)

// State is how far a run has come.
type State string

// The states of a run.
const (
	StateFinished    State = "finished"    // it has a model and a result
	StateRunning     State = "running"     // a process works on it
	StateInterrupted State = "interrupted" // it can be resumed
	StateDamaged     State = "damaged"     // its folder cannot be read
)

// Listed is a run's folder and what it says of the run.
type Listed struct {
	Dir     string
	State   State
	Config  Config    // zero of a damaged one
	Step    int       // steps taken, as far as results or metrics say
	Summary *Summary  // of a finished run
	Changed time.Time // when what State goes by was written last
	Err     error     // what is wrong with a damaged one
}

// List finds the run folders in dir, dir itself if it is one, and in the folders in it, in the
// order of their paths. One that is damaged does not keep the others from being listed. Hidden
// folders are passed over, and links to folders followed to runs only. Nothing is written. An error
// is that dir cannot be read.
func List(dir string) ([]Listed, error) {
	if info, err := os.Stat(dir); err != nil {
		return nil, fault.Inputf("%s: %w", dir, pathCause(err))
	} else if !info.IsDir() {
		return nil, fault.Inputf("%s: found a file, expected a folder", dir)
	}
	if run, ok := listed(dir); ok {
		return []Listed{run}, nil
	}
	var runs []Listed
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
		run, ok := listed(path)
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

// listed describes a run folder, if it is one: it has a configuration, and that is ours, or there
// are a run's metrics beside it.
func listed(dir string) (run Listed, ok bool) {
	run.Dir = dir
	place := func(name string) string { return filepath.Join(dir, name) }
	changed, ok := modified(place(configFile))
	if !ok {
		return run, false
	}
	run.Changed = changed
	begun, hasMetrics := modified(place(metricsFile))
	if run.Config, run.Err = FolderConfig(dir); run.Err != nil {
		run.State, run.Config = StateDamaged, Config{}
		return run, hasMetrics
	}
	if hasMetrics {
		run.Changed = begun
	}
	if ended, ok := modified(place(summaryFile)); ok {
		run.State, run.Changed = StateFinished, ended
		s, err := FolderSummary(dir)
		if err == nil {
			if err = s.belongs(run.Config, ""); err != nil {
				err = fault.Inputf("%s: %w", place(summaryFile), err)
			}
		}
		if err != nil {
			run.State, run.Err = StateDamaged, err
			return run, true
		}
		run.Summary, run.Step = &s, s.Steps
		return run, true
	}
	run.State = StateInterrupted
	if runfolder.Running(dir) {
		run.State = StateRunning
	}
	if !hasMetrics {
		return run, true
	}
	metrics, err := ReadMetrics(place(metricsFile))
	if err != nil {
		run.State, run.Err = StateDamaged, err
		return run, true
	}
	if n := len(metrics); n > 0 {
		run.Step = metrics[n-1].Step
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
