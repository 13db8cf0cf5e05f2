package study

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/task"
	"github.com/gradreg/gradreg/tune"
)

// Identity is what determines a study's numbers beside its configurations.
type Identity struct {
	Numbers int    `json:"numbers"` // the highest of classify.Numbers of its cells
	CPU     string `json:"cpu"`     // kernel level
	// Digests are those of the data sets, see classify.DataDigest, and of other images that cells make
	// of the same pictures.
	Digests map[string]string `json:"digests"`
	// Search is tune.Search of a study that looks for a λ: how that is done. 0 of one that does
	// not, and of studies that were begun before it was recorded, which have that of
	// tune.Unrecorded.
	Search int `json:"search,omitempty"`
	// Task is what all of the data are for; empty for classification, and if the data are not read.
	Task string `json:"task,omitempty"`
}

// Identify reads a study's data. An error is also that they do not suit its cells.
func Identify(ctx context.Context, s *Spec, opt classify.Options) (Identity, error) {
	if err := fault.NoContext(ctx); err != nil {
		return Identity{}, err
	}
	level, err := kernel.Active()
	if err != nil {
		return Identity{}, err
	}
	id := Identity{CPU: level.String()}
	if id.Numbers, err = s.Numbers(); err != nil {
		return id, err
	}
	var data map[string]dataset.Info
	if id.Digests, data, err = Describe(ctx, s, opt); err != nil {
		return id, err
	}
	if s.Searches() {
		id.Search = tune.SearchVersion
	}
	if id.Task, err = s.task(data); err != nil {
		return id, err
	}
	return id, s.CheckData(data)
}

// Numbers returns the version of the numbers that the study's runs have here: the highest of its
// cells.
func (s *Spec) Numbers() (int, error) {
	highest := 0
	for _, c := range s.Cells() {
		_, cfg, err := s.first(c)
		if err != nil {
			return 0, err
		}
		numbers, err := classify.Numbers(cfg)
		if err != nil {
			return 0, err
		}
		highest = max(highest, numbers)
	}
	return highest, nil
}

// task returns the one task that the study's data are for, empty for classification: a report
// compares one quality.
func (s *Spec) task(data map[string]dataset.Info) (string, error) {
	var one task.Task
	var first Cell
	asked := ""
	for i, c := range s.Cells() {
		_, cfg, err := s.first(c)
		if err != nil {
			return "", err
		}
		found := task.OrClassification(data[c.Data].Task)
		switch {
		case i == 0:
			one, first, asked = found, c, cfg.Task
		case found != one:
			return "", fault.Inputf(
				"data %s are for the task %s and %s for %s, expected one task: a study compares one score",
				first.Data, one, c.Data, found,
			)
		case cfg.Task != asked:
			return "", fault.Inputf("task is %q in %s, but %q in %s, expected one task", asked, first, cfg.Task, c)
		}
	}
	if one == (task.Classification{}) {
		return "", nil
	}
	if len(s.Published) > 0 {
		return "", fault.Inputf("published: they are accuracies, and the task of the data is %s", one)
	}
	return task.Recorded(one), nil
}

// Describe reads a study's data, and returns their digests and what they are.
func Describe(ctx context.Context, s *Spec, opt classify.Options) (map[string]string, map[string]dataset.Info, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, nil, err
	}
	digests, data := map[string]string{}, map[string]dataset.Info{}
	firsts := map[string]string{} // the images of the first cell of each data
	for _, c := range s.Cells() {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		_, cfg, err := s.first(c)
		if err != nil {
			return nil, nil, err
		}
		name := imagesName(cfg)
		if firsts[c.Data] == "" {
			firsts[c.Data] = name
		}
		if name == firsts[c.Data] {
			name = c.Data
		}
		if digests[name] != "" {
			continue
		}
		if data[name], digests[name], err = classify.Describe(ctx, cfg, opt); err != nil {
			return nil, nil, err
		}
	}
	return digests, data, nil
}

// imagesName names what a cell makes of the pictures of a folder, where cells make images of
// different sizes of them, or cut them in other ways. The first cell's images, and those of other
// data, have the name of their data.
func imagesName(cfg classify.Config) string {
	return strings.TrimSpace(fmt.Sprintf("%s, %d pixels %s", cfg.Data, cfg.Size, cfg.Fit))
}

// imagesOf returns what is known of the images of a configuration.
func imagesOf[T any](known map[string]T, cfg classify.Config) (T, bool) {
	if v, ok := known[imagesName(cfg)]; ok {
		return v, true
	}
	v, ok := known[cfg.Data.String()]
	return v, ok
}

// Digest returns that of the images of a configuration.
func (id Identity) Digest(cfg classify.Config) string {
	digest, _ := imagesOf(id.Digests, cfg)
	return digest
}

// Searches reports whether a run of the study looks for a λ.
func (s *Spec) Searches() bool {
	return slices.ContainsFunc(s.Cells(), func(c Cell) bool {
		_, cfg, err := s.first(c)
		return err == nil && tune.Needed(cfg)
	})
}

// Here returns how this process differs from one that the study was begun by, so that its numbers
// would be others.
func (s *Study) Here() error {
	numbers, err := s.Numbers()
	if err != nil {
		return err
	}
	if err := s.Identity.here(numbers); err != nil {
		return err
	}
	if was := cmp.Or(s.Identity.Search, tune.Unrecorded); was != tune.SearchVersion && s.Searches() {
		return fmt.Errorf(
			"created by a gradreg with version %d of the search for λ, this is %d: "+
				"other λ would be found",
			was, tune.SearchVersion,
		)
	}
	return nil
}

// here is [Study.Here] of a study that looks for no λ and whose runs have numbers of a version here.
func (id Identity) here(numbers int) error {
	level, err := kernel.Active()
	if err != nil {
		return err
	}
	if id.CPU != level.String() {
		return fmt.Errorf(
			"it was begun with the kernels %s, this process has %s; GRADREG_CPU selects others",
			id.CPU, level,
		)
	}
	if id.Numbers != numbers {
		return fmt.Errorf(
			"created by a gradreg with numerics version %d, this is %d: results would not be bit-identical",
			id.Numbers, numbers,
		)
	}
	return nil
}

// CheckDigests returns an error if the images of a data set changed since the study began. A data
// set that is new to the study is accepted.
func (id Identity) CheckDigests(digests map[string]string) error {
	for name, digest := range digests {
		if was, ok := id.Digests[name]; ok && was != digest {
			return fmt.Errorf("the images of %s are not those that it was begun with", name)
		}
	}
	return nil
}
