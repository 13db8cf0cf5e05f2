package gan

import "github.com/gradreg/gradreg/runfolder"

// Listed is a generator's run folder and what it says of the run.
type Listed = runfolder.Listed[Config, Summary]

// List finds the run folders of generators in dir, see [runfolder.Kind.List].
func List(dir string) ([]Listed, error) {
	return runfolder.Kind[Config, Summary]{
		Layout: layout, Config: FolderConfig,
		Result: func(dir string, _ Config) (Summary, int, error) {
			s, err := FolderSummary(dir)
			return s, s.Steps, err
		},
		Steps: func(dir string) (step int, err error) {
			metrics, err := ReadMetrics(dir)
			if n := len(metrics); n > 0 {
				step = metrics[n-1].Step
			}
			return step, err
		},
	}.List(dir)
}
