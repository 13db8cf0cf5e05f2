package report_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/report"
)

// TestLongTitles checks that a title that is wider than its figure is broken into lines, all of it
// within the picture.
func TestLongTitles(t *testing.T) {
	title := report.QuickMark + "photos-of-my-garden, 2000 images, residual network with batch norm and a weight decay of 5e-4 and " + strings.Repeat("x", 150)
	f := report.Boxes{Title: title, Groups: []report.BoxGroup{{Name: "none", Values: []float64{0.5, 0.6}}}}
	svg, err := report.SVG(f)
	if err != nil {
		t.Fatal(err)
	}
	if *pictures != "" {
		if err := os.WriteFile(filepath.Join(*pictures, "long title.svg"), svg, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var lines []string
	for _, m := range regexp.MustCompile(`<text x="([-0-9.]+)"[^>]*>([^<]*)</text>`).FindAllStringSubmatch(strings.ReplaceAll(string(svg), "\n", " "), -1) {
		x, err := strconv.ParseFloat(m[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		if x < 0 {
			t.Errorf("%q begins at %v, left of the picture", m[2], x)
		}
		if len(m[2]) > 6 {
			lines = append(lines, m[2])
		}
	}
	if all := strings.Join(lines, ""); strings.ReplaceAll(all, " ", "") != strings.ReplaceAll(title, " ", "") || len(lines) < 3 {
		t.Errorf("the lines are %q, expected all of %q", lines, title)
	}
}
