package spec

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]Spec{
		" a : 1 ":       {Name: "a", Value: "1"},
		"a":             {Name: "a"},
		"a:1":           {Name: "a", Value: "1"},
		"a:1,k=v":       {Name: "a", Value: "1", Pairs: []Pair{{"k", "v"}}},
		"a:k=v, l = w ": {Name: "a", Pairs: []Pair{{"k", "v"}, {"l", "w"}}},
	} {
		want.Text = text
		if got, err := Parse(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q gives %+v, %v", text, got, err)
		} else if plain := strings.ReplaceAll(text, " ", ""); got.String() != plain {
			t.Errorf("%q is written %q", text, got)
		}
	}
	for _, text := range []string{"", ":", " ", "a:", "a:1,", "a:1,2", "a:k=", "a:=v", "a:k=1,k=2", "a:k=1, k =2", "a: =v", "a:k= "} {
		if got, err := Parse(text); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q gives %+v, %v", text, got, err)
		}
	}
}

func TestFields(t *testing.T) {
	var v struct {
		i int
		f float64
		b bool
		s string
		n []int
	}
	fields := map[string]any{"i": &v.i, "f": &v.f, "b": &v.b, "s": &v.s, "n": &v.n}
	s, err := Parse("x:i=3,f=0.5,b=true,s=word,n=4x5")
	if err == nil {
		err = s.Fields(fields)
	}
	if err != nil || v.i != 3 || v.f != 0.5 || !v.b || v.s != "word" || !reflect.DeepEqual(v.n, []int{4, 5}) {
		t.Errorf("%+v, %v", v, err)
	}
	for _, text := range []string{"x:i=1.5", "x:f=NaN", "x:f=Inf", "x:b=maybe", "x:n=4y5", "x:j=1"} {
		s, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Fields(fields); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestUnknown(t *testing.T) {
	known := []string{"datagrad", "spectreg", "weight-decay"}
	for name, near := range map[string]string{"datagard": "datagrad", "specreg": "spectreg", "weightdecay": "weight-decay", "xyz": ""} {
		message := Unknown("regularizer", name, known).Error()
		if got := strings.Contains(message, "did you mean"); got != (near != "") || !strings.Contains(message, near) {
			t.Errorf("%s: %s", name, message)
		}
	}
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "abc", 3}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2}, {"same", "same", 0}} {
		if got := distance(c.a, c.b); got != c.want || distance(c.b, c.a) != got {
			t.Errorf("distance of %q and %q is %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// TestTable checks what a table finds, and what it refuses.
func TestTable(t *testing.T) {
	table := Table[func() int]{
		{"one", "the first", func() int { return 1 }},
		{"two", "the second", func() int { return 2 }},
	}
	if got := table.Names(); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("names are %v", got)
	}
	if table.Describe("two") != "the second" || table.Describe("three") != "" {
		t.Errorf("two is %q, three %q", table.Describe("two"), table.Describe("three"))
	}
	parse, s, err := table.Find("number", "two:k=v")
	if err != nil || parse() != 2 || !s.Has("k") {
		t.Errorf("%+v, %v", s, err)
	}
	for text, want := range map[string]string{
		"":      `"": expected a name`,
		"two:3": `"two:3": found "3", expected key=value options`,
		"twoo":  `unknown number "twoo" (did you mean "two"?), expected one of one, two`,
	} {
		if _, _, err := table.Find("number", text); err == nil || err.Error() != want {
			t.Errorf("%q: %v, expected %s", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("a:1,k=v")
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := Parse(text); err == nil && (s.Name == "" || s.Text != text) {
			t.Errorf("%q gives %+v", text, s)
		}
	})
}

// TestNumber checks fractions, which sizes in steps of a byte are written as.
func TestNumber(t *testing.T) {
	for text, want := range map[string]float64{"0.5": 0.5, "-2e3": -2000, "8/255": 8.0 / 255, "1/3": 1.0 / 3, "0.5/2": 0.25} {
		if got, err := Number(text); err != nil || got != want {
			t.Errorf("%q is %v, %v", text, got, err)
		}
		if got, err := Number(Format(want)); err != nil || got != want {
			t.Errorf("%v is read back as %v, %v", want, got, err)
		}
	}
	for _, text := range []string{"", "8/", "/255", "1/0", "0/0", "1/2/3", "8/NaN", "1/Inf", "inf", "eight"} {
		if got, err := Number(text); err == nil {
			t.Errorf("%q is %v, expected an error", text, got)
		}
	}
}

// TestParts looks at parts of text forms, also of ones that Parse refuses.
func TestParts(t *testing.T) {
	for text, want := range map[string][3]string{
		"datagrad:50":                {"datagrad", "50", "datagrad:auto"},
		"datagrad:50,every=4":        {"datagrad", "50", "datagrad:auto,every=4"},
		" datagrad : 5 , every = 4 ": {"datagrad", "5", "datagrad:auto, every = 4 "},
		"mlp:hidden=64,dropout=0.1":  {"mlp", "", "mlp:auto,hidden=64,dropout=0.1"},
		"none":                       {"none", "", "none:auto"},
		"":                           {"", "", ":auto"},
		"x:,,":                       {"x", "", "x:auto,,"},
	} {
		got := [3]string{NameOf(text), ValueOf(text), WithValue(text, "auto")}
		if got != want {
			t.Errorf("%q has %q, expected %q", text, got, want)
		}
	}
}
