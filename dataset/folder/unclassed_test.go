package folder_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/internal/fault"
)

// TestUnclassed reads folders without classes where none are asked for, and those with classes as
// ever.
func TestUnclassed(t *testing.T) {
	for name, c := range map[string]struct {
		tree             tree
		train, val, test int
		classes          []string
	}{
		"flat":            {shades(t, "", 0, 10), 8, 0, 2, []string{"pictures"}},
		"flat and deeper": {shades(t, "", 0, 5).with(shades(t, "more", 20, 3), shades(t, "others/b", 40, 2)), 8, 0, 2, []string{"pictures"}},
		"one folder":      {shades(t, "album", 0, 10), 8, 0, 2, []string{"pictures"}},
		"parts":           {shades(t, "train", 0, 6).with(shades(t, "test", 20, 3), shades(t, "val", 40, 2)), 6, 2, 3, []string{"pictures"}},
		"train and val":   {shades(t, "train", 0, 6).with(shades(t, "val", 40, 2)), 6, 0, 2, []string{"pictures"}},
		"train alone":     {shades(t, "train", 0, 10), 8, 0, 2, []string{"pictures"}},
		"one class":       {shades(t, "train/x", 0, 6).with(shades(t, "test/x", 20, 3)), 6, 0, 3, []string{"pictures"}},
		"classes":         {pets(t, "", 0), 10, 0, 2, []string{"cats", "dogs"}},
		"classes, parts":  {pets(t, "train/", 0).with(pets(t, "test/", 20)), 12, 0, 12, []string{"cats", "dogs"}},
	} {
		set := open(t, c.tree.write(t), folder.Options{Unclassed: true})
		train, val, test := len(set.Train.Labels), len(set.Val.Labels), len(set.Test.Labels)
		if !slices.Equal(set.Classes, c.classes) || train != c.train || val != c.val || test != c.test {
			t.Errorf("%s: classes %q, parts %d, %d, %d, expected %q, %d, %d, %d",
				name, set.Classes, train, val, test, c.classes, c.train, c.val, c.test)
		}
		for _, p := range set.Report.Problems {
			if len(c.classes) == 1 && p.Kind == folder.Lopsided {
				t.Errorf("%s: %v", name, p)
			}
		}
	}
}

// TestUnclassedRefused says what is wrong with a folder that has no pictures.
func TestUnclassedRefused(t *testing.T) {
	_, err := folder.Open(context.Background(), tree{"notes.txt": []byte("x")}.write(t), folder.Options{Unclassed: true})
	if !fault.IsInput(err) || !strings.Contains(err.Error(), "found no picture with an ending of .jpg") {
		t.Error(err)
	}
}
