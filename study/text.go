package study

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/internal/foreign"
)

// tables returns the report in a format of tables, with empty lines between them: what is reported,
// in Markdown the figures that answer the question, then the tables. In CSV there are only these.
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

// Print writes the tables in a format, with empty lines between them, those of a quick study below
// its banner. CSV has a column for it instead.
func (r *Report) Print(w io.Writer, format string) error {
	if text := r.Banner(); text != "" && format != "csv" {
		if format == "latex" {
			text = "% " + text
		}
		if _, err := io.WriteString(w, text+"\n\n"); err != nil {
			return err
		}
	}
	for _, t := range r.Tables() {
		if err := t.Write(w, format); err != nil {
			return err
		}
		if _, err := io.WriteString(w, "\n"); err != nil {
			return err
		}
	}
	return nil
}

// introduction says what is reported, a paragraph each: banner, question, protocol and what is
// missing.
func (r *Report) introduction() []string {
	return slices.DeleteFunc(
		[]string{r.Banner(), r.question(), r.protocol(), r.Unfinished()},
		func(text string) bool { return text == "" },
	)
}

// head returns what stands above the tables.
func (r *Report) head(format string) string {
	lines := append([]string{r.marked(r.Title)}, r.introduction()...)
	command := ""
	if r.Origin != nil {
		command = r.Origin.Command
	}
	switch format {
	case "markdown":
		for i := range lines {
			lines[i] = foreign.Markdown(lines[i])
		}
		lines[0] = "# " + lines[0]
		if command != "" {
			lines = append(lines, "`"+foreign.Code(command)+"`")
		}
		answer, _ := r.figures()
		for _, f := range answer {
			lines = append(lines, fmt.Sprintf("![%s](%s.svg)", foreign.Markdown(f.Caption()), f.Name))
		}
		return strings.Join(lines, "\n\n") + "\n\n"
	case "text":
		if command != "" {
			lines = append(lines, command)
		}
		return foreign.Lines(strings.Join(lines, "\n\n")) + "\n\n"
	case "latex":
		lines = append(lines, command)
		return "% " + strings.ReplaceAll(foreign.Lines(strings.Join(lines, "\n")), "\n", "\n% ") + "\n\n"
	}
	return ""
}
