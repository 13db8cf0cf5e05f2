package dataset_test

import (
	"strings"
	"testing"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
)

// TestNewRefuses names what does not fit.
func TestNewRefuses(t *testing.T) {
	pixel := dataset.Shape{C: 1, H: 1, W: 1}
	good := dataset.Part{Shape: pixel, Images: []byte{1, 2}, Labels: []int32{0, 1}}
	info := dataset.Info{Name: "dots", Classes: []string{"a", "b"}, Shape: pixel}
	d, err := dataset.New(info, &good, &good)
	if err != nil || d.Info.Train != 2 || d.Name != "memory:dots" || d.Source().Dir() != "" {
		t.Fatalf("%+v, %v", d, err)
	}
	first, err := d.Digest()
	if err != nil || len(first) != 64 {
		t.Fatal(first, err)
	}
	changed := good
	changed.Labels = []int32{1, 1}
	other, err := dataset.New(info, &changed, &good)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := other.Digest(); err != nil || again == first {
		t.Errorf("another label, but the same digest: %v", err)
	}
	if _, err := dataset.Open(t.Context(), d.Name); !fault.IsInput(err) || !strings.Contains(err.Error(), "in memory") {
		t.Errorf("opened by its name: %v", err)
	}
	for want, change := range map[string]func(i *dataset.Info, p *dataset.Part){
		"name of a data set":               func(i *dataset.Info, _ *dataset.Part) { i.Name = "a/b" },
		"found 1 classes":                  func(i *dataset.Info, _ *dataset.Part) { i.Classes = i.Classes[:1] },
		`class 1 is "a"`:                   func(i *dataset.Info, _ *dataset.Part) { i.Classes = []string{"a", "a"} },
		"images of 0x1x1":                  func(i *dataset.Info, _ *dataset.Part) { i.Shape.C = 0 },
		"test part: images of 2x1x1":       func(_ *dataset.Info, p *dataset.Part) { p.Shape.C = 2 },
		"test part: 1 bytes for 2 images":  func(_ *dataset.Info, p *dataset.Part) { p.Images = p.Images[:1] },
		"test part: label 1 is 2":          func(_ *dataset.Info, p *dataset.Part) { p.Labels = []int32{0, 2} },
		"test part: label 0 is -1":         func(_ *dataset.Info, p *dataset.Part) { p.Labels = []int32{-1, 0} },
		"test part: found no image":        func(_ *dataset.Info, p *dataset.Part) { p.Labels = nil },
		"test part: 1 files and 0 hashes ": func(_ *dataset.Info, p *dataset.Part) { p.Files = []string{"x"} },
	} {
		i, p := info, good
		change(&i, &p)
		if _, err := dataset.New(i, &good, &p); !fault.IsInput(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, expected %q", err, want)
		}
	}
}
