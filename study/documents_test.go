package study

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/report"
)

// results is the folder of stored results, documents are the texts that quote them.
const results = "../results"

var documents = []string{"../README.md", "../docs/results.md"}

// TestStoredResults makes each results.json again from the study and the runs beside it, and tables and figures from that:
// nothing in the folder was edited.
func TestStoredResults(t *testing.T) {
	paths, err := filepath.Glob(results + "/*/" + ResultsFile)
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d stored results, %v", len(paths), err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(filepath.Dir(path)), func(t *testing.T) {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var stored Report
			if err := json.Unmarshal(data, &stored); err != nil {
				t.Fatal(err)
			}
			if again := rebuilt(t, filepath.Dir(path), stored.Origin); runtime.GOARCH == "amd64" && again != string(data) { // elsewhere sums may be fused
				t.Errorf("%s is not what %s and %s say", path, SpecFile, RunsFile)
			}
			for _, format := range []string{"markdown", "csv"} { // the others are not stored
				want, err := stored.tables(format)
				if err != nil {
					t.Fatal(err)
				}
				name := filepath.Join(filepath.Dir(path), tableFiles[format])
				if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, want) {
					t.Errorf("%s is not what results.json says (%v)", name, err)
				}
			}
			for _, f := range stored.Figures() {
				name := filepath.Join(filepath.Dir(path), f.Name+".svg")
				got, err := os.ReadFile(name)
				if err != nil {
					t.Error(err)
					continue
				}
				want, err := report.SVG(f.Figure)
				if err != nil {
					t.Fatal(err)
				}
				if runtime.GOARCH == "amd64" && string(got) != string(want) {
					t.Errorf("%s is not what results.json says", name)
				}
			}
		})
	}
}

// A table that stands below a comment such as <!-- results/wd-table 2 --> is that table of tables.md.
var quoted = regexp.MustCompile(`(?m)^<!-- results/([a-z0-9-]+) (\d+) -->\n\n((?:\|.*\n)+)`)

// TestQuotedTables compares tables in documents with the stored ones.
func TestQuotedTables(t *testing.T) {
	found := 0
	for _, document := range documents {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		if row := regexp.MustCompile(`(?m)^\|.*\n[^|\n].*`).Find(text); row != nil {
			t.Errorf("%s: a line that Markdown takes for a table's: %q", document, row)
		}
		for _, m := range quoted.FindAllStringSubmatch(string(text), -1) {
			found++
			stored, err := os.ReadFile(filepath.Join(results, m[1], "tables.md"))
			if err != nil {
				t.Error(err)
				continue
			}
			number, err := strconv.Atoi(m[2])
			if err != nil {
				t.Fatal(err)
			}
			tables := regexp.MustCompile(`(?m)(?:^\|.*\n)+`).FindAllString(string(stored), -1)
			if number < 1 || number > len(tables) || tables[number-1] != m[3] {
				t.Errorf("%s: table %s of results/%s is another one now", document, m[2], m[1])
			}
		}
	}
	if found == 0 {
		t.Error("no document quotes a table")
	}
}

// TestQuotedNumbers looks for every decimal number of docs/results.md in the results that its section names, rounded as it
// is, as a fraction or in percent.
func TestQuotedNumbers(t *testing.T) {
	text, err := os.ReadFile("../docs/results.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, section := range regexp.MustCompile(`(?m)^## `).Split(string(text), -1)[1:] {
		title, body, _ := strings.Cut(section, "\n")
		t.Run(title, func(t *testing.T) {
			var known []float64
			for _, m := range regexp.MustCompile(`results/([a-z0-9-]+)`).FindAllStringSubmatch(body, -1) {
				known = append(known, storedNumbers(t, m[1])...)
			}
			if len(known) == 0 {
				t.Fatal("names no results")
			}
			body = quoted.ReplaceAllString(body, "") // compared by TestQuotedTables
			for _, code := range regexp.MustCompile("`[^`]*`").FindAllString(body, -1) {
				body = strings.ReplaceAll(body, code, "")
			}
			for _, number := range regexp.MustCompile(`\d+\.\d+`).FindAllString(body, -1) {
				decimals := len(number) - strings.Index(number, ".") - 1
				if !slices.ContainsFunc(known, func(v float64) bool {
					return fmt.Sprintf("%.*f", decimals, v) == number || fmt.Sprintf("%.*f", decimals, 100*v) == number
				}) {
					t.Errorf("%s is no number of the results that the section names", number)
				}
			}
		})
	}
}

// storedNumbers returns the absolute values of the numbers in the CSV files of a folder of results.
func storedNumbers(t *testing.T, name string) []float64 {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(results, name, "*.csv"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("results/%s: %d CSV files, %v", name, len(paths), err)
	}
	var list []float64
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		r := csv.NewReader(f)
		r.FieldsPerRecord = -1
		rows, err := r.ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		for _, field := range slices.Concat(rows...) {
			for _, text := range regexp.MustCompile(`\d+(\.\d+)?(e-?\d+)?`).FindAllString(field, -1) {
				if v, err := strconv.ParseFloat(text, 64); err == nil {
					list = append(list, v)
				}
			}
		}
	}
	return list
}

// TestDocumentedSpec reads the study that docs/studies.md explains.
func TestDocumentedSpec(t *testing.T) {
	text, err := os.ReadFile("../docs/studies.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "```yaml\n")
	example, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("docs/studies.md has no example")
	}
	s, err := Read([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(s.Cells()); n != 2*2*3+2*3 {
		t.Errorf("%d cells", n)
	}
}
