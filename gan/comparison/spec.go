package comparison

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/internal/strictyaml"
)

// Spec is a comparison as its YAML file describes it.
type Spec struct {
	Name  string `yaml:"name"`            // lower-case words with dashes
	Title string `yaml:"title"`           // of its report
	About string `yaml:"about,omitempty"` // a sentence or two: the question
	// Kind is what a run trains, a name of [Kinds]; a generator if empty.
	Kind string `yaml:"kind,omitempty"`
	// Data are the data sets; each meets each variant.
	Data []string `yaml:"data"`
	// Train holds fields of the kind's configuration that differ from its defaults, for all runs.
	Train map[string]any `yaml:"train,omitempty"`
	// MultiplyAdds, if above 0, gives every run as many steps as come nearest to so many
	// multiply-adds: all cost the same.
	MultiplyAdds float64   `yaml:"multiply_adds,omitempty"`
	Variants     []Variant `yaml:"variants"`
	Baseline     string    `yaml:"baseline,omitempty"` // the variant that others are compared to
	Seeds        int       `yaml:"seeds"`              // of a run: 1 … Seeds
	// Scores are the columns of the tables, names of what the judge returns.
	Scores []string `yaml:"scores"`
	// Samples is the number of a generator's samples that are judged.
	Samples int `yaml:"samples,omitempty"`
}

// Variant is a way to train.
type Variant struct {
	Name string `yaml:"name"`
	// Data, if any, are the only data sets it meets; Seeds, if above 0, are its own.
	Data  []string       `yaml:"data,omitempty"`
	Seeds int            `yaml:"seeds,omitempty"`
	Train map[string]any `yaml:"train,omitempty"` // fields over the spec's
	// Published are scores that others report, by name, and Source where.
	Published map[string]float64 `yaml:"published,omitempty"`
	Source    string             `yaml:"source,omitempty"`
}

// Run is a run of a comparison.
type Run struct {
	Key     string // hash of what determines its numbers
	Data    string
	Variant string
	Seed    uint64
	trial   trial
	keys    []string // Key and those of earlier versions of its numbers
}

// in returns the result of the run, of the latest version of its numbers that has one: what an earlier
// program stored is not trained again.
func (r Run) in(done map[string]Result) (Result, bool) {
	for _, key := range r.keys {
		if result, ok := done[key]; ok {
			return result, true
		}
	}
	return Result{}, false
}

// String names the run for people.
func (r Run) String() string {
	return fmt.Sprintf("%s, %s, seed %d", path.Base(r.Data), r.Variant, r.Seed)
}

var nameForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Read reads a spec. What is wrong with it is the input's fault.
func Read(data []byte) (*Spec, error) {
	var s Spec
	if err := strictyaml.Decode(data, &s); err != nil {
		return nil, fault.Input(err)
	}
	return &s, s.Validate()
}

// Validate returns the first thing that is wrong with the spec.
func (s *Spec) Validate() error {
	switch {
	case !nameForm.MatchString(s.Name):
		return fault.Inputf("name is %q, expected lower-case words with dashes", s.Name)
	case len(s.Data) == 0 || len(s.Variants) == 0 || len(s.Scores) == 0:
		return fault.Inputf("%s: expected data, variants and scores", s.Name)
	case s.Seeds < 1 || s.Seeds > 100:
		return fault.Inputf("seeds is %d, expected 1 to 100", s.Seeds)
	case s.Samples < 0:
		return fault.Inputf("samples is %d, expected at least 0", s.Samples)
	case s.MultiplyAdds > 0 && s.Kind != "" && s.Kind != generatorKind:
		return fault.Inputf("multiply_adds are given, but a run of kind %s has the steps of its configuration", s.Kind)
	case !(s.MultiplyAdds >= 0):
		return fault.Inputf("multiply_adds is %v, expected a number above 0", s.MultiplyAdds)
	}
	var names []string
	for _, v := range s.Variants {
		if v.Name == "" || slices.Contains(names, v.Name) {
			return fault.Inputf("variant %q: expected a name of its own", v.Name)
		}
		names = append(names, v.Name)
		for _, d := range v.Data {
			if !slices.Contains(s.Data, d) {
				return fault.Inputf("variant %q: %w", v.Name, spec.Unknown("data", d, s.Data))
			}
		}
	}
	if err := s.checkScores(); err != nil {
		return err
	}
	if s.Baseline != "" && !slices.Contains(names, s.Baseline) {
		return fault.Input(spec.Unknown("baseline", s.Baseline, names))
	}
	_, err := s.Runs()
	return err
}

// checkScores refuses a score that no run of the kind has: a column without numbers after hours of
// training.
func (s *Spec) checkScores() error {
	kind, err := kindOf(s.Kind)
	if err != nil {
		return fault.Input(err)
	}
	if kind.scores == nil {
		return nil
	}
	return knownScores(s.Scores, kind.scores)
}

// knownScores refuses the first name that is not among those known.
func knownScores(names, known []string) error {
	for _, name := range names {
		if !slices.Contains(known, name) {
			return fault.Input(spec.Unknown("score", name, known))
		}
	}
	return nil
}

// Runs returns all runs in the order of the report. Steps of runs at equal multiply-adds are not
// known without data; they are those of the configuration here.
func (s *Spec) Runs() ([]Run, error) {
	kind, err := kindOf(s.Kind)
	if err != nil {
		return nil, fault.Input(err)
	}
	var runs []Run
	for _, data := range s.Data {
		for _, v := range s.Variants {
			if len(v.Data) > 0 && !slices.Contains(v.Data, data) {
				continue
			}
			seeds := s.Seeds
			if v.Seeds > 0 {
				seeds = v.Seeds
			}
			for seed := 1; seed <= seeds; seed++ {
				c, err := kind.configure([]map[string]any{s.Train, v.Train}, data, uint64(seed))
				if err != nil {
					return nil, fault.Inputf("variant %q: %w", v.Name, err)
				}
				run := Run{Data: data, Variant: v.Name, Seed: uint64(seed), trial: c.trial}
				for version := c.numbers; version > 0; version-- {
					run.keys = append(run.keys, s.key(c.text, version))
				}
				run.Key = run.keys[0]
				runs = append(runs, run)
			}
		}
	}
	return runs, nil
}

// key returns the hash of what determines a run's numbers, of a text form of its configuration and
// their version.
func (s *Spec) key(text []byte, version int) string {
	h := sha256.New()
	fmt.Fprintf(
		h, "numbers %d\nkind %s\nmultiply-adds %g\nsamples %d\n", version, s.Kind,
		s.MultiplyAdds, s.Samples,
	)
	h.Write(text)
	return hex.EncodeToString(h.Sum(nil))[:32]
}

//go:embed builtin/*.yaml
var builtin embed.FS

// Builtin returns a comparison that comes with the program, and its file.
func Builtin(name string) (*Spec, []byte, error) {
	data, err := builtin.ReadFile("builtin/" + name + ".yaml")
	if err != nil {
		return nil, nil, fault.Input(spec.Unknown("comparison", name, Names()))
	}
	s, err := Read(data)
	return s, data, err
}

// Names lists the comparisons that come with the program.
func Names() []string {
	entries, _ := builtin.ReadDir("builtin")
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}

// text returns the spec as its file holds it.
func (s *Spec) text() ([]byte, error) {
	var b bytes.Buffer
	err := yaml.NewEncoder(&b).Encode(s)
	return b.Bytes(), err
}
