package gradreg_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	goldenfile "github.com/gradreg/gradreg/internal/golden"
)

// TestDefinitions compares the table of regularizers in docs/definitions.md with the program's own.
// -update writes it anew.
func TestDefinitions(t *testing.T) {
	const path = "docs/definitions.md"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(data), "<!-- regularizers -->\n")
	_, after, ends := strings.Cut(rest, "<!-- end of regularizers -->\n")
	if !begins || !ends {
		t.Fatalf("%s has no place for the table of regularizers", path)
	}
	var table strings.Builder
	table.WriteString("\n| name | R | convention of λ | multiply-adds of a step | source |\n|---|---|---|---|---|\n")
	for _, r := range gradreg.Regularizers() {
		cells := []string{"`" + r.Name + "`", r.Formula, r.Convention, r.Cost, r.Source}
		for i, c := range cells {
			cells[i] = strings.ReplaceAll(c, "|", `\|`)
		}
		fmt.Fprintf(&table, "| %s |\n", strings.Join(cells, " | "))
	}
	goldenfile.Text(t, path, before+"<!-- regularizers -->\n"+table.String()+"\n<!-- end of regularizers -->\n"+after)
}
