package report

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gradreg/gradreg/internal/foreign"
)

// Table is a table that can be written in several forms.
type Table struct {
	Caption string
	Columns []Column
	Rows    [][]Cell // each of the length of Columns
	Notes   []string // below it
	// Keys are what all rows have in common. CSV's rows begin with them; elsewhere the caption says
	// it.
	Keys []Key
}

// Key is a named value of all rows.
type Key struct{ Name, Value string }

// Column is a column's head.
type Column struct {
	Head  string
	Name  string // of its field in CSV, Head if empty
	Right bool   // aligned right, as numbers are
	Wrap  bool   // on a page, broken into lines where it has no room
	// Fields name the numbers of the column's cells in CSV. Without any the text is the one field.
	Fields []string
}

// Cell is a place of a table.
type Cell struct {
	Text   string
	Values []Number // in the order of the column's Fields, exactly, fractions as fractions
	Strong bool     // emphasized
}

// Number is a number of a cell, or none.
type Number struct {
	Value float64
	OK    bool
}

// Num returns a number.
func Num(v float64) Number { return Number{v, true} }

// String returns the shortest text that reads as the same number, nothing for none.
func (n Number) String() string {
	if !n.OK {
		return ""
	}
	return strconv.FormatFloat(n.Value, 'g', -1, 64)
}

// Formats lists the forms of a table.
func Formats() []string { return []string{"text", "markdown", "csv", "latex"} }

// Write writes the table in a form of [Formats].
func (t Table) Write(w io.Writer, format string) error {
	for i, row := range t.Rows {
		if len(row) != len(t.Columns) {
			return fmt.Errorf("row %d has %d cells, expected %d", i, len(row), len(t.Columns))
		}
	}
	var text string
	switch format {
	case "text":
		text = t.text()
	case "markdown":
		text = t.markdown()
	case "csv":
		return t.csv(w)
	case "latex":
		text = t.latex()
	default:
		return fmt.Errorf("found format %q, expected %s", format, strings.Join(Formats(), ", "))
	}
	_, err := io.WriteString(w, text)
	return err
}

// text writes columns padded to their width.
func (t Table) text() string {
	var b strings.Builder
	if t.Caption != "" {
		b.WriteString(foreign.Lines(t.Caption) + "\n\n")
	}
	widths := t.widths(func(c Cell) string { return foreign.Line(c.Text) })
	line := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		line[i] = pad(foreign.Line(c.Head), widths[i], c.Right)
	}
	b.WriteString(strings.TrimRight(strings.Join(line, "  "), " ") + "\n")
	for _, row := range t.Rows {
		for i, c := range row {
			line[i] = pad(foreign.Line(c.Text), widths[i], t.Columns[i].Right)
		}
		b.WriteString(strings.TrimRight(strings.Join(line, "  "), " ") + "\n")
	}
	for _, n := range t.Notes {
		b.WriteString("\n" + foreign.Lines(n) + "\n")
	}
	return b.String()
}

// widths returns the width of each column in characters.
func (t Table) widths(text func(Cell) string) []int {
	widths := make([]int, len(t.Columns))
	for i, c := range t.Columns {
		widths[i] = utf8.RuneCountInString(foreign.Line(c.Head))
		for _, row := range t.Rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(text(row[i])))
		}
	}
	return widths
}

// pad fills text with spaces up to a width.
func pad(text string, width int, right bool) string {
	space := strings.Repeat(" ", width-utf8.RuneCountInString(text))
	if right {
		return space + text
	}
	return text + space
}

// markdown writes a table of GitHub's Markdown, padded so that its source is a table, too.
func (t Table) markdown() string {
	escape := foreign.Markdown
	cell := func(c Cell) string {
		if c.Strong && c.Text != "" {
			return "**" + escape(c.Text) + "**"
		}
		return escape(c.Text)
	}
	widths := t.widths(cell)
	var b strings.Builder
	if t.Caption != "" {
		b.WriteString(escape(t.Caption) + "\n\n")
	}
	for i, c := range t.Columns {
		widths[i] = max(widths[i], utf8.RuneCountInString(escape(c.Head)), 3)
		b.WriteString("| " + pad(escape(c.Head), widths[i], c.Right) + " ")
	}
	b.WriteString("|\n")
	for i, c := range t.Columns {
		rule := strings.Repeat("-", widths[i]+1)
		if c.Right {
			b.WriteString("|" + rule + ":")
		} else {
			b.WriteString("|" + rule + "-")
		}
	}
	b.WriteString("|\n")
	for _, row := range t.Rows {
		for i, c := range row {
			b.WriteString("| " + pad(cell(c), widths[i], t.Columns[i].Right) + " ")
		}
		b.WriteString("|\n")
	}
	for _, n := range t.Notes {
		b.WriteString("\n" + escape(n) + "\n")
	}
	return b.String()
}

