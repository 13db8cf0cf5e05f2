package cli

import (
	"encoding"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/gradreg/gradreg"
)

// text is a value that is written as a text.
type text interface {
	fmt.Stringer
	encoding.TextUnmarshaler
}

// valueFlag adds a flag whose text becomes a value here.
func valueFlag(f *pflag.FlagSet, value text, name, usage string) {
	f.Var(flagValue{value}, name, usage)
}

// flagValue is the value of a flag.
type flagValue struct{ text }

func (v flagValue) Set(given string) error { return v.UnmarshalText([]byte(given)) }

// Type is the word for the value in help texts.
func (flagValue) Type() string { return "string" }

// regularizersFlag adds a flag that may stand several times; the first time takes the place of what
// the list holds.
func regularizersFlag(f *pflag.FlagSet, list *[]gradreg.Spec, name, usage string) {
	f.Var(&regularizersValue{list: list}, name, usage)
}

// regularizersValue is the value of a flag for regularizers.
type regularizersValue struct {
	list  *[]gradreg.Spec
	given bool
}

func (v *regularizersValue) String() string {
	if v.list == nil { // the zero value, which the flags package makes to tell defaults
		return "[]"
	}
	return "[" + strings.Join(gradreg.Texts(*v.list), ",") + "]"
}

func (v *regularizersValue) Set(given string) error {
	if !v.given {
		*v.list, v.given = nil, true
	}
	*v.list = append(*v.list, gradreg.ParseSpec(given))
	return nil
}

// Type is the word for the value in help texts.
func (*regularizersValue) Type() string { return "stringArray" }
