package gradreg

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/spec"
)

// field is an option in the text form: its key, and where its value is. A zero value is not
// written.
type field struct {
	key    string
	target any // *int, *float64, *bool or *string
}

// format returns the text form name:λ[,key=value]….
func format(name string, lambda float64, fields []field) string {
	text := name + ":" + spec.Format(lambda)
	for _, f := range fields {
		switch v := f.target.(type) {
		case *int:
			if *v != 0 {
				text += fmt.Sprintf(",%s=%d", f.key, *v)
			}
		case *float64:
			if *v != 0 {
				text += "," + f.key + "=" + spec.Format(*v)
			}
		case *bool:
			if *v {
				text += "," + f.key + "=true"
			}
		case *string:
			if *v != "" {
				text += "," + f.key + "=" + *v
			}
		}
	}
	return text
}

// parseFields assigns the options of a text form. A number 0 is refused, since it stands for the
// default.
func parseFields(s spec.Spec, fields []field) error {
	targets := map[string]any{}
	for _, f := range fields {
		targets[f.key] = f.target
	}
	if err := s.Fields(targets); err != nil {
		return err
	}
	for _, p := range s.Pairs {
		zero := false
		switch v := targets[p.Key].(type) {
		case *int:
			zero = *v == 0
		case *float64:
			zero = *v == 0
		}
		if zero {
			return fmt.Errorf("%s is 0, expected another number", p.Key)
		}
	}
	return nil
}
