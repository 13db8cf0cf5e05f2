package folder_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/internal/fault"
)

// pets returns a few pictures of two classes below a folder.
func pets(t *testing.T, dir string, first int) tree {
	return shades(t, dir+"cats", first, 6).with(shades(t, dir+"dogs", first+100, 6))
}

// TestLayouts reads parts that are named as unpacked sets have them, and packed in a folder of
// their own name.
func TestLayouts(t *testing.T) {
	for name, c := range map[string]struct {
		tree             tree
		train, val, test int
	}{
		"words":        {pets(t, "training_set/", 0).with(pets(t, "test_set/", 20)), 12, 0, 12},
		"doubled":      {pets(t, "training_set/training_set/", 0).with(pets(t, "test_set/test_set/", 20)), 12, 0, 12},
		"one doubled":  {pets(t, "train/train/", 0).with(pets(t, "test/", 20)), 12, 0, 12},
		"no labels":    {pets(t, "seg_train/seg_train/", 0).with(pets(t, "seg_test/seg_test/", 20), tree{"seg_pred/seg_pred/x.png": shade(t, 900, 8, 8)}), 12, 0, 12},
		"all":          {pets(t, "Train-Images/", 0).with(pets(t, "valset/", 20), pets(t, "test data/", 40)), 12, 12, 12},
		"camera":       {shades(t, "cats/cam", 0, 10).with(shades(t, "dogs/cam", 20, 10)), 16, 0, 4},
		"some deeper":  {pets(t, "", 0).with(shades(t, "cats/left", 40, 4), shades(t, "cats/right", 60, 4)), 16, 0, 4},
		"both beside":  {shades(t, "a/left", 0, 5).with(shades(t, "a/right", 10, 5), shades(t, "b", 20, 5), shades(t, "b/left", 30, 5), shades(t, "b/right", 40, 5)), 20, 0, 5},
		"train a word": {shades(t, "train", 0, 10).with(shades(t, "bus", 20, 10)), 16, 0, 4},
	} {
		set := open(t, c.tree.write(t), folder.Options{})
		if train, val, test := len(set.Train.Labels), len(set.Val.Labels), len(set.Test.Labels); len(set.Classes) != 2 || train != c.train || val != c.val || test != c.test {
			t.Errorf("%s: classes %q, parts %d, %d, %d, expected %d, %d, %d", name, set.Classes, train, val, test, c.train, c.val, c.test)
		}
	}
}

// TestDoubtfulLayouts refuses folders that would be read wrongly, and says where the classes are
// thought to be. Runs of earlier versions have read them.
func TestDoubtfulLayouts(t *testing.T) {
	for name, c := range map[string]struct {
		tree tree
		want string
	}{
		"parts unknown":  {pets(t, "old/", 0).with(pets(t, "new/", 20)), "every one of the folders new, old holds the same folders, cats, dogs; are the classes those?"},
		"parts in train": {pets(t, "train/x/", 0).with(pets(t, "train/y/", 20), pets(t, "test/x/", 40), pets(t, "test/y/", 60)), "every one of the folders x, y holds the same folders, cats, dogs"},
		"inside out":     {pets(t, "", 0).with(tree{}).moved("test", "train"), "every one of the folders cats, dogs holds folders of the parts, as test, train; expected the classes in the folders of the parts, as test/cats"},
		"no classes":     {shades(t, "train", 0, 6).with(shades(t, "test", 20, 6)), "found pictures in test, train themselves, expected a folder of pictures for each class in them"},
		"one class":      {pets(t, "train/x/", 0).with(pets(t, "test/x/", 20)), "found the one class x, expected at least 2; are the classes those in "},
	} {
		dir := c.tree.write(t)
		_, err := folder.Open(context.Background(), dir, folder.Options{})
		if !fault.IsInput(err) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, expected %q", name, err, c.want)
		}
		_, err = folder.Open(context.Background(), dir, folder.Options{Division: folder.ByContent})
		if name != "one class" && err != nil {
			t.Errorf("%s, as earlier versions: %v", name, err)
		}
	}
}

// moved puts the first three files of every folder into one folder in it, the others into another.
func (tr tree) moved(first, other string) tree {
	out, count := tree{}, map[string]int{}
	var names []string
	for name := range tr {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		dir, file := filepath.Split(name)
		into := first
		if count[dir]++; count[dir] > 3 {
			into = other
		}
		out[dir+into+"/"+file] = tr[name]
	}
	return out
}
