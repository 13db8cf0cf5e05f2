package classify

import (
	"encoding/json"
	"fmt"

	"github.com/gradreg/gradreg/internal/build"
)

// Origin is what computed a stretch of a run: kernels of one level, and a program whose numbers
// have one version. A run with one origin has the same bits wherever it is repeated with that; one
// with several has bits of its own.
type Origin struct {
	FromStep int    `json:"from_step"`     // the first step it took
	CPU      string `json:"cpu,omitempty"` // kernel level; empty if a program wrote the checkpoint that did not say
	Numbers  int    `json:"numbers"`       // see [Numbers]
	Version  string `json:"version"`       // of the program
}

// originHere returns the origin of steps that this process takes, of numbers of a version.
func originHere(cpu string, numbers, from int) Origin {
	return Origin{FromStep: from, CPU: cpu, Numbers: numbers, Version: build.Current().Version}
}

// sameBits reports whether two origins compute the same bits. What is not recorded is taken to be
// the same.
func (o Origin) sameBits(p Origin) bool {
	return o.Numbers == p.Numbers && (o.CPU == p.CPU || o.CPU == "" || p.CPU == "")
}

// String describes an origin for people.
func (o Origin) String() string {
	cpu := o.CPU
	if cpu == "" {
		cpu = "unknown"
	}
	return fmt.Sprintf("kernels %s, numbers of version %d (program %s)", cpu, o.Numbers, o.Version)
}

// continued returns the origins of a run that goes on here after some steps.
func continued(origins []Origin, here Origin) []Origin {
	if len(origins) == 0 || origins[len(origins)-1].sameBits(here) {
		return origins
	}
	return append(origins, here)
}

const (
	originsKey = "origins"
	versionKey = "version"
)

// readOrigins returns the origins that a checkpoint's metadata tells. Programs that wrote none had
// numbers of version 1.
func readOrigins(metadata map[string]string) ([]Origin, error) {
	text, ok := metadata[originsKey]
	if !ok {
		return []Origin{{FromStep: 1, Numbers: 1, Version: metadata[versionKey]}}, nil
	}
	var origins []Origin
	if err := json.Unmarshal([]byte(text), &origins); err != nil || len(origins) == 0 {
		return nil, fmt.Errorf("%s is %.80q, expected a list of what computed the steps", originsKey, text)
	}
	return origins, nil
}
