package folder

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/task"
)

// Kind is what is odd about files.
type Kind string

// The kinds of problems.
const (
	Unreadable Kind = "unreadable"  // skipped
	TwoClasses Kind = "two_classes" // equal content in two classes, or with other labels or numbers: none is used
	TwoParts   Kind = "two_parts"   // equal content in two parts: the test part keeps it
	Duplicate  Kind = "duplicate"   // equal content in one class: one is used
	Ignored    Kind = "ignored"     // files and folders that are no pictures of a class
	SameName   Kind = "same_name"   // two folders of one class, whose names differ in Unicode form: both are used
	NoContrast Kind = "no_contrast" // images of one colour all over
	Alike      Kind = "alike"       // all images of a class are the same, or nearly
	Lopsided   Kind = "lopsided"    // almost all training images are of one class
	NoTest     Kind = "no_test"     // a class, or a label, without test images
)

// Problem is something that whoever made the folder may want to put right.
type Problem struct {
	Kind   Kind     `json:"kind"`
	Paths  []string `json:"paths"` // relative to the folder
	Detail string   `json:"detail"`
}

// String returns one line, with the first few of the paths.
func (p Problem) String() string {
	const shown = 4
	paths, more := p.Paths, ""
	if len(paths) > shown {
		paths, more = paths[:shown], fmt.Sprintf(" and %d more", len(paths)-shown)
	}
	return strings.Join(paths, ", ") + more + ": " + p.Detail
}

// ClassCount is the number of images of a class.
type ClassCount struct {
	Name  string `json:"name"`
	Train int    `json:"train_count"`
	Val   int    `json:"val_count"`
	Test  int    `json:"test_count"`
}

// Spread describes numbers.
type Spread struct {
	Min    int `json:"min"`
	Median int `json:"median"` // the lower one of two
	Max    int `json:"max"`
}

// Report says what was found in a folder and what became of it.
type Report struct {
	Classes  []ClassCount `json:"classes"`
	Width    Spread       `json:"width"`  // pixels of the pictures used, as seen
	Height   Spread       `json:"height"` //
	Divided  string       `json:"divided"`
	Problems []Problem    `json:"problems"`
	Decoded  int          `json:"decoded_count"` // pictures
	Cached   int          `json:"cached_count"`  // pictures taken from the cache
	Notes    []string     `json:"notes"`         // about the cache
}

// add notes a problem with a file.
func (r *Report) add(kind Kind, path, detail string) {
	r.Problems = append(r.Problems, Problem{kind, []string{readable(path)}, detail})
}

// once is add, for what may be looked at again.
func (r *Report) once(kind Kind, path, detail string) {
	if !slices.ContainsFunc(r.Problems, func(p Problem) bool {
		return p.Kind == kind &&
			p.Paths[0] == readable(path)
	}) {
		r.add(kind, path, detail)
	}
}

// note says something about the cache.
func (r *Report) note(format string, args ...any) {
	r.Notes = append(r.Notes, fmt.Sprintf(format, args...))
}

// of returns the problems of a kind.
func (r *Report) of(kind Kind) []Problem {
	var out []Problem
	for _, p := range r.Problems {
		if p.Kind == kind {
			out = append(out, p)
		}
	}
	return out
}

// why returns the first problem of a class, in brackets.
func (r *Report) why(class string) string {
	for _, p := range r.Problems {
		for _, path := range p.Paths {
			if p.Kind != Ignored && slices.Contains(strings.Split(path, "/"), class) {
				return " (" + p.String() + ")"
			}
		}
	}
	return ""
}

// finish counts what became of everything.
func (r *Report) finish(o *opening, set *Set) {
	r.Classes = make([]ClassCount, len(set.Classes))
	for k, name := range set.Classes {
		r.Classes[k].Name = name
	}
	classes := len(r.Classes)
	train, val, test := set.Train.counts(classes), set.Val.counts(classes), set.Test.counts(classes)
	for k := range r.Classes {
		c := &r.Classes[k]
		c.Train, c.Val, c.Test = train[k], val[k], test[k]
	}
	for _, c := range r.Classes {
		if c.Test == 0 && set.Task != (task.Regression{}) {
			detail := "a class without test images"
			if o.listed.targets() {
				detail = "a label that no test image has"
			}
			r.add(NoTest, c.Name, detail)
		}
	}
	of := "each class"
	if o.listed.targets() {
		of = "the pictures"
	}
	r.Divided = fmt.Sprintf("a fifth of %s, by seed %d", of, o.Seed)
	if o.Division == ByContent {
		r.Divided = fmt.Sprintf("by seed %d", o.Seed)
	}
	if o.listed.divided {
		r.Divided = "by " + o.listed.testDir
	}
	if o.listed.divided && o.listed.task == nil {
		r.Divided = "by folders, test images from " + readable(o.listed.testDir)
	}
	if !o.listed.targets() {
		r.weigh()
	}
	kinds := []Kind{Unreadable, NoContrast, Alike, TwoClasses, TwoParts, Duplicate, SameName, Lopsided, NoTest, Ignored}
	slices.SortStableFunc(r.Problems, func(a, b Problem) int {
		return cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind))
	})
}

// counts returns the number of images of each class, or that have each label, or whose numbers are
// not 0.
func (p Pictures) counts(classes int) []int {
	out := make([]int, classes)
	for i, v := range p.Targets {
		if v != 0 {
			out[i%classes]++
		}
	}
	if p.Targets == nil {
		for _, y := range p.Labels {
			out[y]++
		}
	}
	return out
}

// mostOf is the share of the training images from which on a model learns little but that class.
const mostOf = 0.9

// weigh notes a class that has almost all training images of several.
func (r *Report) weigh() {
	if len(r.Classes) < 2 {
		return
	}
	total := 0
	for _, c := range r.Classes {
		total += c.Train
	}
	for _, c := range r.Classes {
		if share := float64(c.Train) / float64(total); share >= mostOf {
			r.add(Lopsided, c.Name, fmt.Sprintf("%.1f %% of the training images are of this class", 100*share))
		}
	}
}

// spreadOf describes numbers, of which there must be one.
func spreadOf(values []int) Spread {
	sorted := slices.Sorted(slices.Values(values))
	return Spread{sorted[0], sorted[(len(sorted)-1)/2], sorted[len(sorted)-1]}
}
