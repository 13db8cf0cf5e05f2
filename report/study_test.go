package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/xml"
	"flag"
	"html"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/internal/philox"
	"github.com/gradreg/gradreg/report"
	"github.com/gradreg/gradreg/stats"
)

var (
	update   = flag.Bool("update", false, "write the golden files of testdata")
	pictures = flag.String("pictures", "", "write the tests' figures and page to this folder, to look at them")
)

// around returns n values with a mean and a standard deviation.
func around(mean, sd float64, n, id int) []float64 {
	narrow, out := make([]float32, n), make([]float64, n)
	philox.Stream{Key: 3, ID: uint32(id)}.Normal(narrow, 0)
	for i, v := range narrow {
		out[i] = math.Round(1e4*(mean+sd*float64(v))) / 1e4
	}
	return out
}

// methods are made-up results of ten runs each.
func methods() []stats.Group {
	var groups []stats.Group
	for i, m := range []struct {
		name string
		mean float64
	}{{"none", 0.9732}, {"spectreg:0.05", 0.9767}, {"datagrad:50", 0.9793}, {"jacreg:1", 0.9741}, {"confidence:0.01", 0.9729}, {"label-smoothing:0.1", 0.9731}} {
		g := stats.Group{Name: m.name}
		for k, v := range around(m.mean, 0.0015, 10, i) {
			g.Runs = append(g.Runs, stats.Observation{Seed: uint64(k), Value: v})
		}
		groups = append(groups, g)
	}
	return groups
}

func comparisonTable(t *testing.T) report.Table {
	t.Helper()
	list, err := stats.Compare(methods(), "none", stats.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return report.ComparisonTable(list, report.ComparisonOptions{
		Caption: "MNIST, 2000 images & LeNet", Value: "test_accuracy", Percent: true,
		Published: map[string]float64{"none": 0.9732, "datagrad:50": 0.9793},
	})
}

// golden compares data with a file of testdata.
func golden(t *testing.T, name string, data []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(data, want) {
		t.Errorf("%s:\n%s\nwant:\n%s", path, data, want)
	}
}

func TestComparisonTable(t *testing.T) {
	table := comparisonTable(t)
	for _, format := range report.Formats() {
		var b bytes.Buffer
		if err := table.Write(&b, format); err != nil {
			t.Fatal(err)
		}
		golden(t, "comparison."+format, b.Bytes())
	}
	if err := table.Write(io.Discard, "pdf"); err == nil {
		t.Error("pdf: no error")
	}
	table.Rows[1] = table.Rows[1][1:]
	if err := table.Write(io.Discard, "text"); err == nil {
		t.Error("a short row: no error")
	}
}

// TestFewRuns checks tables of what has no interval or no pair.
func TestFewRuns(t *testing.T) {
	groups := []stats.Group{
		{Name: "none", Runs: []stats.Observation{{Seed: 1, Value: 0.5}}}, {Name: "waiting"},
		{Name: "datagrad", Runs: []stats.Observation{{Seed: 1, Value: 0.6}}}, {Name: "other seed", Runs: []stats.Observation{{Seed: 2, Value: 0.4}}},
	}
	list, err := stats.Compare(groups, "none", stats.Options{})
	if err != nil {
		t.Fatal(err)
	}
	table := report.ComparisonTable(list, report.ComparisonOptions{Value: "loss"})
	var text, fields bytes.Buffer
	if err := table.Write(&text, "text"); err != nil {
		t.Fatal(err)
	}
	if err := table.Write(&fields, "csv"); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"NaN", "Inf"} {
		if strings.Contains(text.String()+fields.String(), bad) {
			t.Errorf("found %s:\n%s%s", bad, &text, &fields)
		}
	}
	rows, err := csv.NewReader(&fields).ReadAll()
	if err != nil || len(rows) != 5 || !reflect.DeepEqual(rows[3][:2], []string{"datagrad", "0.6"}) || rows[2][1] != "" {
		t.Errorf("rows %q, %v", rows, err)
	}
}

// TestEscapes checks that what means something to a format is written as text.
func TestEscapes(t *testing.T) {
	table := report.Table{Columns: []report.Column{{Head: "a|b"}, {Head: "50 %"}}, Rows: [][]report.Cell{{{Text: "<x>, \"y\"|_"}, {Text: "λ ± 1", Strong: true}}}}
	for format, want := range map[string]string{
		"markdown": `| &lt;x>, "y"\|_ | **λ ± 1** |`,
		"csv":      `"<x>, ""y""|_",λ ± 1`,
		"latex":    `$<$x$>$, "y"|\_ & \textbf{$\lambda$ $\pm$ 1} \\`,
		"text":     `<x>, "y"|_  λ ± 1`,
	} {
		var b bytes.Buffer
		if err := table.Write(&b, format); err != nil || !strings.Contains(b.String(), want+"\n") {
			t.Errorf("%s, %v: no %q in\n%s", format, err, want, &b)
		}
	}
	var b bytes.Buffer
	if err := (report.Page{Title: "<script>", Sections: []report.Section{{Title: "s", Tables: []report.Table{table}}}}).Render(&b); err != nil || strings.Contains(b.String(), "<script>") {
		t.Errorf("page, %v:\n%s", err, &b)
	}
}

