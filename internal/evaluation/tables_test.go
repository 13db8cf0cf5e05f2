package evaluation_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/evaluation"
)

// outcome answers to n images of each class, those of the classes in wrong but one with the class
// after it.
func outcome(classes []string, n int, wrong ...int) classify.Outcome {
	o := classify.Outcome{Classes: classes, Logits: &assess.Logits{Classes: len(classes)}}
	for k := range classes {
		for i := range n {
			logits := make([]float32, len(classes))
			logits[k] = 1
			for _, w := range wrong {
				if w == k && i == 0 {
					logits[(k+1)%len(classes)] = 2
				}
			}
			if err := o.Logits.Add(logits, []int32{int32(k)}); err != nil {
				panic(err)
			}
		}
	}
	return o
}

// TestWorstClasses checks that classes of which every image is recognized are not called worst.
func TestWorstClasses(t *testing.T) {
	classes := []string{"a", "b", "c", "d", "e"}
	for want, wrong := range map[string][]int{"": nil, "d 75.0 %": {3}, "b 75.0 %, e 75.0 %": {1, 4}, "a 75.0 %, b 75.0 %, c 75.0 %": {0, 1, 2, 3}} {
		if got := evaluation.WorstClasses(outcome(classes, 4, wrong...).Detail()); got != want {
			t.Errorf("wrong in %v: %q, expected %q", wrong, got, want)
		}
	}
	if got := evaluation.WorstClasses(outcome(classes, 10000, 2).Detail()); got != "c 99.9 %" {
		t.Errorf("one of 10000: %q", got)
	}
}

// TestLongNames checks that long names of classes do not make tables wider than a page, and stay
// different.
func TestLongNames(t *testing.T) {
	var classes []string
	for i := range 10 {
		classes = append(classes, fmt.Sprintf("the left hand of a grown person that shows %d fingers", i))
	}
	o := outcome(classes, 4, 2)
	var b strings.Builder
	matrix, list := evaluation.Confusion(o), evaluation.Classes(o.Detail())
	if err := matrix.Write(&b, "text"); err != nil {
		t.Fatal(err)
	}
	if err := list.Write(&b, "text"); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(b.String()) {
		if n := utf8.RuneCountInString(line); n > 101 {
			t.Errorf("a line of %d characters: %s", n, line)
		}
	}
	seen := map[string]bool{}
	for _, row := range matrix.Rows {
		seen[row[0].Text] = true
	}
	if len(seen) != 10 || matrix.Columns[4].Head != "3" || matrix.Rows[2][1].Text != "3" || matrix.Rows[2][4].Text != "3" || matrix.Rows[2][5].Text != "1" {
		t.Errorf("%d names in the matrix\n%s", len(seen), b.String())
	}
	digits := evaluation.Confusion(outcome([]string{"0", "1", "2"}, 4, 1))
	if digits.Columns[2].Head != "1" || len(digits.Columns) != 4 || digits.Notes != nil {
		t.Errorf("short names: %+v", digits)
	}
}

// TestSizeText checks that sizes that were meant as steps of a byte read so.
func TestSizeText(t *testing.T) {
	var points []assess.Point
	for _, v := range []float64{0, 0.2, 8.0 / 255, 0.0123456, 1} {
		points = append(points, assess.Point{Size: v, Score: assess.Score{Images: 1}})
	}
	r := evaluation.Result{Findings: assess.Findings{Curves: []assess.Curve{{Name: "noise", Points: points}}}}
	var heads []string
	for _, c := range evaluation.Curves([]evaluation.Result{r})[0].Columns[1:] {
		heads = append(heads, c.Head)
	}
	if got := strings.Join(heads, " "); got != "0 0.2 8/255 0.0123 1" {
		t.Error(got)
	}
}

// TestAllRight checks the page of a run that answers every test image rightly, which has no wrong
// pictures to show.
func TestAllRight(t *testing.T) {
	o := outcome([]string{"a", "b"}, 3)
	o.Title = "t"
	p, err := evaluation.Page([]evaluation.Result{{Name: "r", Evaluation: classify.Evaluation{Outcome: o}}}, "c")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := p.Render(&b); err != nil || !strings.Contains(b.String(), "Every test image is answered rightly.") || strings.Contains(b.String(), "data:image/png") {
		t.Errorf("%v\n%s", err, b.String())
	}
	for i, want := range []string{"Settings", "Accuracy", "Classes, confusion"} {
		if got := p.Sections[i].Title; !strings.HasPrefix(got, want) {
			t.Errorf("section %d is %s, expected %s", i, got, want)
		}
	}
}
