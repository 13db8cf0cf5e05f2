package comparison_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/gan/comparison"
	"github.com/gradreg/gradreg/internal/golden"
)

// results is where the repository keeps what comparisons came to.
const results = "../../results"

// stored lists the comparisons that come with the program and have a stored result.
func stored(t *testing.T) map[string]*comparison.Report {
	t.Helper()
	reports := map[string]*comparison.Report{}
	for _, name := range comparison.Names() {
		text, err := os.ReadFile(filepath.Join(results, name, comparison.SpecFile))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		s, err := comparison.Read(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		runs, err := comparison.ReadRuns(filepath.Join(results, name, comparison.RunsFile))
		if err != nil {
			t.Fatal(err)
		}
		if reports[name], err = comparison.NewReport(s, runs); err != nil {
			t.Fatal(err)
		}
	}
	return reports
}

// TestStoredResults makes the tables of stored results again from their runs, and compares them with
// those in their folders and in docs/generative.md. -update writes them.
func TestStoredResults(t *testing.T) {
	const page = "../../docs/generative.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	quoted := string(text)
	reports := stored(t)
	if len(reports) == 0 {
		t.Error("no result of a comparison is stored")
	}
	for name, r := range reports {
		dir := t.TempDir()
		if err := r.Write(dir); err != nil {
			t.Fatal(err)
		}
		table, err := os.ReadFile(filepath.Join(dir, "tables.md"))
		if err != nil {
			t.Fatal(err)
		}
		golden.Text(t, filepath.Join(results, name, "tables.md"), string(table))
		begin, end := "<!-- results/"+name+" -->\n", "<!-- end of "+name+" -->\n"
		before, rest, ok := strings.Cut(quoted, begin)
		_, after, ends := strings.Cut(rest, end)
		if !ok || !ends {
			t.Errorf("%s has no place for the tables of %s", page, name)
			continue
		}
		quoted = before + begin + "\n" + string(bytes.TrimSpace(table)) + "\n\n" + end + after
	}
	golden.Text(t, page, quoted)
}
