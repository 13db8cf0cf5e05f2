package study

import (
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// TestCommand checks that a command is that of a built-in study only where it runs the very study, as it is read again from
// a database.
func TestCommand(t *testing.T) {
	const file = "studies/x/study.yaml"
	const fromFile = "gradreg study run " + file
	for _, c := range []struct {
		name   string
		v      Variant
		change func(*Spec)
		want   string
	}{
		{"wd-table", Variant{}, nil, "gradreg reproduce wd-table"},
		{"lambda-auto", Variant{}, nil, "gradreg study run lambda-auto"},
		{"wd-table", Variant{Data: []string{"fashion-mnist"}, Seeds: 1}, nil, "gradreg reproduce wd-table --data fashion-mnist --seeds 1"},
		{"wd-table", Variant{Data: []string{"mnist", "my photos"}, Quick: true}, nil, "gradreg reproduce wd-table --data mnist --data my photos --quick"},
		{"norm-table", Variant{Paper: true, Quick: true, Seeds: 2}, nil, "gradreg reproduce norm-table --paper-protocol --quick"},
		{"norm-table", Variant{Quick: true, Seeds: 1}, nil, "gradreg reproduce norm-table --quick --seeds 1"},
		{"lambda-auto", Variant{Quick: true}, nil, "gradreg study run lambda-auto --quick"},
		{
			"photos-few", Variant{Data: []string{"./photos"}, TrainSizes: []int{25, 100}, Seeds: 3}, nil,
			"gradreg study run photos-few --data ./photos --train-sizes 25,100 --seeds 3",
		},
		{"train-sizes", Variant{TrainSizes: []int{500}}, nil, fromFile},
		{"wd-table", Variant{Data: []string{"a,b"}}, nil, fromFile},
		{"wd-table", Variant{}, func(s *Spec) { s.Train = map[string]any{"steps": 7} }, fromFile},
		{"wd-table", Variant{}, func(s *Spec) { s.Name = "mine" }, fromFile},
		{"wd-table", Variant{Quick: true}, func(s *Spec) { s.Name = "mine-quick" }, fromFile},
		{"fair-2000", Variant{}, func(s *Spec) { s.Methods = s.Methods[:3] }, fromFile},
	} {
		builtin, _, err := Builtin(c.name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := builtin.Variant(c.v)
		if err != nil {
			t.Fatal(err)
		}
		if c.change != nil {
			c.change(&s)
		}
		text, err := yaml.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Read(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(again.Command(file), " "); got != c.want {
			t.Errorf("%s, %+v: %q, expected %q", c.name, c.v, got, c.want)
		}
	}
}

// TestBuiltinCommands checks that every built-in study is run by its name, by reproduce if that knows it.
func TestBuiltinCommands(t *testing.T) {
	known := map[string]bool{}
	for _, name := range Published() {
		known[name] = true
	}
	for _, name := range Builtins() {
		s, _, err := Builtin(name)
		if err != nil {
			t.Fatal(err)
		}
		want := "gradreg study run " + name
		if known[name] {
			want = "gradreg reproduce " + name
		}
		if got := strings.Join(s.Command("study.yaml"), " "); got != want {
			t.Errorf("%q, expected %q", got, want)
		}
	}
}

// TestOtherData checks that values published for some data do not stand beside those of others.
func TestOtherData(t *testing.T) {
	s, _, err := Builtin("wd-table")
	if err != nil {
		t.Fatal(err)
	}
	for data, want := range map[string]bool{"fashion-mnist": false, "mnist": true} {
		v, err := s.Variant(Variant{Data: []string{data}})
		if err != nil || v.Data[0] != data || (v.Source != "") != want || (len(v.Published) > 0) != want {
			t.Errorf("%s: published %v, source %q, %v", data, v.Published, v.Source, err)
		}
	}
	if s.Data[0] != "mnist" || s.Source == "" {
		t.Error("the built-in study was changed")
	}
}
