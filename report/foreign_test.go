package report_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/report"
)

// hostile is a name that is a command of a terminal, of a spreadsheet, of Markdown, LaTeX and HTML.
const hostile = "=1+1\x1b]0;t\a|[a](http://b)\r\n<script>\\input{x}"

// TestForeignText writes a hostile name wherever a table has text.
func TestForeignText(t *testing.T) {
	table := report.Table{Caption: hostile, Columns: []report.Column{{Head: hostile}}, Rows: [][]report.Cell{{{Text: hostile}}},
		Notes: []string{hostile}, Keys: []report.Key{{Name: hostile, Value: hostile}}}
	for format, unwanted := range map[string][]string{
		"text": nil, "markdown": {"[a](", "<script"}, "csv": {"\n=", ",=", "\"=", "\n\"="}, "latex": {`\input`},
	} {
		var b bytes.Buffer
		if err := table.Write(&b, format); err != nil {
			t.Fatal(err)
		}
		text := b.String()
		for _, not := range append(unwanted, "\x1b", "\a", "\r") {
			if strings.Contains("\n"+text, not) {
				t.Errorf("%s has %q:\n%s", format, not, text)
			}
		}
		if !strings.Contains(text, "1+1") {
			t.Errorf("%s lost the name:\n%s", format, text)
		}
		if lines := strings.Count(text, "\n"); format == "markdown" && lines != 7 {
			t.Errorf("%d lines of Markdown:\n%s", lines, text)
		}
	}
}

// TestForeignPage writes a hostile name wherever a page has text.
func TestForeignPage(t *testing.T) {
	page := report.Page{
		Title: hostile, Warning: hostile, Summary: hostile, Commands: []string{hostile},
		Sections: []report.Section{{Title: hostile, Tables: []report.Table{{Caption: hostile}}}},
		Files:    []report.File{{Name: hostile, Text: hostile}},
		Facts:    []report.Fact{{Name: hostile, Value: hostile}},
	}
	var b bytes.Buffer
	if err := page.Render(&b); err != nil {
		t.Fatal(err)
	}
	if text := b.String(); strings.ContainsAny(text, "\x1b\a") || strings.Contains(text, "<script>") ||
		strings.Count(text, "1\uFFFD]0;t\uFFFD|") < 9 {
		t.Errorf("%s", text)
	}
}

// TestForeignFigures draws a hostile name in every kind of SVG.
func TestForeignFigures(t *testing.T) {
	dir := t.TempDir()
	series := report.Series{Name: hostile, X: []float64{0, 1, 2}, Y: []float64{1, 0.5, 0.2}}
	if err := report.WriteCurve(filepath.Join(dir, "curve.svg"), report.Curve{Title: hostile, Losses: []report.Series{series}, Score: series, Axis: report.Axis{Label: "dev accuracy", Percent: true}}); err != nil {
		t.Fatal(err)
	}
	if err := report.WritePanels(filepath.Join(dir, "panels.svg"), []report.Panel{{Title: hostile, X: hostile, Y: hostile, Series: []report.Series{series}}}); err != nil {
		t.Fatal(err)
	}
	figure := report.Boxes{Title: hostile, Value: report.Axis{Label: hostile}, Groups: []report.BoxGroup{{Name: hostile, Values: []float64{1, 2, 3}}}}
	if err := report.WriteFigure(filepath.Join(dir, "figure.svg"), figure); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.svg"))
	if err != nil || len(files) != 3 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for d := xml.NewDecoder(bytes.NewReader(data)); err != io.EOF; {
			if _, err = d.Token(); err != nil && err != io.EOF {
				t.Fatalf("%s: %v", path, err)
			}
		}
	}
}