// figures are one of each kind.
func figures() map[string]report.Figure {
	published := 0.9793
	accuracy := report.Axis{Label: "test accuracy", Percent: true}
	boxes := report.Boxes{Title: "Methods at 2000 images", Value: accuracy}
	bars := report.ErrorBars{Title: "Accuracy over the number of images", X: report.Axis{Label: "training images", Log: true}, Y: accuracy}
	bands := report.Bands{Title: "Learning curves", X: report.Axis{Label: "step"}, Y: accuracy}
	for i, g := range methods() {
		box := report.BoxGroup{Name: g.Name, Values: g.Values()}
		if g.Name == "datagrad:50" {
			box.Published = &published
		}
		boxes.Groups = append(boxes.Groups, box)
		series := report.BarSeries{Name: g.Name}
		for k, n := range []float64{500, 1000, 2000, 3000, 5000, 10000, 15000, 20000} {
			series.Points = append(series.Points, report.BarPoint{X: n, Values: around(0.995-(0.9-0.05*float64(i))/math.Sqrt(n), 0.002, 10, 100*i+k)})
		}
		bars.Series = append(bars.Series, series)
		if i > 2 {
			continue
		}
		band := report.BandSeries{Name: g.Name, Runs: make([][]float64, 3)}
		for step := 0; step <= 2000; step += 100 {
			band.X = append(band.X, float64(step))
			for r := range band.Runs {
				band.Runs[r] = append(band.Runs[r], 0.97-0.5*math.Exp(-float64(step)/300)+0.003*float64(i)+around(0, 0.004, 1, 1000*i+10*step+r)[0])
			}
		}
		bands.Series = append(bands.Series, band)
	}
	wide := bands
	wide.Spread = report.SpreadRange
	return map[string]report.Figure{"boxes": boxes, "errorbars": bars, "bands": bands, "range": wide}
}

// TestFigures draws every kind of figure in both formats.
func TestFigures(t *testing.T) {
	dir := t.TempDir()
	if *pictures != "" {
		dir = *pictures
	}
	for name, f := range figures() {
		if err := report.WriteFigures(filepath.Join(dir, name), f); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, name+".svg"))
		if err != nil {
			t.Fatal(err)
		}
		text := svgText(t, data)
		for _, want := range []string{"datagrad:50", "test accuracy, %"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s.svg does not say %q", name, want)
			}
		}
		if !strings.Contains(f.Caption(), "n = ") {
			t.Errorf("%s: the caption says no n: %s", name, f.Caption())
		}
		file, err := os.Open(filepath.Join(dir, name+".png"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if c, err := png.DecodeConfig(file); err != nil || c.Width < 600 {
			t.Errorf("%s.png: %+v, %v", name, c, err)
		}
	}
	if err := report.WriteFigure(filepath.Join(dir, "boxes.pdf"), figures()["boxes"]); err == nil {
		t.Error("pdf: no error")
	}
}

// svgText returns the text of a picture, which must be well-formed.
func svgText(t *testing.T, data []byte) string {
	t.Helper()
	var b strings.Builder
	d := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return b.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		if c, ok := token.(xml.CharData); ok {
			b.Write(c)
			b.WriteByte('\n')
		}
	}
}

