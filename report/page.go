package report

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/foreign"
)

// Page is a report that one HTML file holds, with everything it shows: it opens without a network.
type Page struct {
	Title    string
	Warning  string // what a reader must know before anything else, in a frame below the title
	Summary  string // a sentence or two below the title
	Sections []Section
	// Commands repeat what is reported, in this order.
	Commands []string
	// Files are texts that somebody may want to see; they are folded away.
	Files []File
	// Facts are what determined it: versions, machine, dates.
	Facts []Fact
}

// Section is a part of a page.
type Section struct {
	Title   string
	Text    string
	Tables  []Table
	Figures []Figure
	// Pictures stand below the figures.
	Pictures []Picture
}

// Picture is a picture made of pixels.
type Picture struct {
	PNG     []byte
	Caption string
}

// File is a named text.
type File struct{ Name, Text string }

// Fact is a named value.
type Fact struct{ Name, Value string }

//go:embed page.html
var pageSource string

// drawn is a figure as the template shows it.
type drawn struct {
	Source  template.URL
	Caption string
}

// WritePage writes the page to a file.
func WritePage(path string, p Page) error {
	return atomicfile.Write(path, func(w io.Writer) error { return p.Render(w) })
}

// Render writes the page. An error if a table or figure cannot be shown.
func (p Page) Render(w io.Writer) error {
	t, err := template.New("page").Funcs(template.FuncMap{"draw": pageFigure, "embed": pagePicture}).Parse(pageSource)
	if err != nil {
		return err
	}
	for _, s := range p.Sections {
		for _, table := range s.Tables {
			for i, row := range table.Rows {
				if len(row) != len(table.Columns) {
					return fmt.Errorf("%s: row %d has %d cells, expected %d", s.Title, i, len(row), len(table.Columns))
				}
			}
		}
	}
	var b bytes.Buffer
	if err := t.Execute(&b, p); err != nil {
		return err
	}
	_, err = w.Write(foreign.XML(b.Bytes())) // HTML lacks these characters, too
	return err
}

// pagePicture makes an address that holds a picture.
func pagePicture(p Picture) drawn {
	return drawn{template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(p.PNG)), p.Caption}
}

// pageFigure draws a figure into an address that holds it. As a picture of its own, its names do
// not meet those of others.
func pageFigure(f Figure) (drawn, error) {
	svg, err := SVG(f)
	if err != nil {
		return drawn{}, err
	}
	return drawn{template.URL("data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(svg)), f.Caption()}, nil
}
