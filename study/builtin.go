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

// published are the built-in studies that repeat published results, in the order of the paper and
// the talk.
var published = []string{
	"wd-table", "norm-table", "methods-2000", "train-sizes", "cifar-curve", "cifar-curve-full",
	"cifar-2000", "cifar-2000-full",
	"noise-points", "fair-2000",
}

// Published returns the names of the built-in studies that repeat published results, in the order
// of the paper and the talk: those that gradreg reproduce runs.
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

// PaperProtocol returns the study with the quirks of the published experiments: the division and
// normalization of the data of docs/definitions.md, and SpectReg with one random vector for the
// batch and a forward pass of its own.
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
			if spec.NameOf(text) == "spectreg" {
				text += ",shared=true,pass=own"
			}
			s.Methods[i].Regularizers = append(s.Methods[i].Regularizers, text)
		}
	}
	return s
}
