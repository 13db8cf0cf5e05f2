package gradreg_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/gradreg/gradreg"
)

// TestSpecTexts checks that a form is written as the text that it was read from, whether that means
// a regularizer or not.
func TestSpecTexts(t *testing.T) {
	texts := []string{"datagrad:50", " datagrad : 5 , every=2", "spectreg:auto", "none", "nothing:1", "mine:7", ""}
	type list struct {
		All []gradreg.Spec `json:"all" yaml:"all"`
	}
	var fromJSON, fromYAML list
	written, err := json.Marshal(list{gradreg.Specs(texts...)})
	if want, _ := json.Marshal(map[string][]string{"all": texts}); err != nil || string(written) != string(want) {
		t.Errorf("JSON %s, %v, expected %s", written, err, want)
	}
	if err := json.Unmarshal(written, &fromJSON); err != nil {
		t.Fatal(err)
	}
	written, err = yaml.Marshal(list{gradreg.Specs(texts...)})
	if want, _ := yaml.Marshal(map[string][]string{"all": texts}); err != nil || string(written) != string(want) {
		t.Errorf("YAML %s, %v, expected %s", written, err, want)
	}
	if err := yaml.Unmarshal(written, &fromYAML); err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		_, want := gradreg.Parse(text)
		for _, s := range []gradreg.Spec{gradreg.ParseSpec(text), fromJSON.All[i], fromYAML.All[i]} {
			r, err := s.Regularizer()
			if s.String() != text || (err == nil) != (want == nil) || err != nil && err.Error() != want.Error() || err == nil && r.Lambda() == 0 {
				t.Errorf("%q became %q, %v", text, s, err)
			}
		}
	}
	var none gradreg.Spec
	if _, err := none.Regularizer(); err == nil {
		t.Error("the zero value means a regularizer")
	}
}

// TestSpecOpen checks what a form says of a λ that is to be found, and that others keep the options
// as they are written.
func TestSpecOpen(t *testing.T) {
	s := gradreg.ParseSpec("datagrad: auto, every=4,warmup=30")
	if _, err := s.Regularizer(); err == nil || !strings.Contains(err.Error(), "auto") || !s.Open() {
		t.Errorf("%v, open %v", err, s.Open())
	}
	if steps, ok := s.Warmup(); !ok || steps != 30 {
		t.Errorf("warm-up %d, %v", steps, ok)
	}
	if got := gradreg.ParseSpec("label-smoothing:auto,every=4").Interval().Most; got != 0.25 {
		t.Errorf("λ to %v, expected 0.25", got)
	}
	if _, ok := gradreg.ParseSpec("datagrad:auto").Warmup(); ok {
		t.Error("found a warm-up that nobody named")
	}
	with := s.WithLambda(0.25)
	if r, err := with.Regularizer(); err != nil || r.Lambda() != 0.25 || with.Open() || with.String() != "datagrad:0.25, every=4,warmup=30" {
		t.Errorf("%s, %v", with, err)
	}
	if got := with.WithOpen().String(); got != "datagrad:auto, every=4,warmup=30" {
		t.Error(got)
	}
	if got := with.WithWarmup(7).String(); got != "datagrad:0.25,every=4,warmup=7" {
		t.Error(got)
	}
}

// own is a regularizer of one's own, which Parse does not read.
type own struct{ gradreg.DataGrad }

func (own) Name() string   { return "own" }
func (own) String() string { return "own:3" }

// TestSpecOf checks that a form holds a regularizer of one's own.
func TestSpecOf(t *testing.T) {
	s := gradreg.SpecOf(own{gradreg.DataGrad{Weight: 3}})
	regs, err := gradreg.RegularizersOf(append(gradreg.Specs("spectreg:1", "none", "datagrad:1"), s))
	if err != nil || len(regs) != 2 || regs[1] != (own{gradreg.DataGrad{Weight: 3}}) || s.Name() != "own" {
		t.Errorf("%v, %v", regs, err)
	}
}
