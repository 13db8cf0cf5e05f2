package classify

import (
	"path/filepath"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/runfolder"
)

// State is how far a run has come.
type State = runfolder.Stage

// The states of a run.
const (
	StateFinished    = runfolder.StageFinished    // it has a model and a result
	StateRunning     = runfolder.StageRunning     // a process works on it
	StateInterrupted = runfolder.StageInterrupted // it can be resumed
	StateDamaged     = runfolder.StageDamaged     // its folder cannot be read
)

// Listed is a run's folder and what it says of the run.
type Listed = runfolder.Listed[Config, Summary]

// List finds the run folders in dir, see [runfolder.Kind.List].
func List(dir string) ([]Listed, error) {
	return runfolder.Kind[Config, Summary]{
		Layout: layout, Config: FolderConfig,
		Result: func(dir string, c Config) (Summary, int, error) {
			s, err := FolderSummary(dir)
			if err == nil {
				if err = s.belongs(c, ""); err != nil {
					err = fault.Inputf("%s: %w", filepath.Join(dir, summaryFile), err)
				}
			}
			return s, s.Steps, err
		},
		Steps: func(dir string) (step int, err error) {
			metrics, err := ReadMetrics(filepath.Join(dir, metricsFile))
			if n := len(metrics); n > 0 {
				step = metrics[n-1].Step
			}
			return step, err
		},
	}.List(dir)
}
