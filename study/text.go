package study

import (
	"bytes"
	"fmt"
	"strings"
)

// tables returns the report in a format of tables, with empty lines between them: what is reported, in Markdown the figures
// that answer the question, then the tables. In CSV there are only these.
func (r *Report) tables(format string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(r.head(format))
	for i, t := range r.Tables() {
		if i > 0 {
			b.WriteString("\n")
		}
		if err := t.Write(&b, format); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

// head returns what stands above the tables.
func (r *Report) head(format string) string {
	lines := []string{r.Title}
	if r.About != "" {
		lines = append(lines, r.About)
	}
	if r.Missing > 0 {
		lines = append(lines, r.Unfinished())
	}
	command := ""
	if r.Origin != nil {
		command = r.Origin.Command
	}
	switch format {
	case "markdown":
		lines[0] = "# " + lines[0]
		if command != "" {
			lines = append(lines, "`"+command+"`")
		}
		answer, _ := r.figures()
		for _, f := range answer {
			lines = append(lines, fmt.Sprintf("![%s](%s.svg)", f.Caption(), f.Name))
		}
		return strings.Join(lines, "\n\n") + "\n\n"
	case "text":
		if command != "" {
			lines = append(lines, command)
		}
		return strings.Join(lines, "\n\n") + "\n\n"
	case "latex":
		lines = append(lines, command)
		return "% " + strings.ReplaceAll(strings.Join(lines, "\n"), "\n", "\n% ") + "\n\n"
	}
	return ""
}
