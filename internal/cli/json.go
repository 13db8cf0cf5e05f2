package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// The forms of --json: one value at the end, or a line for everything that happens.
const (
	jsonObject = "object"
	jsonLines  = "lines"
)

// schema is raised when a field of the lines changes its meaning; further fields and types do not
// change it.
const schema = 1

// jsonMode is the flag --json[=lines].
type jsonMode struct{ app *app }

func (m jsonMode) Type() string { return "" }

func (m jsonMode) String() string {
	switch {
	case m.app == nil || !m.app.json:
		return ""
	case m.app.lines:
		return jsonLines
	}
	return jsonObject
}

func (m jsonMode) Set(text string) error {
	if !slices.Contains([]string{jsonObject, jsonLines}, text) {
		return fmt.Errorf("found %q, expected %s or %s", text, jsonObject, jsonLines)
	}
	m.app.json, m.app.lines = true, text == jsonLines
	return nil
}

// wantsJSON reports whether arguments ask for JSON. What is wrong before the flag is reached is
// said in JSON, too.
func wantsJSON(args []string) bool {
	return slices.ContainsFunc(args, func(arg string) bool {
		return arg == "--json" ||
			strings.HasPrefix(arg, "--json=")
	})
}

// printJSON prints the result of a command.
func (a *app) printJSON(v any) error {
	if a.lines {
		return a.writeLine("result", v)
	}
	return json.NewEncoder(a.out).Encode(v)
}

// emit writes a line about what happens, where lines are wanted. Whoever reads them sees at the
// result what is missing, so an error of one is not told.
func (a *app) emit(kind string, v any) {
	if a.lines {
		_ = a.writeLine(kind, v)
	}
}

// note says something in one line to whoever watches.
func (a *app) note(text string) {
	text = a.clean(text)
	if a.lines {
		a.emit("message", map[string]string{"text": text})
		return
	}
	fmt.Fprintln(a.err, a.fitted(text))
}

// watched reports whether somebody is told what happens on the way.
func (a *app) watched() bool { return !a.json || a.lines }

// writeLine writes a JSON object: type, schema, and the fields of v or, of an array, "list".
func (a *app) writeLine(kind string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if data[0] != '{' {
		data = slices.Concat([]byte(`{"list":`), data, []byte("}"))
	}
	line := fmt.Appendf(nil, `{"type":%q,"schema":%d`, kind, schema)
	if len(data) > len("{}") {
		line = append(line, ',')
	}
	line = append(append(line, data[1:]...), '\n')
	a.lock.Lock()
	defer a.lock.Unlock()
	_, err = a.out.Write(line)
	return err
}
