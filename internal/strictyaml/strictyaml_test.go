package strictyaml_test

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

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
		"seed: 18446744073709551616":          `seed is "18446744073709551616", expected a whole number from 0 to 18446744073709551615, in digits`,
		"seed: 18446744073709551617":          `seed is "18446744073709551617", expected a whole number from 0 to 18446744073709551615, in digits`,
		"count: 9223372036854775808":          "count is 9223372036854775808, expected a whole number from -9223372036854775808 to 9223372036854775807, in digits",
		"count: -9223372036854775809":         `count is "-9223372036854775809", expected a whole number from -9223372036854775808 to 9223372036854775807, in digits`,
		"count: 1e19":                         `count is "1e19", expected a whole number from -9223372036854775808 to 9223372036854775807, in digits`,
		"count: '1.5'":                        `count is "1.5", expected a whole number`,
		"count: 1e-1":                         `count is "1e-1", expected a whole number`,
		"one: {share: .nan}":                  "one: share is NaN, expected a finite number",
		"many: [{share: 1}, {share: -.inf}]":  "many: share is -Inf, expected a finite number",
		"many: [{share: nan}]":                "many: share is NaN, expected a finite number",
		"frees: {a: {b: [1, .inf]}}":          "frees: a: b is +Inf, expected a finite number",
		"one: {share: 1e400}":                 `one: share is "1e400", expected a number`,
		"name: a\nseed: 010":                  "line 2: found 010, which some read to the base 8; expected a number without a leading 0, or a text in quotes",
		"many: !x\n":                          "line 1: found the tag !x, expected a value without one",
		"tags: !!seq\n":                       "line 1: found the tag !!seq, expected a value without one",
		"count: 1\n---\ncount: 2":             "line 3: a second document, expected one",
		"name: a\nname: \x00":                 "line 2, byte 7: found the control character U+0000, expected text",
		"name: ä\x1b[2J":                      "line 1, byte 9: found the control character U+001B, expected text",
		"name: caf\xe9":                       "line 1, byte 10: found 0xe9, expected UTF-8",
		"\xff\xfen\x00":                       "the text is UTF-16, expected UTF-8",
		"\ufeff\ufeffcount: 1":                "unknown field",
		"tags: [*a, &a x]":                    "line 1: *a stands for nothing that ends before it",
		"free: &a [*a]":                       "line 1: *a stands for nothing that ends before it",
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
		if err := strictyaml.Decode([]byte(text), new(outer)); err == nil || err.Error() != want && !(want == "unknown field" && strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, expected %s", text, err, want)
		}
	}
	for _, text := range []string{"count: [1", "cuont: 3", "count: 1\ncount: 2", "one: {size: [1]}"} {
		if err := strictyaml.Decode([]byte(text), new(outer)); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v, expected a line", text, err)
		}
	}
}

// TestMark passes over a byte order mark, and reads the line ends of Windows.
func TestMark(t *testing.T) {
	var got outer
	if err := strictyaml.Decode([]byte("\ufeffcount: 3\r\nname: ä\r\ntags:\r\n- a\r\n"), &got); err != nil || got.Count != 3 || got.Name != "ä" || got.Tags[0] != "a" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, text := range []string{"---\ncount: 3\n...\n", "---\ncount: 3\n---\n", "seed: 18446744073709551615", "seed: 1e15", "count: -9223372036854775808",
		"tags: [&a x, *a, *a]", "one: &o {share: 1}\nmany: [*o, *o]"} {
		if err := strictyaml.Decode([]byte(text), new(outer)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// laughs is a text whose aliases stand for 9 to the power of levels values.
func laughs(levels int) string {
	text := "frees:\n  a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
	for i := 1; i < levels; i++ {
		text += fmt.Sprintf("  a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 9), ", "))
	}
	return text
}

// hostile are texts that take the library's parser or decoder minutes or all memory, and what is said of each.
var hostile = map[string]string{
	laughs(9):                               "line 6: the text stands for more than 20000 values",
	"free: " + strings.Repeat("- ", 50000):  "the text has 50002 words and signs, expected at most 20000",
	strings.Repeat("- ", 15000):             "line 1: more than 32 lists and mappings in each other",
	strings.Repeat("? ", 15000):             "line 1: more than 32 lists and mappings in each other",
	"free: " + strings.Repeat("[", 15000):   "line 1: more than 32 lists and mappings in each other",
	"free: " + strings.Repeat("{a: ", 5000): "line 1: more than 32 lists and mappings in each other",
	strings.Repeat("k: 1\n", 100000):        "the text has 500000 bytes, expected at most 262144",
	strings.Repeat("k: 1\n", 50000):         "the text has 150000 words and signs, expected at most 20000",
}

// TestHostile refuses them at once.
func TestHostile(t *testing.T) {
	deep := ""
	for i := range 40 {
		deep += strings.Repeat(" ", i) + "a:\n"
	}
	begin := time.Now()
	for text, want := range hostile {
		if err := strictyaml.Decode([]byte(text), new(outer)); err == nil || err.Error() != want {
			t.Errorf("%.40q: %v, expected %s", text, err, want)
		}
	}
	if err := strictyaml.Decode([]byte(deep), new(outer)); err == nil || err.Error() != "line 33: more than 32 lists and mappings in each other" {
		t.Errorf("deep: %v", err)
	}
	if d := time.Since(begin); d > 30*time.Second {
		t.Errorf("took %v", d)
	}
}

// TestMessage bounds what is repeated of a text.
func TestMessage(t *testing.T) {
	long := strings.Repeat("long", 50000)
	for _, text := range []string{"count: " + long, long + ": 1", "&" + long + " a", "*" + long, "count: !" + long + " 1", "count: 0" + strings.Repeat("1", 200000), "frees: {" + long + ": .nan}", `"` + long} {
		if err := strictyaml.Decode([]byte(text), new(outer)); err == nil || len(err.Error()) > 2000 {
			t.Errorf("%.20q: %.200v", text, err)
		}
	}
}

// FuzzDecode looks for texts that panic, take long, or are read as something that is written as something else.
func FuzzDecode(f *testing.F) {
	for text := range hostile {
		f.Add([]byte(text[:min(len(text), 2000)])) // long ones are slow to make shorter
	}
	for _, text := range []string{"many: !x\n", "tags: !!seq\n", "frees: {a: }", "free: &a [*a]", "count: 1\n---\n", "one: {<<: {sizes: [1]}}", "\ufeffseed: 1", "? a", "? - b\n: - c", "a: |\n  b", "- - - a", "frees: {a: !!binary x}"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		hang := time.AfterFunc(20*time.Second, func() { panic(fmt.Sprintf("does not end: %q", data)) })
		defer hang.Stop()
		var o outer
		if err := strictyaml.Decode(data, &o); err != nil {
			if strings.Contains(err.Error(), "\n") || len(err.Error()) > 2000 {
				t.Errorf("%q", err)
			}
			return
		}
		if math.IsNaN(o.Many0().Share) {
			t.Error("NaN")
		}
	})
}

// Many0 returns an element, if there is one.
func (o outer) Many0() inner {
	if len(o.Many) == 0 {
		return inner{}
	}
	return o.Many[0]
}
