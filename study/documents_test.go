package study

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
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

var update = flag.Bool("update", false, "write the stored results again: what follows from study.yaml, runs.jsonl and results.json")

// TestStoredResults makes each results.json again from the study and the runs beside it, and tables and figures from that:
// nothing in the folder was edited, and nothing lies there that does not follow.
func TestStoredResults(t *testing.T) {
	paths, err := filepath.Glob(results + "/*/" + ResultsFile)
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d stored results, %v", len(paths), err)
	}
	for _, path := range paths {
		dir := filepath.Dir(path)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			stored := readReport(t, path)
			if *update {
				rewrite(t, dir, stored.Origin)
				stored = readReport(t, path)
			}
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if again := rebuilt(t, dir, stored.Origin); runtime.GOARCH == "amd64" && again != string(data) { // elsewhere sums may be fused
				t.Errorf("%s is not what %s and %s say; go test ./study -run TestStoredResults -update writes it again", path, SpecFile, RunsFile)
			}
			want := storedFiles(t, stored)
			for name, text := range want {
				got, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Error(err)
				} else if !bytes.Equal(got, text) && (runtime.GOARCH == "amd64" || filepath.Ext(name) != ".svg") {
					t.Errorf("%s is not what %s says", filepath.Join(dir, name), ResultsFile)
				}
			}
			for _, name := range followers(t, dir) {
				if _, ok := want[name]; !ok {
					t.Errorf("%s follows from nothing", filepath.Join(dir, name))
				}
			}
		})
	}
}

// readReport reads a stored results.json.
func readReport(t *testing.T, path string) *Report {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r := &Report{}
	if err := json.Unmarshal(data, r); err != nil {
		t.Fatal(err)
	}
	return r
}

// storedFiles returns the files that are stored of a report's tables and figures: Markdown and CSV, and SVG.
func storedFiles(t *testing.T, r *Report) map[string][]byte {
	t.Helper()
	files, err := r.tableFiles()
	if err != nil {
		t.Fatal(err)
	}
	delete(files, "tables.txt")
	delete(files, "tables.tex")
	for _, f := range r.Figures() {
		if files[f.Name+".svg"], err = report.SVG(f.Figure); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

// followers lists the files of a folder that are tables or figures.
func followers(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if slices.Contains([]string{".csv", ".md", ".svg"}, filepath.Ext(e.Name())) {
			names = append(names, e.Name())
		}
	}
	return names
}

// rewrite writes what follows from the study and the runs of a folder, and removes what does not follow any more.
func rewrite(t *testing.T, dir string, from *Origin) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, ResultsFile), []byte(rebuilt(t, dir, from)), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, name := range followers(t, dir) {
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range storedFiles(t, readReport(t, filepath.Join(dir, ResultsFile))) {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			t.Fatal(err)
		}
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
