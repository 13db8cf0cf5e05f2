package classify_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
)

// TestReadConfig keeps the defaults where a text says nothing, and names key, found and expected
// where it says something else.
func TestReadConfig(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing here\n", "---\n"} {
		if cfg, err := classify.ReadConfig(classify.Default(), []byte(text)); err != nil || !reflect.DeepEqual(cfg, classify.Default()) {
			t.Errorf("%q gives %+v, %v, expected the defaults", text, cfg, err)
		}
	}
	if cfg, err := classify.ReadConfig(classify.Default(), []byte("steps: 1e3\nbatch: 7")); err != nil || cfg.Steps != 1000 || cfg.Batch != 7 || cfg.Data.String() != "mnist" {
		t.Errorf("%+v, %v", cfg, err)
	}
	for text, want := range map[string]string{
		"steps: many":             `steps is "many", expected a whole number`,
		"steps: 1.5":              `steps is 1.5, expected a whole number`,
		"seed: -1":                `seed is -1, expected a whole number from 0 up`,
		"learning_rate: [3]":      `learning_rate is a list, expected a number`,
		"paper_protocol: 3":       `paper_protocol is 3, expected true or false`,
		"model: {a: 1}":           `model is a mapping, expected a text`,
		"regularizers: 3":         `regularizers is 3, expected a list of texts`,
		"batch: 5\nsteps: [1, 2]": `steps is a list, expected a whole number`,
		"lambda_choices: [~]":     `lambda_choices: element 1 is empty, expected a mapping`,
		"lambda_choices: [{}]":    `lambda_choices: regularizer is "", expected one with a λ`,
		"extended: [~]":           `extended: element 1 is empty, expected a mapping`,
		"regularizers: [~]":       `regularizers: element 1 is empty, expected a text`,
	} {
		if _, err := classify.ReadConfig(classify.Default(), []byte(text)); !fault.IsInput(err) || err.Error() != want {
			t.Errorf("%q: %v, expected %s", text, err, want)
		}
	}
	for _, text := range []string{"steps: [1", "- a", "stepz: 3", "steps: 1\nsteps: 2"} {
		if _, err := classify.ReadConfig(classify.Default(), []byte(text)); !fault.IsInput(err) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, expected a line", text, err)
		}
	}
}

// TestPathsInYAML checks that a run on a folder of any name can be read again: control characters,
// which YAML does not have, stand there as escapes, and what is not UTF-8 is refused.
func TestPathsInYAML(t *testing.T) {
	for _, path := range []string{"/a\x1b[2J\nb: [c]/\u009b\u202e\x7f", "/\x07", "/tab\there", "/cr\r\n", "/line\n", "/q\"uo\\te'\x00"} {
		cfg := classify.Default()
		cfg.Data, cfg.DataDir, cfg.Note = dataset.ParseSource(path), path, "a: note, with λ"
		text, err := cfg.YAML()
		if err != nil {
			t.Fatal(err)
		}
		got, err := classify.ReadConfig(classify.Config{}, text)
		if err != nil || !reflect.DeepEqual(got, cfg) {
			t.Errorf("%q: %v, %q\n%s", path, err, got.Data, text)
		}
	}
	cfg := classify.Default()
	cfg.Data = dataset.ParseSource("/\xff")
	if _, err := cfg.YAML(); !fault.IsInput(err) || !strings.Contains(err.Error(), `data is "/\xff", expected a path in UTF-8`) {
		t.Errorf("%v", err)
	}
}
