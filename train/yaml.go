package train

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/gradreg/gradreg/internal/fault"
)

// ReadConfig reads YAML over the fields of base: what the text does not name keeps base's value, so an empty text gives
// base. An unknown field is an error.
func ReadConfig(base Config, data []byte) (Config, error) {
	var values map[string]any
	// Its error is none here: the strict reading below says what is wrong.
	if err := yaml.Unmarshal(data, &values); err == nil && len(values) == 0 {
		return base, nil
	}
	err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&base)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	if wrong := misfit(values, err != nil); wrong != nil {
		return base, fault.Input(wrong)
	}
	if err != nil {
		return base, fault.Inputf("%s", firstLine(err))
	}
	return base, nil
}

// firstLine makes one line of an error that shows the place in a text below its message.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// misfit returns an error for the first field whose value is of another type, in words that do not need Go. The reader takes
// more than this table, such as numbers in quotes; fractions it cuts off. So all fields are looked at where it failed, else
// those that take whole numbers.
func misfit(values map[string]any, failed bool) error {
	fields := reflect.TypeFor[Config]()
	for i := range fields.NumField() {
		key, _, _ := strings.Cut(fields.Field(i).Tag.Get("yaml"), ",")
		value, ok := values[key]
		if !ok || value == nil {
			continue
		}
		number, isNumber := asNumber(value)
		whole := isNumber && number == math.Trunc(number)
		expected := ""
		switch fields.Field(i).Type.Kind() {
		case reflect.Int:
			if !whole && (failed || isNumber) {
				expected = "a whole number"
			}
		case reflect.Uint64:
			if !(whole && number >= 0) && (failed || isNumber) {
				expected = "a whole number from 0 up"
			}
		case reflect.Float64:
			if !isNumber && failed {
				expected = "a number"
			}
		case reflect.Bool:
			if _, ok := value.(bool); !ok && failed {
				expected = "true or false"
			}
		case reflect.String:
			if nested(value) && failed {
				expected = "a text"
			}
		case reflect.Slice:
			if _, ok := value.([]any); !ok && failed {
				expected = "a list of texts"
			}
		}
		if expected != "" {
			return fmt.Errorf("%s is %s, expected %s", key, found(value), expected)
		}
	}
	return nil
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
