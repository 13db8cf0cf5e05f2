package spec

import "fmt"

// Table is a list of things that text forms name, in the order in which they are listed. P is the
// function that makes one from the rest of its text.
type Table[P any] []Row[P]

// Row is one thing of a table: its name, a line about it, and how it is made.
type Row[P any] struct {
	Name, Doc string
	Parse     P
}

// Names lists the names.
func (t Table[P]) Names() []string {
	var names []string
	for _, r := range t {
		names = append(names, r.Name)
	}
	return names
}

// Describe returns the line about a name, "" if there is none.
func (t Table[P]) Describe(name string) string {
	for _, r := range t {
		if r.Name == name {
			return r.Doc
		}
	}
	return ""
}

// Find splits a text form and returns how what it names is made. An unknown name is an error, which
// calls it one of that kind, and so is a value in the place of key=value options.
func (t Table[P]) Find(kind, text string) (parse P, s Spec, err error) {
	if s, err = Parse(text); err != nil {
		return parse, s, err
	}
	for _, r := range t {
		if r.Name != s.Name {
			continue
		}
		if s.Value != "" {
			return parse, s, fmt.Errorf("%q: found %q, expected key=value options", text, s.Value)
		}
		return r.Parse, s, nil
	}
	return parse, s, Unknown(kind, s.Name, t.Names())
}