// csv writes the numbers as they are, a field each, by RFC 4180, after the keys. Caption and notes
// are left out.
func (t Table) csv(w io.Writer) error {
	out := csv.NewWriter(w)
	var head, keys []string
	for _, k := range t.Keys {
		head, keys = append(head, foreign.Cell(k.Name)), append(keys, foreign.Cell(k.Value))
	}
	for _, c := range t.Columns {
		if len(c.Fields) == 0 {
			head = append(head, foreign.Cell(cmp.Or(c.Name, c.Head)))
		}
		head = append(head, c.Fields...)
	}
	if err := out.Write(head); err != nil {
		return err
	}
	for i, row := range t.Rows {
		fields := slices.Clone(keys)
		for j, c := range row {
			want := len(t.Columns[j].Fields)
			if want == 0 {
				fields = append(fields, foreign.Cell(strings.TrimPrefix(c.Text, absent)))
				continue
			}
			if len(c.Values) > want {
				return fmt.Errorf(
					"row %d, %s: found %d values, expected at most %d", i, t.Columns[j].Head,
					len(c.Values), want,
				)
			}
			for k := range want {
				var n Number
				if k < len(c.Values) {
					n = c.Values[k]
				}
				fields = append(fields, n.String())
			}
		}
		if err := out.Write(fields); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// latexEscapes are the characters that LaTeX reads as commands, and those that plain pdfLaTeX lacks
// in text.
var latexEscapes = strings.NewReplacer(
	`\`, `\textbackslash{}`, `{`, `\{`, `}`, `\}`, `$`, `\$`, `&`, `\&`, `%`, `\%`, `#`, `\#`, `_`,
	`\_`, `~`, `\textasciitilde{}`, `^`, `\textasciicircum{}`,
	`±`, `$\pm$`, `λ`, `$\lambda$`, `×`, `$\times$`, `−`, `$-$`, `…`, `\dots{}`, `–`, `--`, `≤`,
	`$\le$`, `≥`, `$\ge$`, `<`, `$<$`, `>`, `$>$`,
	`σ`, `$\sigma$`, `ε`, `$\varepsilon$`, `²`, `$^2$`, `½`, `$\frac{1}{2}$`, `÷`, `$\div$`, `≈`,
	`$\approx$`, "\n", ` `,
)

// latex writes a table float with booktabs' rules.
func (t Table) latex() string {
	escape := func(text string) string {
		return latexEscapes.Replace(foreign.Line(strings.ReplaceAll(text, "\n", " ")))
	}
	var b strings.Builder
	columns := ""
	line := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns += map[bool]string{true: "r", false: "l"}[c.Right]
		line[i] = escape(c.Head)
	}
	fmt.Fprintf(
		&b, "\\begin{table}\n\\centering\n\\begin{tabular}{%s}\n\\toprule\n%s \\\\\n\\midrule\n",
		columns, strings.Join(line, " & "),
	)
	for _, row := range t.Rows {
		for i, c := range row {
			line[i] = escape(c.Text)
			if c.Strong && c.Text != "" {
				line[i] = `\textbf{` + line[i] + `}`
			}
		}
		b.WriteString(strings.Join(line, " & ") + " \\\\\n")
	}
	b.WriteString("\\bottomrule\n\\end{tabular}\n")
	caption := strings.Join(t.Notes, " ")
	if t.Caption != "" {
		caption = strings.TrimSpace(strings.TrimSuffix(t.Caption, ".") + ". " + caption)
	}
	if caption != "" {
		fmt.Fprintf(&b, "\\caption{%s}\n", escape(caption))
	}
	b.WriteString("\\end{table}\n")
	return b.String()
}
