package cli

import (
	"fmt"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/internal/fault"
)

// isClassifier reports whether a folder holds the run of a classifier, isGenerator whether that of a
// generator.
func isClassifier(dir string) bool { return classify.HasRun(dir) && !gan.HasRun(dir) }
func isGenerator(dir string) bool  { return gan.HasRun(dir) && !classify.HasRun(dir) }

// wantsClassifier refuses the run of a generator; instead says what is for such a run, of its folder.
func wantsClassifier(dir, instead string) error {
	if !isGenerator(dir) {
		return nil
	}
	return fault.Inputf("%s is the run of a generator; "+instead, dir, quoted(dir))
}

// wantsGenerator refuses the run of a classifier; or is what is taken beside a generator's.
func wantsGenerator(dir, or string) error {
	if !isClassifier(dir) {
		return nil
	}
	return fault.Inputf("%s is the run of a classifier, expected that of a generator%s", dir, or)
}

// wantsPictures refuses a run folder, which has pictures in it, in the place of data. Where nothing
// is given it has nothing to say, though the current folder may hold a run.
func wantsPictures(flag, data string) error {
	from := ""
	switch {
	case data == "":
		return nil
	case isGenerator(data):
		if c, err := gan.FolderConfig(data); err == nil {
			from = c.Data
		}
	case isClassifier(data):
		if c, err := classify.FolderConfig(data); err == nil {
			from = c.Data.String()
		}
	default:
		return nil
	}
	text := fmt.Sprintf("--%s: %s is a run folder, expected a data set or a folder of pictures", flag, data)
	if from != "" {
		text += "; the run has learned from " + from
	}
	return fault.Inputf("%s", text)
}

// loadGenerator loads the generator of a run folder, or of a generator file.
func loadGenerator(path string, threads int) (*gan.Generator, error) {
	if err := wantsGenerator(path, ""); err != nil {
		return nil, err
	}
	return gan.LoadGenerator(path, threads)
}
