// Package strictyaml reads YAML into Go values and says what is wrong in one line that does not
// need Go: unknown fields, values of another type, fractions where whole numbers belong, which the
// library's decoder cuts off, and numbers that do not fit. Texts of others do no harm: size, depth
// and what aliases stand for are bounded before anything is decoded.
package strictyaml

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

// Decode reads a text over what into, a pointer to a struct, holds: what the text does not name
// stays, so an empty text changes nothing. The text is one document of UTF-8 of at most MaxBytes,
// without tags; a byte order mark is passed over. Numbers are finite.
func Decode(data []byte, into any) error {
	data, err := bounded(data)
	if err != nil {
		return err
	}
	err = decode(data, into)
	if err == nil {
		err = infinite("", reflect.ValueOf(into).Elem())
	}
	if err != nil {
		return errors.New(line(err.Error()))
	}
	return nil
}

// line is the first line of a message, the place in the text stands below it, and no longer than a
// few on a screen.
func line(text string) string {
	const most = 400
	text, _, _ = strings.Cut(text, "\n")
	if runes := []rune(text); len(runes) > most {
		text = string(runes[:most]) + "…"
	}
	return text
}

// decode is Decode of a bounded text. The library panics on some texts that are not YAML; that is
// the text's fault.
func decode(data []byte, into any) (err error) {
	defer func() {
		if bug := recover(); bug != nil {
			err = errors.New("the text is not readable as YAML")
		}
	}()
	var values any
	// Its error is none here: the strict reading below says what is wrong.
	if err := yaml.Unmarshal(data, &values); err == nil && values == nil {
		return nil
	}
	err = yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(into)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if wrong := misfit("", values, reflect.TypeOf(into).Elem(), err != nil); wrong != nil {
		return wrong
	}
	return err
}

// custom is what a type has that reads itself.
type custom interface{ UnmarshalYAML(func(any) error) error }

// isText reports whether a type is written as a text, whatever it consists of.
func isText(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// misfit returns an error for the first value of another type than its field's. The decoder takes
// more than this table, such as numbers in quotes; fractions it cuts off. So everything is looked
// at where it failed, else what takes whole numbers.
func misfit(name string, value any, t reflect.Type, failed bool) error {
	if isText(t) {
		t = reflect.TypeFor[string]()
	}
	if value == nil || reflect.PointerTo(t).Implements(reflect.TypeFor[custom]()) {
		return nil
	}
	number, isNumber := asNumber(value)
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
		for i, element := range list {
			if element == nil { // the decoder leaves it out, or takes it for a zero
				return fmt.Errorf("%s: element %d is empty, expected %s", name, i+1, expected(t.Elem()))
			}
			if err := misfit(name, element, t.Elem(), failed); err != nil {
				return err
			}
		}
		wrong = !ok && failed
	case reflect.Int:
		wrong = (failed || isNumber) && !whole(value, number, math.MinInt64, math.MaxInt64)
	case reflect.Uint64:
		wrong = (failed || isNumber) && !whole(value, number, 0, math.MaxUint64)
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
	want := expected(t)
	if isNumber && math.Abs(number) > exact {
		switch t.Kind() {
		case reflect.Int:
			want += fmt.Sprintf(" from %d to %d, in digits", math.MinInt64, math.MaxInt64)
		case reflect.Uint64:
			want = fmt.Sprintf("a whole number from 0 to %d, in digits", uint64(math.MaxUint64))
		}
	}
	if name == "" {
		return fmt.Errorf("the text is %s, expected %s", found(value), want)
	}
	return fmt.Errorf("%s is %s, expected %s", name, found(value), want)
}

// misfits looks at the fields of a struct, in their order.
func misfits(name string, values map[string]any, t reflect.Type, failed bool) error {
	for i := range t.NumField() {
		key, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		if err := misfit(within(name, key), values[key], t.Field(i).Type, failed); err != nil {
			return err
		}
	}
	return nil
}

// expected describes what a type takes.
func expected(t reflect.Type) string {
	if isText(t) {
		return "a text"
	}
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

// whole reports whether a number, as YAML has it and as the nearest float64, is a whole one from
// low to high. One with a point or an exponent counts as far as float64 holds every whole number.
func whole(value any, number float64, low int64, high uint64) bool {
	switch v := value.(type) {
	case int64:
		return v >= low
	case uint64:
		return v <= high
	case string:
		if i, err := strconv.ParseInt(v, 10, 64); err == nil {
			return i >= low
		}
		if u, err := strconv.ParseUint(v, 10, 64); err == nil {
			return u <= high
		}
	}
	return number == math.Trunc(number) && number >= max(float64(low), -exact) && number <= exact
}

// exact is how far float64 holds every whole number.
const exact = 1 << 53

// infinite returns an error for the first number in a value that is none: the formats that results
// are written in have neither NaN nor infinity, and no setting means anything with them.
func infinite(name string, v reflect.Value) error {
	if isText(v.Type()) {
		return nil
	}
	switch v.Kind() {
	case reflect.Float64:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("%s is %v, expected a finite number", name, f)
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return infinite(name, v.Elem())
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := infinite(name, v.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Map:
		for _, key := range slices.SortedFunc(
			slices.Values(v.MapKeys()),
			func(a, b reflect.Value) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) },
		) {
			if err := infinite(within(name, fmt.Sprint(key)), v.MapIndex(key)); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			key, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
			if err := infinite(within(name, key), v.Field(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// within names what stands in something.
func within(name, key string) string {
	switch {
	case name == "":
		return key
	case key == "":
		return name
	}
	return name + ": " + key
}

// asNumber returns a value of YAML as a number, if it is one. Numbers with an exponent and no point
// are texts to the library, which reads them as numbers where such belong.
func asNumber(value any) (float64, bool) {
	switch v := value.(type) {
	case string:
		if f, err := strconv.ParseFloat(v, 64); err == nil {
			return f, true
		}
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case float64:
		return v, true
	}
	return math.NaN(), false
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
		return fmt.Sprintf("%q", shortened(v))
	}
	return fmt.Sprint(value)
}
