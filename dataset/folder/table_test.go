package folder_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/task"
)

// withTable adds a labels.csv.
func (tr tree) withTable(text string) tree { return tr.with(tree{"labels.csv": []byte(text)}) }

// TestTable reads labels and numbers with their pictures, by parts where they are given.
func TestTable(t *testing.T) {
	base := shades(t, "p", 0, 4)
	var names []string
	for name := range base {
		names = append(names, name)
	}
	slices.Sort(names)
	row := func(k int, values string) string { return names[k] + "," + values + "\n" }
	numbers := base.withTable("file,part,height,width\n" + row(0, "train,1.5,2") + row(1, "test,-3,4") + row(2, "train,0,1e3") + row(3, "val,7,8")).write(t)
	set := open(t, numbers, folder.Options{Size: 8})
	if set.Task != (task.Regression{}) || !slices.Equal(set.Classes, []string{"height", "width"}) {
		t.Fatalf("task %s of %v", set.Task, set.Classes)
	}
	want := map[string][]float32{names[0]: {1.5, 2}, names[1]: {-3, 4}, names[2]: {0, 1000}, names[3]: {7, 8}}
	for _, part := range []folder.Pictures{set.Train, set.Val, set.Test} {
		for i, name := range part.Files {
			if !slices.Equal(part.Targets[2*i:2*i+2], want[name]) {
				t.Errorf("%s has %v, expected %v", name, part.Targets[2*i:2*i+2], want[name])
			}
		}
	}
	if len(set.Train.Files) != 2 || len(set.Val.Files) != 1 || len(set.Test.Files) != 1 || set.Test.Files[0] != names[1] {
		t.Errorf("parts of %v, %v and %v", set.Train.Files, set.Val.Files, set.Test.Files)
	}
	labels := func(first string) *folder.Set {
		return open(t, base.withTable("file,a,b\n"+row(0, first)+row(1, "0,1")+row(2, "1,1")+row(3, "0,0")).write(t), folder.Options{Size: 8})
	}
	one, other := labels("1,0"), labels("0,0")
	if one.Task != (task.MultiLabel{}) || len(one.Train.Files)+len(one.Test.Files) != 4 {
		t.Errorf("task %s, %d and %d images", one.Task, len(one.Train.Files), len(one.Test.Files))
	}
	if one.Train.Digest+one.Test.Digest == other.Train.Digest+other.Test.Digest {
		t.Error("another label, but the same digests")
	}
	if r := one.Report.Classes[0]; r.Name != "a" || r.Train+r.Test != 2 {
		t.Errorf("report %+v, expected two images with the label a", r)
	}
	if text := fmt.Sprint(one.Report.Divided, one.Report.Problems); strings.Contains(text, "class") || !strings.HasPrefix(text, "a fifth of the pictures, by seed") {
		t.Errorf("the report speaks of classes: %s", text)
	}
	classes := open(t, base.withTable("file,class\n"+row(0, "b")+row(1, "a")+row(2, "b")+row(3, "a")).write(t), folder.Options{Size: 8})
	if classes.Task != (task.Classification{}) || !slices.Equal(classes.Classes, []string{"a", "b"}) || classes.Train.Targets != nil {
		t.Errorf("task %s of %v", classes.Task, classes.Classes)
	}
	foreign := shades(t, "cats", 0, 3).with(shades(t, "dogs", 9, 3)).withTable("id,breed\n1,pug\n").write(t)
	if set := open(t, foreign, folder.Options{Size: 8}); !slices.Equal(set.Classes, []string{"cats", "dogs"}) {
		t.Errorf("a table of somebody else's gives %v", set.Classes)
	}
}

// TestTableRefused names the line and what is wrong in it.
func TestTableRefused(t *testing.T) {
	base := shades(t, "p", 0, 3)
	var name string
	for name = range base {
	}
	for want, c := range map[string]struct {
		text string
		task task.Task
	}{
		"found no column but file":                         {"file\n" + name + "\n", nil},
		`column 3 is "a"`:                                  {"file,a,a\n" + name + ",1,1\n", nil},
		"found 1 pictures":                                 {"file,a\n" + name + ",1\n", nil},
		`line 2: a is "x", expected a finite number`:       {"file,a\n" + name + ",x\nq.png,1\n", nil},
		`line 3: a is "NaN"`:                               {"file,a\n" + name + ",1\nq.png,NaN\n", nil},
		`line 2: file is "../x.png"`:                       {"file,a\n../x.png,1\n" + name + ",1\n", nil},
		`line 2: file is "x.txt"`:                          {"file,a\nx.txt,1\n" + name + ",1\n", nil},
		"line 3: file " + name + " stands in line 2, too":  {"file,a\n" + name + ",1\n" + name + ",0\n", nil},
		"line 2: class is empty":                           {"file,class\n" + name + ",\nq.png,a\n", nil},
		"found the one class a":                            {"file,class\n" + name + ",a\nq.png,a\n", nil},
		`line 2: part is "dev"`:                            {"file,a,part\n" + name + ",1,dev\nq.png,1,train\n", nil},
		"found pictures of the parts [train]":              {"file,a,part\n" + name + ",1,train\nq.png,1,test\n", nil},
		"line 2: a is 2, expected 0 or 1":                  {"file,a\n" + name + ",2\nq.png,1\n", task.MultiLabel{}},
		"task is regression, but labels.csv has a column ": {"file,class\n" + name + ",a\nq.png,b\n", task.Regression{}},
		"wrong number of fields":                           {"file,a\n" + name + ",1,2\n", nil},
		"found 1 pictures, expected at least 2, one of":    {"file,a\n" + name + ",1\nmissing.png,0\n", nil},
	} {
		_, err := folder.Open(t.Context(), base.withTable(c.text).write(t), folder.Options{Task: c.task})
		if !fault.IsInput(err) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, expected %q", err, want)
		}
	}
}
