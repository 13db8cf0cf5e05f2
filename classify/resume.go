package classify

import "github.com/gradreg/gradreg/runfolder"

// HasRun reports whether a folder holds the configuration of a run, which Resume goes on with.
func HasRun(dir string) bool { return layout.Begun(dir) }

// FolderConfig returns the configuration of a run folder.
func FolderConfig(dir string) (Config, error) {
	return runfolder.ReadConfig(layout, dir, "run folder", func(data []byte) (Config, error) {
		return ReadConfig(Config{}, data)
	})
}

// longestSummary is more than the accuracies of as many classes as a model may have take.
const longestSummary = 16 << 20

// FolderSummary returns the result of a finished run.
func FolderSummary(dir string) (Summary, error) {
	return runfolder.ReadResult[Summary](layout, dir, longestSummary)
}
