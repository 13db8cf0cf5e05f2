// Package strictyaml reads YAML into Go values and says what is wrong in one line that does not need Go: unknown fields, values
// of another type, and fractions where whole numbers belong, which the library's decoder cuts off.
package strictyaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
)

// Decode reads a text over what into, a pointer to a struct, holds: what the text does not name stays, so an empty text changes
// nothing.
func Decode(data []byte, into any) error {
	var values any
	// Its error is none here: the strict reading below says what is wrong.
	if err := yaml.Unmarshal(data, &values); err == nil && values == nil {
		return nil
	}
	err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(into)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if wrong := misfit("", values, reflect.TypeOf(into).Elem(), err != nil); wrong != nil {
		return wrong
	}
	if err != nil {
		line, _, _ := strings.Cut(err.Error(), "\n") // the place in the text stands below the message
		return errors.New(line)
	}
	return nil
}

// custom is what a type has that reads itself.
type custom interface{ UnmarshalYAML(func(any) error) error }

// misfit returns an error for the first value of another type than its field's. The decoder takes more than this table, such as
// numbers in quotes; fractions it cuts off. So everything is looked at where it failed, else what takes whole numbers.
func misfit(name string, value any, t reflect.Type, failed bool) error {
	if value == nil || reflect.PointerTo(t).Implements(reflect.TypeFor[custom]()) {
		return nil
	}
	number, isNumber := asNumber(value)
	whole := isNumber && number == math.Trunc(number)
	wrong := false
	switch t.Kind() {
	case reflect.Pointer:
		return misfit(name, value, t.Elem(), failed)
	case reflect.Struct:
		fields, ok := value.(map[string]any)
		if ok {
			return misfits(name, fields, t, failed)
		}
		wrong = failed
	case reflect.Slice:
		list, ok := value.([]any)
		for _, element := range list {
			if err := misfit(name, element, t.Elem(), failed); err != nil {
				return err
			}
		}
		wrong = !ok && failed
	case reflect.Int:
		wrong = !whole && (failed || isNumber)
	case reflect.Uint64:
		wrong = !(whole && number >= 0) && (failed || isNumber)
	case reflect.Float64:
		wrong = !isNumber && failed
	case reflect.Bool:
		_, ok := value.(bool)
		wrong = !ok && failed
	case reflect.String:
		wrong = nested(value) && failed
	}
	if !wrong {
		return nil
	}
	if name == "" {
		return fmt.Errorf("the text is %s, expected %s", found(value), expected(t))
	}
	return fmt.Errorf("%s is %s, expected %s", name, found(value), expected(t))
}

// misfits looks at the fields of a struct, in their order.
func misfits(name string, values map[string]any, t reflect.Type, failed bool) error {
	for i := range t.NumField() {
		key, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		full := key
		if name != "" {
			full = name + ": " + key
		}
		if err := misfit(full, values[key], t.Field(i).Type, failed); err != nil {
			return err
		}
	}
	return nil
}

// expected describes what a type takes.
func expected(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Int:
		return "a whole number"
	case reflect.Uint64:
		return "a whole number from 0 up"
	case reflect.Float64:
		return "a number"
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a text"
	case reflect.Slice:
		if _, of, ok := strings.Cut(expected(t.Elem()), "a "); ok {
			return "a list of " + of + "s"
		}
		return "a list"
	}
	return "a mapping"
}

// asNumber returns a value of YAML as a number, if it is one.
func asNumber(value any) (float64, bool) {
	switch v := value.(type) {
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case float64:
		return v, true
	}
	return 0, false
}

// nested reports whether a value of YAML has others in it.
func nested(value any) bool {
	kind := reflect.TypeOf(value).Kind()
	return kind == reflect.Slice || kind == reflect.Map
}

// found describes a value of YAML.
func found(value any) string {
	switch v := value.(type) {
	case []any:
		return "a list"
	case map[string]any:
		return "a mapping"
	case string:
		return fmt.Sprintf("%q", v)
	}
	return fmt.Sprint(value)
}
