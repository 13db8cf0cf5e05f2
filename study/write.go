package study

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/report"
)

// The files of a report's folder, beside its tables and figures.
const (
	PageFile    = "report.html"
	ResultsFile = "results.json"
	SpecFile    = "study.yaml"
	RunsFile    = "runs.jsonl"
)

// Write writes the report to a folder, which is made if need be: study.yaml and runs.jsonl, from
// which the rest follows; results.json, the tables as tables.txt, .md and .tex and each as a CSV
// file, table-1.csv and so on, each figure as SVG and PNG, and report.html with everything.
func (r *Report) Write(dir string, from Origin) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	r.Origin = &from
	if err := r.writeSources(dir); err != nil {
		return err
	}
	data, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(filepath.Join(dir, ResultsFile), append(data, '\n')); err != nil {
		return err
	}
	if err := r.writeTables(dir); err != nil {
		return err
	}
	for _, f := range r.Figures() {
		if err := report.WriteFigures(filepath.Join(dir, f.Name), f.Figure); err != nil {
			return err
		}
	}
	text, err := r.specText()
	if err != nil {
		return err
	}
	return report.WritePage(filepath.Join(dir, PageFile), r.page(text))
}

// writeSources writes what the report follows from.
func (r *Report) writeSources(dir string) error {
	text, err := r.specText()
	if err != nil {
		return err
	}
	if err := atomicfile.WriteBytes(filepath.Join(dir, SpecFile), text); err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(dir, RunsFile), func(w io.Writer) error { return WriteRuns(w, r.finished) })
}

// specText returns the study as its file holds it.
func (r *Report) specText() ([]byte, error) { return yaml.Marshal(r.spec) }

// writeTables writes the tables in every form, and removes what a report with other tables left:
// CSV files of tables that there are no more, and the one file of all tables that older versions
// wrote.
func (r *Report) writeTables(dir string) error {
	files, err := r.tableFiles()
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := atomicfile.WriteBytes(filepath.Join(dir, name), text); err != nil {
			return err
		}
	}
	there, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range there {
		name := entry.Name()
		if _, ok := files[name]; ok || !oldTable.MatchString(name) {
			continue
		}
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return nil
}

// oldTable matches the names of CSV files of tables.
var oldTable = regexp.MustCompile(`^table(s|-[0-9]+)\.csv$`)

// tableFiles returns the files of the tables: all in one of each format, but of CSV, which has room
// for one.
func (r *Report) tableFiles() (map[string][]byte, error) {
	files := map[string][]byte{}
	for format, ending := range map[string]string{"text": "txt", "markdown": "md", "latex": "tex"} {
		text, err := r.tables(format)
		if err != nil {
			return nil, err
		}
		files["tables."+ending] = text
	}
	for i, t := range r.Tables() {
		var b bytes.Buffer
		if err := t.Write(&b, "csv"); err != nil {
			return nil, err
		}
		files[fmt.Sprintf("table-%d.csv", i+1)] = b.Bytes()
	}
	return files, nil
}

// page returns everything on one page: the figures that answer the question before the tables, then
// the others. spec is the study's file, which says what each method is also where nothing was
// tuned.
func (r *Report) page(spec []byte) report.Page {
	p := report.Page{
		Title: r.marked(r.Title), Warning: r.Banner(), Summary: r.question(),
		Commands: []string{r.Origin.Command}, Facts: r.facts(),
		Files: []report.File{
			{
				Name: "The study: what was compared, with which penalties and values (" + SpecFile + ")",
				Text: string(spec),
			},
		},
	}
	answer, others := r.figures()
	for _, s := range []report.Section{
		{Title: "Results", Figures: figuresOf(answer)}, {Title: "Tables", Tables: r.Tables()}, {
			Title: "More figures", Figures: figuresOf(others),
		},
	} {
		if len(s.Figures)+len(s.Tables) > 0 {
			p.Sections = append(p.Sections, s)
		}
	}
	if len(p.Sections) > 0 {
		p.Sections[0].Text = strings.TrimSpace(r.protocol() + " " + r.Unfinished())
	}
	return p
}

// figuresOf returns figures without their names.
func figuresOf(named []NamedFigure) []report.Figure {
	var list []report.Figure
	for _, f := range named {
		list = append(list, f.Figure)
	}
	return list
}

// facts are what determines the numbers.
func (r *Report) facts() []report.Fact {
	b := r.Origin.Program
	list := []report.Fact{
		{Name: "runs made by", Value: strings.Join(r.Programs, "; ")},
		{Name: "report made by", Value: strings.TrimSpace(b.Version + " " + b.Commit)},
		{
			Name: "Go", Value: b.Go + " " + b.System,
		}, {Name: "kernels", Value: r.Identity.CPU}, {Name: "date", Value: r.Origin.Date},
		{Name: "runs", Value: strings.TrimSpace(fmt.Sprintf("%d. %s", r.Trained, r.sharing()))},
		{Name: "time of all runs", Value: fmt.Sprintf("%.0f s on one thread each", r.Seconds)},
	}
	if len(r.Machines) > 0 {
		list = append(list, report.Fact{Name: "machines", Value: strings.Join(r.Machines, "; ")})
	}
	if r.Source != "" {
		list = append(list, report.Fact{Name: "published values", Value: r.Source})
	}
	return list
}
