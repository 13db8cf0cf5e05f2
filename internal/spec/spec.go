// Package spec reads the text form that regularizers, models, optimizers and schedules have in
// common:
//
//	name[:value][,key=value]…      name[:key=value[,key=value]…]
package spec

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Spec is a parsed text form.
type Spec struct {
	Text  string
	Name  string
	Value string // what follows the colon, if it is no key=value
	Pairs []Pair
}

// Pair is one key=value.
type Pair struct{ Key, Value string }

// String returns the text form of the parts.
func (s Spec) String() string {
	var parts []string
	if s.Value != "" {
		parts = append(parts, s.Value)
	}
	for _, p := range s.Pairs {
		parts = append(parts, p.Key+"="+p.Value)
	}
	if len(parts) == 0 {
		return s.Name
	}
	return s.Name + ":" + strings.Join(parts, ",")
}

// Has reports whether the text names a key.
func (s Spec) Has(key string) bool {
	return slices.ContainsFunc(s.Pairs, func(p Pair) bool { return p.Key == key })
}

// With returns the parts with another value of an option that they name.
func (s Spec) With(key, value string) Spec {
	s.Pairs = slices.Clone(s.Pairs)
	for i := range s.Pairs {
		if s.Pairs[i].Key == key {
			s.Pairs[i].Value = value
		}
	}
	s.Text = s.String()
	return s
}

// NameOf returns the name of a text form, valid or not.
func NameOf(text string) string {
	name, _, _ := strings.Cut(text, ":")
	return strings.TrimSpace(name)
}

// WithValue returns a text form with another value before its options, as they are written.
func WithValue(text, value string) string {
	_, rest, _ := strings.Cut(text, ":")
	first, options, more := strings.Cut(rest, ",")
	if strings.Contains(first, "=") {
		options, more = rest, true
	}
	if !more {
		return NameOf(text) + ":" + value
	}
	return NameOf(text) + ":" + value + "," + options
}

// ValueOf returns the value of a text form, "" if it has none.
func ValueOf(text string) string {
	_, rest, _ := strings.Cut(text, ":")
	first, _, _ := strings.Cut(rest, ",")
	if strings.Contains(first, "=") {
		return ""
	}
	return strings.TrimSpace(first)
}

// Parse splits a text form. Spaces around names, keys and values are ignored.
func Parse(text string) (Spec, error) {
	name, rest, colon := strings.Cut(text, ":")
	s := Spec{Text: text, Name: strings.TrimSpace(name)}
	if s.Name == "" {
		return s, fmt.Errorf("%q: expected a name", text)
	}
	if !colon {
		return s, nil
	}
	for i, part := range strings.Split(rest, ",") {
		key, value, ok := strings.Cut(part, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		switch {
		case !ok && i == 0 && key != "":
			s.Value = key
		case !ok || key == "" || value == "":
			return s, fmt.Errorf("%q: expected key=value, found %q", text, part)
		case s.Has(key):
			return s, fmt.Errorf("%q: key %q stands twice", text, key)
		default:
			s.Pairs = append(s.Pairs, Pair{key, value})
		}
	}
	return s, nil
}

// Fields assigns the pairs to the fields of those keys; targets are *int, *float64, *bool, *string
// or *[]int (as 256x128). Its errors do not repeat the text, which the caller names.
func (s Spec) Fields(fields map[string]any) error {
	for _, p := range s.Pairs {
		target, ok := fields[p.Key]
		if !ok {
			if len(fields) == 0 {
				return fmt.Errorf("found key %q, but %s takes none", p.Key, s.Name)
			}
			return Unknown("key", p.Key, slices.Collect(maps.Keys(fields)))
		}
		if err := assign(target, p.Value); err != nil {
			return fmt.Errorf("key %s: %w", p.Key, err)
		}
	}
	return nil
}

// assign parses value into target.
func assign(target any, value string) error {
	var err error
	switch t := target.(type) {
	case *int:
		if *t, err = strconv.Atoi(value); err != nil {
			return fmt.Errorf("found %q, expected an integer", value)
		}
	case *float64:
		*t, err = Number(value)
		return err
	case *bool:
		if *t, err = strconv.ParseBool(value); err != nil {
			return fmt.Errorf("found %q, expected true or false", value)
		}
	case *string:
		*t = value
	case *[]int:
		*t = nil
		for _, part := range strings.Split(value, "x") {
			n, err := strconv.Atoi(part)
			if err != nil {
				return fmt.Errorf("found %q, expected integers such as 256x128", value)
			}
			*t = append(*t, n)
		}
	default:
		panic(fmt.Sprintf("spec: no rule to parse a %T", target))
	}
	return nil
}

// Number parses a finite number, or a fraction of two such as 8/255.
func Number(text string) (float64, error) {
	above, below, fraction := strings.Cut(text, "/")
	v, err := strconv.ParseFloat(above, 64)
	if fraction && err == nil {
		var divisor float64
		if divisor, err = strconv.ParseFloat(below, 64); math.IsInf(divisor, 0) {
			divisor = 0
		}
		v /= divisor
	}
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("found %q, expected a finite number", text)
	}
	return v, nil
}

// Format writes a number so that Number reads the same value.
func Format(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// Round returns v with some significant digits, so that its text form is short.
func Round(v float64, digits int) float64 {
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
	if err != nil { // above the largest number, by rounding up
		return v
	}
	return rounded
}

// FormatInts writes integers as 256x128.
func FormatInts(ns []int) string {
	parts := make([]string, len(ns))
	for i, n := range ns {
		parts[i] = strconv.Itoa(n)
	}
	return strings.Join(parts, "x")
}
