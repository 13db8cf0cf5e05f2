package classify

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/filelock"
)

// The files of a run folder.
const (
	configFile     = "config.yaml"
	metricsFile    = "metrics.jsonl"
	checkpointFile = "checkpoint.safetensors"
	ModelFile      = "model.safetensors"
	summaryFile    = "summary.json"
	CurveFile      = "curve.svg"
	ConfusionFile  = "confusion.svg"
	WorstFile      = "worst.png"
	MistakesFile   = "worst.csv"
	lockFile       = ".lock"
)

// resultFiles are what a finished run has beside its state, the one that tells that it is finished first.
var resultFiles = []string{summaryFile, ModelFile, CurveFile, ConfusionFile, WorstFile, MistakesFile, picturesFile}

// path returns the place of a file of the run folder.
func (r *run) path(name string) string { return filepath.Join(r.Dir, name) }

// openFolder creates the run folder, or opens it and restores the run. It writes a checkpoint and reads it
// back, so that a folder that cannot hold one is found out before the first step. A new folder where that
// fails is removed again.
func (r *run) openFolder() (err error) {
	defer func() {
		if err != nil {
			err = folderError{err}
		}
	}()
	if r.Dir == "" {
		return nil
	}
	if r.Resume {
		return r.reopen()
	}
	made, err := r.claim()
	if err != nil {
		return err
	}
	if err := r.begin(); err != nil {
		for _, name := range []string{configFile, metricsFile, checkpointFile, lockFile} {
			os.Remove(r.path(name))
		}
		if made {
			os.Remove(r.Dir)
		}
		return err
	}
	return nil
}

// folderError is an error of a run's folder.
type folderError struct{ error }

func (e folderError) Unwrap() error { return e.error }

// OfFolder reports whether what kept a run from beginning is its folder, rather than its configuration or data: in another
// folder it may do well.
func OfFolder(err error) bool { return errors.As(err, new(folderError)) }

// errTaken is the error of a folder that holds something.
var errTaken = errors.New("exists and is not empty")

// claim takes a new or empty folder, under the first free number if Number is set. made tells whether the
// folder is new.
func (r *run) claim() (made bool, err error) {
	base := r.Dir
	for n := 2; ; n++ {
		made, err = r.claimOne()
		if !r.Number || !errors.Is(err, errTaken) && !errors.Is(err, filelock.ErrHeld) {
			return made, err
		}
		r.Dir = fmt.Sprintf("%s-%d", base, n)
	}
}

// claimOne takes the folder Dir. It looks again when it has the lock, for another process may have come and
// gone meanwhile.
func (r *run) claimOne() (made bool, err error) {
	if made, err = vacant(r.Dir); err != nil {
		return false, err
	}
	if err := os.MkdirAll(r.Dir, 0o755); err != nil {
		return false, fault.Inputf("run folder: %w", err)
	}
	if err := r.lock(); err != nil {
		return false, err
	}
	if _, err := vacant(r.Dir); err != nil {
		r.unlock()
		r.unlock = nil
		return false, err
	}
	return made, nil
}

// Vacant returns an error unless a run can begin in dir, for whoever works long before it does.
func Vacant(dir string) error {
	_, err := vacant(dir)
	return err
}

// vacant returns an error unless a run can begin in dir, and whether dir does not exist yet. What a run leaves
// that was killed before it wrote its configuration does not count.
func vacant(dir string) (missing bool, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, fault.Inputf("run folder %s: %w", dir, err)
	}
	for _, e := range entries {
		if name := e.Name(); name != lockFile && !atomicfile.IsTemporary(name, configFile) {
			return false, fault.Inputf("run folder %s %w%s", dir, errTaken, instead(dir))
		}
	}
	return false, nil
}

// instead says what to do about a folder that is taken, by what takes it.
func instead(dir string) string {
	switch {
	case exists(filepath.Join(dir, summaryFile)):
		return ": it holds a complete run; choose another with --out"
	case exists(filepath.Join(dir, configFile)):
		return fmt.Sprintf(": it holds a run that is not complete; choose another with --out, or continue it with --resume %s", dir)
	}
	return ", and holds no run; choose another with --out"
}

// lock keeps other processes from writing to the folder, and removes what killed ones left half-written.
func (r *run) lock() (err error) {
	if r.unlock, err = filelock.Acquire(r.path(lockFile)); err != nil {
		return fault.Inputf("run folder %s: %w", r.Dir, err)
	}
	entries, err := os.ReadDir(r.Dir)
	for _, e := range entries {
		for _, name := range append([]string{configFile, checkpointFile}, resultFiles...) {
			if atomicfile.IsTemporary(e.Name(), name) {
				err = errors.Join(err, os.Remove(r.path(e.Name())))
			}
		}
	}
	return err
}

// begin writes the first files of a new run.
func (r *run) begin() error {
	data, err := r.config.YAML()
	if err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(r.path(configFile), data); err != nil {
		return err
	}
	return r.openJournal()
}

// reopen brings the run to where its folder says it is.
func (r *run) reopen() error {
	if _, err := os.Stat(r.Dir); err != nil {
		return fault.Inputf("run folder: %w", err)
	}
	if err := r.lock(); err != nil {
		return err
	}
	p, err := r.engine.restore(r.path(checkpointFile))
	switch {
	case err == nil:
		r.progress = p
	case !errors.Is(err, fs.ErrNotExist): // without a checkpoint the run begins again
		return err
	}
	finished, err := r.finished()
	if err != nil {
		return err
	}
	amended, err := r.amended(r.progress.step, finished)
	if err != nil {
		return err
	}
	if err := r.amend(amended); err != nil {
		return err
	}
	if r.progress.step < r.config.end() {
		r.progress.origins = continued(r.progress.origins, originHere(r.engine.cpu, r.progress.step+1))
	}
	if err := r.openJournal(); err != nil {
		return err
	}
	metrics, err := ReadMetrics(r.path(metricsFile))
	for _, m := range metrics {
		if r.logged = m.Step; m.DevAccuracy != nil {
			r.devScore, r.devStep = m.DevAccuracy, m.Step
		}
	}
	if err == nil && r.logged > r.progress.step {
		err = fault.Inputf("%s: step %d, but the checkpoint is of step %d", r.path(metricsFile), r.logged, r.progress.step)
	}
	return err
}

// openJournal opens metrics.jsonl where the run stands, writes a checkpoint and reads it back.
func (r *run) openJournal() (err error) {
	if r.journal, err = openJournal(r.path(metricsFile), r.progress.metricsBytes); err != nil {
		return err
	}
	if err := r.checkpoint(); err != nil {
		return err
	}
	_, err = r.engine.restore(r.path(checkpointFile))
	return err
}

// checkpoint saves the run's state, if there is a folder and the state is sound.
func (r *run) checkpoint() error {
	if finite, err := r.engine.finite(); err != nil {
		return err
	} else if !finite {
		return r.engine.diverged(r.progress.step, "a parameter", nan)
	}
	if r.Dir == "" {
		return nil
	}
	if err := r.journal.sync(); err != nil {
		return err
	}
	r.progress.metricsBytes = r.journal.bytes
	return r.engine.save(r.path(checkpointFile), r.progress)
}

// nameOf returns the name of a regularizer's text form.
func nameOf(text string) string {
	name, _, _ := strings.Cut(text, ":")
	return name
}
