package folder

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/spec"
)

// Division is a way to divide pictures into training and test images where folders do not.
type Division string

const (
	// Stratified takes a fifth of each class's pictures, rounded, and at least one of two: those
	// that are nearest to the test part as a function of seed and content. A picture that is added
	// or removed moves at most one other.
	Stratified Division = "stratified"
	// ByContent is the division of earlier versions: each picture goes to the test part with
	// probability 1/5, as a function of seed and content. It moves no other, but leaves small
	// classes without test images. With it a folder's layout is read as they did, too, so that
	// their runs find their images again.
	ByContent Division = "by-content"
)

// Divisions lists the values of Division.
func Divisions() []string { return []string{string(Stratified), string(ByContent)} }

// ParseDivision returns the division of that name, Stratified for none.
func ParseDivision(name string) (Division, error) {
	if name == "" {
		return Stratified, nil
	}
	if !slices.Contains(Divisions(), name) {
		return "", fault.Input(spec.Unknown("division", name, Divisions()))
	}
	return Division(name), nil
}

// testCount returns how many of a class's n pictures Stratified takes for the test part.
func testCount(n int) int {
	if n < 2 {
		return 0
	}
	return max(1, (n+2)/5) // n·testShare, rounded
}

// stratify decides the part of each file as Stratified does.
func stratify(files []*file, classes int, seed uint64) {
	of := make([][]*file, classes)
	for _, f := range files {
		of[f.class] = append(of[f.class], f)
	}
	for _, class := range of {
		slices.SortFunc(class, func(a, b *file) int {
			return cmp.Or(cmp.Compare(place(seed, a.hash), place(seed, b.hash)), bytes.Compare(a.hash[:], b.hash[:]))
		})
		for i, f := range class {
			f.part = train
			if i < testCount(len(class)) {
				f.part = test
			}
		}
	}
}
