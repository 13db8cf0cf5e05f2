package study

import (
	"flag"
	"fmt"
	"html"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/report"
)

var pictures = flag.String("pictures", "", "write the tests' reports to folders in this one, to look at them")

// lifelike returns results as the study train-sizes could have: errors that shrink with the number of images, seeds that are
// good or bad for every method, gains of a tenth of the error.
func lifelike(r Run) Result {
	gains := map[string]float64{"none": 0, "datagrad": 0.2, "spectreg": 0.12, "confidence": 0.05, "datagrad+confidence": 0.22, "spectreg+confidence": 0.14, "jacreg": 0.16}
	normal := func(text string) float64 {
		sum := -6.0
		for i := range uint64(12) {
			sum += uniform(hash64(text), i)
		}
		return sum
	}
	n := float64(r.Cell.TrainSize)
	miss := 0.055 * math.Pow(n/500, -0.45) * (1 - gains[r.Cell.Method])
	miss *= 1 + 0.05*normal(fmt.Sprint(n, r.Config.Seed)) + 0.03*normal(fmt.Sprint(n, r.Config.Seed, r.Cell.Method))
	return Result{Key: r.Key, Accuracy: math.Round(1e4*(1-miss)) / 1e4, NLL: 3 * miss, Images: 10000, Seconds: 20, Version: "v1"}
}

// madeUpReport returns the report of a built-in study whose runs are made up.
func madeUpReport(t *testing.T, name string, result func(Run) Result) *Report {
	t.Helper()
	spec, _, err := Builtin(name)
	if err != nil {
		t.Fatal(err)
	}
	s := &Study{Spec: *spec, Identity: Identity{Numbers: 1, CPU: "generic", Digests: map[string]string{"mnist": "digest"}}}
	p, err := s.Progress(nil)
	if err != nil {
		t.Fatal(err)
	}
	results := Results{}
	for _, r := range p.Runs() {
		results[r.Key] = result(r)
	}
	report, err := NewReport(s, results)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// TestSizesFigure draws means over the number of images and, below, the gains, which the means' axis is too coarse for.
func TestSizesFigure(t *testing.T) {
	r := madeUpReport(t, "train-sizes", lifelike)
	if *pictures != "" {
		if err := r.Write(filepath.Join(*pictures, "train-sizes"), Origin{Command: "gradreg reproduce train-sizes"}); err != nil {
			t.Fatal(err)
		}
	}
	first := r.Figures()[0]
	f, ok := first.Figure.(report.ErrorBars)
	if !ok || first.Name != "sizes-1" || len(f.Series) != 7 {
		t.Fatalf("the first figure is %s, %T with %d methods", first.Name, first.Figure, len(f.Series))
	}
	for _, s := range f.Series {
		want := 8
		if s.Name == "none" {
			want = 0
		}
		if len(s.Points) != 8 || len(s.Gains) != want {
			t.Errorf("%s: %d means and %d gains", s.Name, len(s.Points), len(s.Gains))
		}
	}
	if c := r.Blocks[2].Comparisons[1]; !reflect.DeepEqual(f.Series[1].Gains[2].Paired, *c.Paired) {
		t.Errorf("the gain of %s is %+v, not that of the table, %+v", c.Name, f.Series[1].Gains[2], c.Paired)
	}
	if want := "mean difference to none of runs with the same seed and its 95 % studentized bootstrap interval; n = 10 pairs a point"; !strings.Contains(f.Caption(), want) {
		t.Errorf("caption %q, expected %q", f.Caption(), want)
	}
	svg, err := report.SVG(f)
	if err != nil || !strings.Contains(string(svg), "difference to none, points") {
		t.Errorf("no axis of differences (%v)", err)
	}
}

// TestPageOrder checks that a page and the tables in Markdown begin with the figure that answers the question, and that the
// page has the study's file, from which λ is known where nothing was tuned.
func TestPageOrder(t *testing.T) {
	for name, first := range map[string]string{"train-sizes": "sizes-1", "wd-table": "boxes-1"} {
		r := madeUpReport(t, name, lifelike)
		dir := t.TempDir()
		if err := r.Write(dir, Origin{Command: "gradreg reproduce " + name}); err != nil {
			t.Fatal(err)
		}
		page, err := os.ReadFile(filepath.Join(dir, PageFile))
		if err != nil {
			t.Fatal(err)
		}
		image, table := strings.Index(string(page), "<img"), strings.Index(string(page), "<table")
		if image < 0 || table < image {
			t.Errorf("%s: the first picture is at %d, the first table at %d", name, image, table)
		}
		spec, err := os.ReadFile(filepath.Join(dir, SpecFile))
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"<details>", string(spec), "gradreg reproduce " + name} {
			if !strings.Contains(html.UnescapeString(string(page)), want) {
				t.Errorf("%s: the page does not hold %.60q", name, want)
			}
		}
		text, err := os.ReadFile(filepath.Join(dir, "tables.md"))
		if err != nil {
			t.Fatal(err)
		}
		if before, _, _ := strings.Cut(string(text), "\n|"); !strings.Contains(before, "("+first+".svg)") || !strings.Contains(before, "`gradreg reproduce "+name+"`") {
			t.Errorf("%s: above the first table is %q", name, before)
		}
	}
}

// TestStylesOfBuiltins checks that in every built-in study methods differ in more than the colour, and in the colour, too,
// as long as there are enough.
func TestStylesOfBuiltins(t *testing.T) {
	for _, name := range Builtins() {
		spec, _, err := Builtin(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, a := range spec.Methods {
			for _, b := range spec.Methods[:i] {
				x, y := report.StyleOf(a.Name), report.StyleOf(b.Name)
				if x.Shape == y.Shape && reflect.DeepEqual(x.Dashes, y.Dashes) || x.Color == y.Color && len(spec.Methods) <= 7 {
					t.Errorf("%s: %s and %s look alike", name, a.Name, b.Name)
				}
			}
		}
	}
}

// TestStylesStay checks that a method looks the same in all figures of a report, also one that only some blocks have.
func TestStylesStay(t *testing.T) {
	text := strings.NewReplacer("name: given\n", "name: given\n    settings: [a]\n", "name: datagrad\n", "name: other\n    settings: [b]\n").Replace(example)
	s := read(t, text)
	p, err := s.Progress(nil)
	if err != nil {
		t.Fatal(err)
	}
	results := Results{}
	for _, r := range p.Runs() {
		results[r.Key] = madeUp(r)
	}
	r, err := NewReport(s, results)
	if err != nil {
		t.Fatal(err)
	}
	styles := r.styles()
	if styles["other"].Color == styles["given"].Color || styles["other"].Shape == styles["given"].Shape {
		t.Error("two unknown methods look alike")
	}
	for _, f := range r.Figures() {
		if boxes, ok := f.Figure.(report.Boxes); ok {
			for _, g := range boxes.Groups {
				if g.Style != styles[g.Name] && !reflect.DeepEqual(g.Style, styles[g.Name]) {
					t.Errorf("%s: %s looks different", f.Name, g.Name)
				}
			}
		}
	}
}
