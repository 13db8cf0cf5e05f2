package study

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/strictyaml"
)

// Spec is a study as its YAML file describes it.
type Spec struct {
	Name  string `yaml:"name"`            // lower-case words with dashes
	Title string `yaml:"title"`           // of its report
	About string `yaml:"about,omitempty"` // a sentence or two: the question
	// Data, TrainSizes, Settings and Methods: every combination is a cell.
	Data       []string  `yaml:"data"`
	TrainSizes []int     `yaml:"train_sizes"` // 0 means all images
	Settings   []Setting `yaml:"settings,omitempty"`
	Methods    []Method  `yaml:"methods"`
	Baseline   string    `yaml:"baseline"` // the method that others are compared to
	Seeds      int       `yaml:"seeds"`    // of the final runs: 1 … Seeds
	// Train holds fields of classify.Config that differ from its defaults. A text may refer to
	// parameters by $name.
	Train      map[string]any       `yaml:"train,omitempty"`
	Parameters map[string]Parameter `yaml:"parameters,omitempty"`
	Tuning     *Tuning              `yaml:"tuning,omitempty"`
	// Published are accuracies (fractions) by setting and method, to set beside.
	Published map[string]map[string]float64 `yaml:"published,omitempty"`
	Source    string                        `yaml:"source,omitempty"` // of the published values
	// Attempts bounds how often a run is tried that fails or whose worker dies.
	Attempts int `yaml:"attempts,omitempty"`
	// Curves are collected while training: the dev score every so many steps, 0 for none.
	Curves int `yaml:"curves,omitempty"`
	// FirstLook says that the study is one that Quick made, so that its report is marked as no
	// result.
	FirstLook bool `yaml:"quick,omitempty"`
}

// Setting is what the methods of a row have in common, such as a model. Its fields go over those of
// the study, its regularizers are there beside each method's.
type Setting struct {
	Name         string               `yaml:"name"`
	Regularizers []string             `yaml:"regularizers,omitempty"`
	Train        map[string]any       `yaml:"train,omitempty"`
	Parameters   map[string]Parameter `yaml:"parameters,omitempty"`
	// Data and TrainSizes limit the setting to some of the study's, empty for all.
	Data       []string `yaml:"data,omitempty"`
	TrainSizes []int    `yaml:"train_sizes,omitempty"`
}

// Method is what is compared. Its fields go over those of study and setting.
type Method struct {
	Name         string               `yaml:"name"`
	Regularizers []string             `yaml:"regularizers,omitempty"`
	Train        map[string]any       `yaml:"train,omitempty"`
	Parameters   map[string]Parameter `yaml:"parameters,omitempty"`
	Settings     []string             `yaml:"settings,omitempty"` // where it is applied; empty for all
}

// Tuning is how open parameters are found: Trials drawn from the space, in rounds of growing shares
// of the steps. A round keeps the best 1/Keep of its trials.
type Tuning struct {
	Trials int       `yaml:"trials" json:"trials"`
	Rounds []float64 `yaml:"rounds" json:"rounds"` // ascending shares of the steps, up to 1
	Keep   int       `yaml:"keep" json:"keep"`
	Seeds  int       `yaml:"seeds,omitempty" json:"seeds"` // runs that a trial is the mean of; 1 if 0
}

// Read reads a study's YAML. An unknown field is an error, and so is anything that no run could be
// made of.
func Read(data []byte) (*Spec, error) {
	s := &Spec{}
	if err := strictyaml.Decode(data, s); err != nil {
		return nil, fault.Input(err)
	}
	if s.Attempts == 0 {
		s.Attempts = defaultAttempts
	}
	if len(s.Settings) == 0 {
		s.Settings = []Setting{{}}
	}
	if s.Tuning != nil && s.Tuning.Seeds == 0 {
		s.Tuning.Seeds = 1
	}
	return s, s.Validate()
}

// Validate returns the first thing that is wrong with a study. Whoever changes what Read has read
// should ask again.
func (s *Spec) Validate() error { return fault.Input(s.validate()) }

// defaultAttempts allows for some dead workers.
const defaultAttempts = 10

var nameForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// CheckName returns why a study cannot have a name, which is that of a folder and of a queue.
func CheckName(name string) error {
	switch {
	case !nameForm.MatchString(name):
		return fmt.Errorf("name %.200q, expected lower-case words with dashes", name)
	case len(name) > longestName:
		return fmt.Errorf("name %.200q, expected at most %d letters", name, longestName)
	case name == runsFolder:
		return fmt.Errorf("name %q is that of the folder of unfinished runs, expected another", name)
	}
	return nil
}