// TestFigureEdges checks figures of nothing, of one run, and of what cannot be drawn.
func TestFigureEdges(t *testing.T) {
	for name, f := range map[string]report.Figure{
		"no groups": report.Boxes{}, "no runs": report.Boxes{Groups: []report.BoxGroup{{Name: "a"}}},
		"one run":         report.Boxes{Groups: []report.BoxGroup{{Name: "a", Values: []float64{1}}}},
		"equal":           report.Boxes{Groups: []report.BoxGroup{{Name: "a", Values: []float64{1, 1, 1}}}},
		"no series":       report.ErrorBars{X: report.Axis{Log: true}},
		"one point":       report.ErrorBars{X: report.Axis{Log: true}, Series: []report.BarSeries{{Name: "a", Points: []report.BarPoint{{X: 5, Values: []float64{1}}}}}},
		"no curves":       report.Bands{},
		"one curve":       report.Bands{Series: []report.BandSeries{{Name: "a", X: []float64{1, 2}, Runs: [][]float64{{1, 2}}}}},
		"log, touching 0": report.Bands{Y: report.Axis{Log: true}, Series: []report.BandSeries{{Name: "a", X: []float64{1, 2}, Runs: [][]float64{{0.1, 2}, {9, 3}}}}},
	} {
		if _, err := report.SVG(f); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, f := range map[string]report.Figure{
		"NaN":     report.Boxes{Groups: []report.BoxGroup{{Name: "a", Values: []float64{math.NaN()}}}},
		"log 0":   report.ErrorBars{X: report.Axis{Log: true}, Series: []report.BarSeries{{Name: "a", Points: []report.BarPoint{{X: 0, Values: []float64{1}}, {X: 1, Values: []float64{1}}}}}},
		"lengths": report.Bands{Series: []report.BandSeries{{Name: "a", X: []float64{1, 2}, Runs: [][]float64{{1}}}}},
	} {
		if _, err := report.SVG(f); err == nil || !strings.Contains(err.Error(), "a: ") {
			t.Errorf("%s: error %v, expected one that names the series", name, err)
		}
	}
}

// TestStyles checks that a method looks the same with any λ, and that known methods differ from each other in more than
// the colour.
func TestStyles(t *testing.T) {
	if !reflect.DeepEqual(report.StyleOf("datagrad:50"), report.StyleOf("datagrad")) || !reflect.DeepEqual(report.StyleOf("a+b:1"), report.StyleOf("a:2+b")) {
		t.Error("λ changes the style")
	}
	names := []string{"none", "fgsm", "datagrad+confidence", "spectreg+confidence", "datagrad-noise", "datagrad-random", "spectreg-noise", "spectreg-random", "datagrad-auto"}
	for _, r := range gradreg.Regularizers() {
		names = append(names, r.Name)
	}
	for i, a := range names {
		for _, b := range names[:i] {
			x, y := report.StyleOf(a), report.StyleOf(b)
			if reflect.DeepEqual(x.Dashes, y.Dashes) && x.Shape == y.Shape {
				t.Errorf("%s and %s differ in nothing but the colour", a, b)
			}
			if x.Color == y.Color && (reflect.DeepEqual(x.Dashes, y.Dashes) || x.Shape == y.Shape) {
				t.Errorf("%s and %s have the colour and more in common", a, b)
			}
		}
	}
}

// TestStylesOfOneFigure checks that names that are in no table take nothing from those that are, and look different from
// each other, by their colours as long as there are some.
func TestStylesOfOneFigure(t *testing.T) {
	names := []string{"mine", "yours", "none", "datagrad:50", "hers"}
	styles := report.StylesOf(names)
	for i, a := range styles {
		for k, b := range styles[:i] {
			if a.Color == b.Color || a.Shape == b.Shape || reflect.DeepEqual(a.Dashes, b.Dashes) {
				t.Errorf("%s and %s have something in common", names[i], names[k])
			}
		}
	}
	for _, i := range []int{2, 3} {
		if !reflect.DeepEqual(styles[i], report.StyleOf(names[i])) {
			t.Errorf("%s has lost its style", names[i])
		}
	}
	many := make([]string, 60)
	for i := range many {
		many[i] = strings.Repeat("x", i+1)
	}
	all := report.StylesOf(many)[:42] // as many as there are
	for i, a := range all {
		for k, b := range all[:i] {
			if color, shape, dashes := a.Color == b.Color, a.Shape == b.Shape, reflect.DeepEqual(a.Dashes, b.Dashes); color && shape || color && dashes || shape && dashes {
				t.Errorf("names %d and %d have two things in common", k, i)
			}
		}
	}
}

// TestPage checks that a page holds all it shows and asks for nothing.
func TestPage(t *testing.T) {
	all := figures()
	page := report.Page{
		Title: "Weight decay and gradient penalties", Summary: "Ten seeds of each cell.",
		Sections: []report.Section{
			{Title: "Accuracy", Text: "Test accuracy at the last step.", Tables: []report.Table{comparisonTable(t)}, Figures: []report.Figure{all["boxes"], all["errorbars"]}},
			{Title: "Learning", Figures: []report.Figure{all["bands"]}},
		},
		Commands: []string{"gradreg reproduce wd-table --seeds 10"},
		Facts:    []report.Fact{{Name: "gradreg", Value: "v0.1.0"}, {Name: "Go", Value: "go1.26"}},
	}
	path := filepath.Join(t.TempDir(), "page.html")
	if *pictures != "" {
		path = filepath.Join(*pictures, "page.html")
	}
	if err := report.WritePage(path, page); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"gradreg reproduce wd-table --seeds 10", "datagrad:50", "go1.26", "p (Holm)", page.Sections[0].Figures[0].Caption()[:40]} {
		if !bytes.Contains(data, []byte(want)) {
			t.Errorf("the page does not hold %q", want)
		}
	}
	if n := strings.Count(html.UnescapeString(string(data)), "data:image/svg+xml;base64,"); n != 3 {
		t.Errorf("the page holds %d pictures, expected 3", n)
	}
	if found := regexp.MustCompile(`(src|href)="(https?:|//|/|[a-z]+\.)[^"]*"`).Find(data); found != nil {
		t.Errorf("the page asks for %s", found)
	}
	page.Sections[0].Tables[0].Rows[0] = nil
	if err := page.Render(io.Discard); err == nil {
		t.Error("a short row: no error")
	}
}
