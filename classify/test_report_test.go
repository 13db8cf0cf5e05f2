package classify_test

import (
	"encoding/json"
	"image/color"
	"testing"

	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/classify/figures"
	"github.com/gradreg/gradreg/dataset"
)

// TestOutcome checks what is made of four answers of three classes, one of which has no images.
func TestOutcome(t *testing.T) {
	part := &dataset.Part{Shape: dataset.Shape{C: 3, H: 1, W: 2}, Labels: []int32{0, 0, 2, 2}, Images: make([]byte, 24)}
	copy(part.Images[12:], []byte{1, 2, 3, 4, 5, 6})
	l := &assess.Logits{Classes: 3}
	l.Add([]float32{5, 0, 0 /**/, 0, 9, 0 /**/, 0, 0, 1 /**/, 20, 0, 0}, part.Labels)
	// The images are answered in another order than they lie in.
	o := classify.Outcome{Title: "t", Classes: []string{"a", "b", "c"}, Test: dataset.Subset{Part: part, Index: []int{1, 0, 3, 2}}, Logits: l}
	d := o.Detail()
	if c := d.TestClasses; len(c) != 3 || *c[0].Accuracy != 0.5 || c[0].Images != 2 || c[1].Accuracy != nil || *c[2].Accuracy != 0.5 {
		t.Errorf("classes %+v", d.TestClasses)
	}
	if !(d.TestInterval[0] > 0.1 && d.TestInterval[0] < 0.5 && d.TestInterval[1] > 0.5 && d.TestECE > 0.3 && d.TestBrier > 0.9) {
		t.Errorf("detail %+v", d)
	}
	if _, err := json.Marshal(d); err != nil {
		t.Error(err)
	}
	worst := figures.Worst(o)
	if len(worst.List) != 2 {
		t.Fatalf("%d images on the sheet, expected 2", len(worst.List))
	}
	first := worst.List[0]
	if first.Lines[0] != "is c (<0.0001 %)" || first.Lines[1] != "said a (100.0 %)" {
		t.Errorf("lines %q", first.Lines)
	}
	if got, want := first.Picture.At(1, 0), (color.RGBA{2, 4, 6, 255}); got != want {
		t.Errorf("the worst image's second pixel is %v, expected %v, that of image 2", got, want)
	}
}

// TestPictureOfTooFewBytes checks that what is missing of an image is black.
func TestPictureOfTooFewBytes(t *testing.T) {
	for _, channels := range []int{1, 3} {
		m := classify.Picture([]byte{9}, dataset.Shape{C: channels, H: 2, W: 2})
		if r, _, _, _ := m.At(0, 0).RGBA(); r != 9*0x101 {
			t.Errorf("%d channels: the first pixel is %v", channels, m.At(0, 0))
		}
		if r, g, b, _ := m.At(1, 1).RGBA(); r+g+b != 0 {
			t.Errorf("%d channels: the last pixel is %v", channels, m.At(1, 1))
		}
	}
}

// TestLongClassNames checks that classes whose names begin alike are told apart on the sheet, with
// their probabilities.
func TestLongClassNames(t *testing.T) {
	part := &dataset.Part{Shape: dataset.Shape{C: 1, H: 1, W: 1}, Labels: []int32{0, 1}, Images: make([]byte, 2)}
	l := &assess.Logits{Classes: 2}
	if err := l.Add([]float32{0, 5 /**/, 5, 0}, part.Labels); err != nil {
		t.Fatal(err)
	}
	o := classify.Outcome{
		Classes: []string{"hand_of_a_grown_person_left", "hand_of_a_grown_person_right"},
		Test:    dataset.Whole(part), Logits: l,
	}
	lines := figures.Worst(o).List[0].Lines
	if len(lines) != 3 || lines[0] != "is han…_person_left" || lines[1] != "said han…person_right" || lines[2] != "0.7 % and 99.3 %" {
		t.Errorf("lines %q", lines)
	}
}