// validate returns the first thing that is wrong.
func (s *Spec) validate() error {
	if err := CheckName(s.Name); err != nil {
		return err
	}
	switch {
	case len(s.Data) == 0:
		return errors.New("data is empty, expected at least one data set")
	case len(s.TrainSizes) == 0:
		return errors.New("train_sizes is empty, expected at least one number of images")
	case len(s.Methods) == 0:
		return errors.New("methods is empty, expected at least one")
	case s.Seeds < 1 || s.Seeds > mostSeeds:
		return fmt.Errorf("seeds is %d, expected 1 to %d", s.Seeds, mostSeeds)
	case s.Attempts < 1 || s.Attempts > mostAttempts:
		return fmt.Errorf("attempts is %d, expected 1 to %d", s.Attempts, mostAttempts)
	case s.Curves < 0:
		return fmt.Errorf("curves is %d, expected at least 0", s.Curves)
	}
	if err := s.validateDistinct(); err != nil {
		return err
	}
	if err := s.validateNames(); err != nil {
		return err
	}
	if err := s.Tuning.validate(); err != nil {
		return err
	}
	if err := s.validateParameters(); err != nil {
		return err
	}
	if err := s.validateExtent(); err != nil {
		return err
	}
	for _, c := range s.Cells() {
		space, _, err := s.first(c)
		if err != nil {
			return fmt.Errorf("%s: %w", c, err)
		}
		if len(space.free) > 0 && s.Tuning == nil {
			return fmt.Errorf("%s: parameter %s is open, but the study has no tuning", c, space.free[0])
		}
	}
	return nil
}

// validateDistinct returns what stands twice and would make two cells of one: their runs would be
// done, but not be reported.
func (s *Spec) validateDistinct() error {
	places := map[string]bool{}
	for _, data := range s.Data {
		place := filepath.Clean(data)
		if places[place] {
			return fmt.Errorf("data: %s stands twice", data)
		}
		places[place] = true
	}
	sizes := map[int]bool{}
	for _, n := range s.TrainSizes {
		if sizes[n] {
			return fmt.Errorf("train_sizes: %d stands twice", n)
		}
		sizes[n] = true
	}
	return nil
}

func (s *Spec) validateNames() error {
	var settings, methods []string
	for _, t := range s.Settings {
		settings = append(settings, t.Name)
	}
	for _, m := range s.Methods {
		if m.Name == "" {
			return errors.New("a method has no name")
		}
		methods = append(methods, m.Name)
		for _, name := range m.Settings {
			if !slices.Contains(settings, name) {
				return fmt.Errorf("method %s: unknown setting %q", m.Name, name)
			}
		}
	}
	for kind, names := range map[string][]string{"setting": settings, "method": methods} {
		if sorted := slices.Sorted(slices.Values(names)); len(slices.Compact(sorted)) < len(names) {
			return fmt.Errorf("two %ss have the same name", kind)
		}
	}
	if !slices.Contains(methods, s.Baseline) {
		return fmt.Errorf("baseline %q is no method, expected one of %s", s.Baseline, strings.Join(methods, ", "))
	}
	for setting, values := range s.Published {
		if !slices.Contains(settings, setting) {
			return fmt.Errorf("published: unknown setting %q", setting)
		}
		for method, v := range values {
			if !slices.Contains(methods, method) {
				return fmt.Errorf("published: unknown method %q", method)
			}
			if !(v > 0 && v <= 1) {
				return fmt.Errorf("published: %v for %s, expected a fraction", v, method)
			}
		}
	}
	return nil
}

// validateParameters looks at all of them, also at those that nothing refers to.
func (s *Spec) validateParameters() error {
	check := func(place string, all map[string]Parameter) error {
		for _, name := range slices.Sorted(maps.Keys(all)) {
			if err := all[name].validate(); err != nil {
				return fmt.Errorf("%sparameter %s: %w", place, name, err)
			}
		}
		return nil
	}
	err := check("", s.Parameters)
	for _, t := range s.Settings {
		if err == nil {
			err = check("setting "+t.Name+": ", t.Parameters)
		}
	}
	for _, m := range s.Methods {
		if err == nil {
			err = check("method "+m.Name+": ", m.Parameters)
		}
	}
	return err
}

func (t *Tuning) validate() error {
	switch {
	case t == nil:
		return nil
	case t.Trials < 1 || t.Trials > mostTrials:
		return fmt.Errorf("tuning: trials is %d, expected 1 to %d", t.Trials, mostTrials)
	case len(t.Rounds) == 0:
		return errors.New("tuning: rounds is empty, expected at least one share of the steps")
	case len(t.Rounds) > mostRounds:
		return fmt.Errorf("tuning: %d rounds, expected at most %d", len(t.Rounds), mostRounds)
	case t.Seeds < 1 || t.Seeds > mostSeeds:
		return fmt.Errorf("tuning: seeds is %d, expected 1 to %d", t.Seeds, mostSeeds)
	case t.Keep < 0 || t.Keep > mostTrials || len(t.Rounds) > 1 && t.Keep < 2:
		return fmt.Errorf(
			"tuning: keep is %d, expected 2 to %d: a round keeps the best 1/keep; a single round needs none",
			t.Keep, mostTrials,
		)
	}
	last := 0.0
	for _, share := range t.Rounds {
		if !(share > last && share <= 1) { // also of NaN
			return fmt.Errorf("tuning: rounds are %v, expected ascending shares of the steps up to 1", t.Rounds)
		}
		last = share
	}
	return nil
}
