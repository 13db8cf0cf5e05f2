package classify

import (
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/runfolder"
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
)

// resultFiles are what a finished run has beside its state, the one that tells that it is finished
// first.
var resultFiles = []string{summaryFile, ModelFile, CurveFile, ConfusionFile, WorstFile, MistakesFile, picturesFile}

// path returns the place of a file of the run folder.
func (r *run) path(name string) string { return filepath.Join(r.Dir, name) }

// layout is what a run folder has.
var layout = runfolder.Layout{Config: configFile, Journal: metricsFile, State: checkpointFile, Results: resultFiles}

// openFolder creates the run folder, or opens it and restores the run. It writes a checkpoint and
// reads it back, so that a folder that cannot hold one is found out before the first step. A new
// folder where that fails is removed again.
func (r *run) openFolder() (err error) {
	defer func() {
		if err != nil {
			err = folderError{err}
		}
	}()
	if r.Dir == "" {
		return nil
	}
	reopen, journal := r.reopen, r.openJournal
	if r.frozen != nil {
		reopen, journal = r.reopenFrozen, r.openFrozenJournal
	}
	if r.Resume {
		return reopen()
	}
	data, err := r.config.YAML()
	if err != nil {
		return err
	}
	if r.folder, err = runfolder.Claim(r.Dir, r.Number, layout); err != nil {
		return err
	}
	r.Dir = r.folder.Dir
	return r.folder.Begin(data, journal)
}

// folderError is an error of a run's folder.
type folderError struct{ error }

func (e folderError) Unwrap() error { return e.error }

// IsFolderError reports whether what kept a run from beginning is its folder, rather than its
// configuration or data: in another folder it may do well.
func IsFolderError(err error) bool { return errors.As(err, new(folderError)) }

// CheckVacant returns an error unless a run can begin in dir, for whoever works long before it
// does.
func CheckVacant(dir string) error { return layout.CheckVacant(dir) }

// reopen brings the run to where its folder says it is.
func (r *run) reopen() error {
	var err error
	if r.folder, err = runfolder.Open(r.Dir, layout); err != nil {
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
		r.progress.origins = continued(r.progress.origins, originHere(
			r.engine.cpu, r.numbers(), r.progress.step+1,
		))
	}
	if err := r.openJournal(); err != nil {
		return err
	}
	metrics, err := ReadMetrics(r.path(metricsFile))
	for _, m := range metrics {
		if r.logged = m.Step; m.Quality() != nil {
			r.devScore, r.devStep = m.Quality(), m.Step
		}
	}
	if err == nil && r.logged > r.progress.step {
		err = fault.Inputf(
			"%s: step %d, but the checkpoint is of step %d", r.path(metricsFile), r.logged,
			r.progress.step,
		)
	}
	return err
}

// openJournal opens metrics.jsonl where the run stands, writes a checkpoint and reads it back.
func (r *run) openJournal() (err error) {
	if r.journal, err = runfolder.OpenJournal(r.path(metricsFile), r.progress.metricsBytes); err != nil {
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
	if finite, err := r.engine.learner.Finite(); err != nil {
		return err
	} else if !finite {
		return r.engine.learner.Diverged(r.progress.step, "a parameter", nan)
	}
	if r.Dir == "" {
		return nil
	}
	if err := r.journal.Sync(); err != nil {
		return err
	}
	r.progress.metricsBytes = r.journal.Bytes()
	return r.engine.save(r.path(checkpointFile), r.progress)
}
