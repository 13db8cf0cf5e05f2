package study

import (
	"embed"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/train"
)

//go:embed builtin/*.yaml
var builtin embed.FS

// Builtins returns the names of the studies that the program brings along.
func Builtins() []string {
	entries, err := builtin.ReadDir("builtin")
	if err != nil {
		panic(fmt.Sprintf("embedded studies: %v", err))
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}

// published are the built-in studies that repeat published results, in the order of the paper and the talk.
var published = []string{
	"wd-table", "norm-table", "methods-2000", "train-sizes", "cifar-curve", "cifar-curve-full", "cifar-2000", "cifar-2000-full",
	"noise-points", "fair-2000",
}

// Published returns the names of the built-in studies that repeat published results, in the order of the paper and the talk:
// those that gradreg reproduce runs.
func Published() []string { return slices.Clone(published) }

// Builtin returns a study that the program brings along, and its text.
func Builtin(name string) (*Spec, []byte, error) {
	data, err := builtin.ReadFile(path.Join("builtin", name+".yaml"))
	if err != nil {
		return nil, nil, fault.Input(spec.Unknown("study", name, Builtins()))
	}
	s, err := Read(data)
	if err != nil {
		return nil, nil, fmt.Errorf("embedded study %s: %w", name, err)
	}
	return s, data, nil
}

// Quick returns the study at a size for a first look: two seeds, a twentieth of the steps, a quarter of the trials. Its
// numbers say nothing about the question.
func (s Spec) Quick() (Spec, error) {
	s.Name += "-quick"
	s.Seeds = min(s.Seeds, quickSeeds)
	s.Published, s.Source = nil, ""
	if s.Tuning != nil {
		t := *s.Tuning
		t.Trials = max(1, (t.Trials+3)/4)
		s.Tuning = &t
	}
	s.Curves = (s.Curves + quickShare - 1) / quickShare
	var err error
	shorten := func(over map[string]any, always bool) map[string]any {
		steps, given := over["steps"]
		if !given && !always {
			return over
		}
		n := float64(train.Default().Steps)
		if given {
			var ok bool
			if n, ok = number(steps); !ok {
				err = fault.Inputf("steps is %v, expected a number", steps)
			}
		}
		out := map[string]any{}
		maps.Copy(out, over)
		out["steps"] = int(max(1, n/quickShare))
		return out
	}
	s.Train = shorten(s.Train, true)
	s.Settings, s.Methods = slices.Clone(s.Settings), slices.Clone(s.Methods)
	for i := range s.Settings {
		s.Settings[i].Train = shorten(s.Settings[i].Train, false)
	}
	for i := range s.Methods {
		s.Methods[i].Train = shorten(s.Methods[i].Train, false)
	}
	return s, err
}

const (
	quickShare = 20
	quickSeeds = 2
)

// PaperProtocol returns the study with the quirks of the published experiments: the division and normalization of the data
// of REFERENCE.md section 3, and SpectReg with one random vector for the batch and a forward pass of its own.
func (s Spec) PaperProtocol() Spec {
	s.Name += "-paper"
	s.Title += ", the paper's protocol"
	over := map[string]any{}
	maps.Copy(over, s.Train)
	over["paper_protocol"] = true
	s.Train = over
	s.Methods = slices.Clone(s.Methods)
	for i, m := range s.Methods {
		s.Methods[i].Regularizers = nil
		for _, text := range m.Regularizers {
			if name, _, _ := strings.Cut(text, ":"); name == "spectreg" {
				text += ",shared=true,pass=own"
			}
			s.Methods[i].Regularizers = append(s.Methods[i].Regularizers, text)
		}
	}
	return s
}
