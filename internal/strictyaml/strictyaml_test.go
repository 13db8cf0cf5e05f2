package strictyaml_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/internal/strictyaml"
)

type inner struct {
	Sizes []int   `yaml:"sizes"`
	Share float64 `yaml:"share,omitempty"`
}

// free reads itself.
type free struct{ value any }

func (f *free) UnmarshalYAML(decode func(any) error) error { return decode(&f.value) }

type outer struct {
	Count int             `yaml:"count"`
	Seed  uint64          `yaml:"seed"`
	Name  string          `yaml:"name"`
	On    bool            `yaml:"on"`
	Tags  []string        `yaml:"tags"`
	One   *inner          `yaml:"one"`
	Many  []inner         `yaml:"many"`
	Free  free            `yaml:"free"`
	Frees map[string]free `yaml:"frees"`
}

// TestDecode keeps what a text does not name.
func TestDecode(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing\n", "---\n"} {
		got := outer{Count: 3}
		if err := strictyaml.Decode([]byte(text), &got); err != nil || !reflect.DeepEqual(got, outer{Count: 3}) {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	got := outer{Count: 3, Name: "kept"}
	text := "count: 1e3\nmany: [{sizes: [1, 2], share: 0.5}]\none: {share: 2}\nfree: 1.5\nfrees: {a: 1.5, b: [x]}"
	if err := strictyaml.Decode([]byte(text), &got); err != nil || got.Count != 1000 || got.Name != "kept" || got.One.Share != 2 || got.Many[0].Sizes[1] != 2 || got.Free.value != 1.5 {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestMisfit names place, found and expected in one line.
func TestMisfit(t *testing.T) {
	for text, want := range map[string]string{
		"count: 4.5":                          "count is 4.5, expected a whole number",
		"count: many":                         `count is "many", expected a whole number`,
		"seed: -1":                            "seed is -1, expected a whole number from 0 up",
		"name: [a]":                           "name is a list, expected a text",
		"on: 3":                               "on is 3, expected true or false",
		"tags: 3":                             "tags is 3, expected a list of texts",
		"one: 3":                              "one is 3, expected a mapping",
		"one: {sizes: [1, 1.5]}":              "one: sizes is 1.5, expected a whole number",
		"one: {sizes: 3}":                     "one: sizes is 3, expected a list of whole numbers",
		"many: [{sizes: [1]}, {sizes: [.5]}]": "many: sizes is 0.5, expected a whole number",
		"many: [{share: x}]":                  `many: share is "x", expected a number`,
		"many: {share: 1}":                    "many is a mapping, expected a list of mappings",
		"- a":                                 "the text is a list, expected a mapping",
		"a text":                              `the text is "a text", expected a mapping`,
	} {
		if err := strictyaml.Decode([]byte(text), new(outer)); err == nil || err.Error() != want {
			t.Errorf("%q: %v, expected %s", text, err, want)
		}
	}
	for _, text := range []string{"count: [1", "cuont: 3", "count: 1\ncount: 2", "one: {size: [1]}"} {
		if err := strictyaml.Decode([]byte(text), new(outer)); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, expected a line", text, err)
		}
	}
}
