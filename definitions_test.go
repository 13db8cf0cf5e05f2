package gradreg_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	goldenfile "github.com/gradreg/gradreg/internal/golden"
)

// TestDefinitions compares the tables of docs/definitions.md with the program's own: regularizers,
// places of a critic's training, shorthands. -update writes them anew.
func TestDefinitions(t *testing.T) {
	const path = "docs/definitions.md"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for _, table := range []struct {
		name string
		rows [][]string
	}{{"regularizers", regularizerRows()}, {"places", placeRows()}, {"shorthands", shorthandRows()}} {
		before, rest, begins := strings.Cut(text, "<!-- "+table.name+" -->\n")
		_, after, ends := strings.Cut(rest, "<!-- end of "+table.name+" -->\n")
		if !begins || !ends {
			t.Fatalf("%s has no place for the table of %s", path, table.name)
		}
		text = before + "<!-- " + table.name + " -->\n\n" + markdown(table.rows) + "\n<!-- end of " + table.name + " -->\n" + after
	}
	goldenfile.Text(t, path, text)
}

// markdown returns a table whose first row is its head.
func markdown(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		for k, cell := range row {
			row[k] = strings.ReplaceAll(cell, "|", `\|`)
		}
		fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
		if i == 0 {
			fmt.Fprintf(&b, "|%s\n", strings.Repeat("---|", len(row)))
		}
	}
	return b.String()
}

func regularizerRows() [][]string {
	rows := [][]string{{"name", "R", "convention of λ", "multiply-adds of a step", "source"}}
	for _, r := range gradreg.Regularizers() {
		rows = append(rows, []string{"`" + r.Name + "`", r.Formula, r.Convention, r.Cost, r.Source})
	}
	return rows
}

func placeRows() [][]string {
	rows := [][]string{{"at", "samples"}}
	for _, p := range gradreg.CriticPlaces() {
		rows = append(rows, []string{"`" + p.Name + "`", p.Description})
	}
	return rows
}

func shorthandRows() [][]string {
	rows := [][]string{{"name", "stands for", "source"}}
	for _, s := range gradreg.Shorthands() {
		rows = append(rows, []string{"`" + s.Name + ":λ`", "`" + s.Text("λ") + "`", s.Source})
	}
	return rows
}
