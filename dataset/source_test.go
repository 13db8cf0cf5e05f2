package dataset_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/strictyaml"
)

// TestParseSource checks how folders, data sets with a name and images in memory are told apart.
func TestParseSource(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"photos", "mnist"} {
		if err := os.Mkdir(name, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	writeFile(t, "file", nil)
	for name, to := range map[string]string{"dangling": "gone", "loop": "loop", "link": "photos", "alias": "file"} {
		if err := os.Symlink(to, name); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"dangling": "data folder dangling: a link to nothing", "loop": "data folder loop: a link that cannot be followed: "} {
		if _, err := dataset.Open(t.Context(), name); !fault.IsInput(err) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, expected %s", err, want)
		}
	}
	for text, want := range map[string]bool{
		"dangling": true, "loop": true, "link": true, "photos": true, "./mnist": true, "no/where": true, ".": true,
		"alias": false, "mnist": false, "nowhere": false, "file": false, "": false, "memory:no/where": false,
	} {
		s := dataset.ParseSource(text)
		isFolder := s.Dir() == text && text != ""
		if isFolder != want || s.Resizable() != want || s.String() != text || (s.Identity() == dataset.Source{}) != (want || text == "") {
			t.Errorf("%q is of the folder %q, expected a folder %v", text, s.Dir(), want)
		}
		if lookedUp := !want && text != "memory:no/where"; s.LookedUp() != lookedUp {
			t.Errorf("%q is looked up: %v", text, !lookedUp)
		}
	}
	if _, err := dataset.Open(t.Context(), "no/where"); err == nil || strings.Contains(err.Error(), "stat") || !strings.Contains(err.Error(), "no such file or directory") && !strings.Contains(err.Error(), "cannot find") {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// TestSourceText writes and reads sources in YAML and JSON as the texts that they are: what a text
// is written as, what is read for it and what is refused are the same.
func TestSourceText(t *testing.T) {
	type source struct {
		Data dataset.Source `yaml:"data" json:"data"`
	}
	type text struct {
		Data string `yaml:"data" json:"data"`
	}
	for _, name := range []string{
		"", "mnist", "no data set", "./photos", "/a: b/# c", "memory:dots", "null", "~", "true", "1e3", "0x10", "'", "\"", "- a", "a\nb", "/λ",
	} {
		mine, err := yaml.Marshal(source{dataset.ParseSource(name)})
		want, wrong := yaml.Marshal(text{name})
		if err != nil || wrong != nil || string(mine) != string(want) {
			t.Errorf("%q is written %q, %v, expected %q, %v", name, mine, err, want, wrong)
		}
		if mine, err = json.Marshal(source{dataset.ParseSource(name)}); err != nil {
			t.Error(err)
		}
		if want, err = json.Marshal(text{name}); err != nil || string(mine) != string(want) {
			t.Errorf("%q is written %q, expected %q, %v", name, mine, want, err)
		}
		var read source
		if err := json.Unmarshal(mine, &read); err != nil || read.Data.String() != name {
			t.Errorf("%q is read from JSON as %q, %v", name, read.Data, err)
		}
	}
	for _, in := range []string{
		"", "{}", "data:", "data: mnist", "data: 'mnist'", "data: 5", "data: 1.50", "data: 0x1F", "data: true", "data: null", "data: ~", "data: |\n  a\n",
		"data: [a]", "data: {a: b}", "data: 2020-01-01", "data: \"a\\u0007b\"", "data: &x a", "date: a", "data: a\ndata: b",
	} {
		mine, want := source{dataset.ParseSource("before")}, text{"before"}
		err, wrong := strictyaml.Decode([]byte(in), &mine), strictyaml.Decode([]byte(in), &want)
		if (err == nil) != (wrong == nil) || mine.Data.String() != want.Data {
			t.Errorf("%q is read as %q, %v, expected %q, %v", in, mine.Data, err, want.Data, wrong)
		}
		if err != nil && err.Error() != strings.ReplaceAll(wrong.Error(), "text.Data", "source.Data") {
			t.Errorf("%q: %v, expected %v", in, err, wrong)
		}
	}
}

// TestSourceKinds asks sources for their names, absolute forms and what is known of them.
func TestSourceKinds(t *testing.T) {
	t.Chdir(t.TempDir())
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	pixel := dataset.Shape{C: 1, H: 1, W: 1}
	part := &dataset.Part{Shape: pixel, Images: []byte{1, 2}, Labels: []int32{0, 1}}
	dots, err := dataset.New(dataset.Info{
		Name: "dots", Classes: []string{"a", "b"}, Shape: pixel, Defaults: dataset.Defaults{Augment: "flip"},
	}, part, part)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		source              dataset.Source
		name, abs, identity string
		known               bool
		augment             string
		lambda              float64 // of 2000 images
	}{
		{dataset.ParseSource("mnist"), "mnist", "mnist", "mnist", true, "none", 50},
		{dataset.ParseSource("my/photos/."), "photos", filepath.Join(here, "my/photos"), "", false, "flip,shift:0.125,rotate:10,scale:0.15,color:0.2", 0.5},
		{dataset.ParseSource("memory:dots"), "memory:dots", "memory:dots", "memory:dots", false, "flip,shift:0.125,rotate:10,scale:0.15,color:0.2", 0.5},
		{dots.Source(), "memory:dots", "memory:dots", "memory:dots", true, "flip", 0.5},
	} {
		abs, err := c.source.Abs()
		if err != nil || c.source.Name() != c.name || abs.String() != c.abs || c.source.Identity().String() != c.identity {
			t.Errorf("%v is called %q, is %v, %v and has the identity %v", c.source, c.source.Name(), abs, err, c.source.Identity())
		}
		info, known := c.source.Info()
		if known != c.known || info.Defaults.Augment != c.augment || info.Defaults.LambdaFor(2000) != c.lambda {
			t.Errorf("%v: %+v, known %v", c.source, info, known)
		}
	}
	if dots.Source().Identity() != dataset.ParseSource("memory:dots").Identity() {
		t.Error("images in memory have another identity than their name")
	}
}

// TestSourceInMemory opens images in memory that the source holds, or the opening, and refuses others.
func TestSourceInMemory(t *testing.T) {
	pixel := dataset.Shape{C: 1, H: 1, W: 1}
	part := &dataset.Part{Shape: pixel, Images: []byte{1, 2}, Labels: []int32{0, 1}}
	made := func(name string) *dataset.Dataset {
		d, err := dataset.New(dataset.Info{Name: name, Classes: []string{"a", "b"}, Shape: pixel}, part, part)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	dots, name := made("dots"), dataset.ParseSource("memory:dots")
	for _, c := range []struct {
		source dataset.Source
		memory *dataset.Dataset
		want   string // error
	}{
		{dots.Source(), nil, ""}, {dots.Source(), made("lines"), ""}, {name, dots, ""},
		{name, nil, "expected a Source that holds its images"},
		{name, made("lines"), "found the data set memory:lines in memory, expected memory:dots"},
	} {
		d, _, err := c.source.Open(t.Context(), dataset.Opening{Memory: c.memory})
		if c.want == "" {
			if err != nil || d != dots {
				t.Errorf("opened %v, %v", d, err)
			}
		} else if !fault.IsInput(err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, expected %q", err, c.want)
		}
	}
}
