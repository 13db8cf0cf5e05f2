package folder

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"
)

// testShare is the share of pictures in the test part, where folders do not divide them.
const testShare = 0.2

// settle leaves one file of each content, as the package's documentation says, and notes the
// others. Files come, and stay, in the order of their names.
func (o *opening) settle(files []*file) []*file {
	copies := map[[32]byte][]*file{}
	for _, f := range files {
		copies[f.hash] = append(copies[f.hash], f)
	}
	return slices.DeleteFunc(files, func(f *file) bool {
		same := copies[f.hash]
		if len(same) == 1 {
			return false
		}
		kept := same[0]
		twoClasses, twoParts := false, false
		for _, g := range same {
			twoClasses = twoClasses || g.class != same[0].class || !slices.Equal(g.targets, same[0].targets)
			twoParts = twoParts || g.part != same[0].part
			if g.part > kept.part { // test before val before train
				kept = g
			}
		}
		if f == same[0] {
			o.noteCopies(same, kept, twoClasses, twoParts)
		}
		return twoClasses || f != kept
	})
}

// noteCopies notes files of equal content.
func (o *opening) noteCopies(same []*file, kept *file, twoClasses, twoParts bool) {
	p := Problem{Kind: Duplicate, Detail: "the same picture; used: " + readable(kept.path)}
	switch {
	case twoClasses:
		p.Kind, p.Detail = TwoClasses, "the same picture in two classes; none is used"
		if o.listed.targets() {
			p.Detail = "the same picture with different labels or numbers; none is used"
		}
	case twoParts:
		p.Kind, p.Detail = TwoParts, "the same picture in two parts; used: "+readable(kept.path)
	}
	for _, f := range same {
		p.Paths = append(p.Paths, readable(f.path))
	}
	o.report.Problems = append(o.report.Problems, p)
}

// place returns a number in [0, 1) that is a function of the seed and a file's content: below
// testShare is the test part.
func place(seed uint64, hash [32]byte) float64 {
	sum := sha256.Sum256(append(binary.LittleEndian.AppendUint64(nil, seed), hash[:]...))
	return math.Ldexp(float64(binary.LittleEndian.Uint64(sum[:])>>11), -53)
}

// divide decides the part of each file, unless folders did.
func (o *opening) divide(files []*file) {
	switch {
	case o.listed.divided:
	case o.Division == ByContent:
		scatter(files, len(o.listed.classes), o.Seed)
	default:
		stratify(files, len(o.listed.classes), o.Seed)
	}
}

// scatter decides the part of each file as ByContent does: a function of the seed and its own
// content but for two exceptions, without which small folders could not be trained on: a class has
// a training image, and there is a test image.
func scatter(files []*file, classes int, seed uint64) {
	trains := make([]int, classes)
	last := make([]*file, classes) // of each class: the farthest from the test part
	for _, f := range files {
		f.part = train
		if place(seed, f.hash) < testShare {
			f.part = test
		} else {
			trains[f.class]++
		}
		if l := last[f.class]; l == nil || place(seed, f.hash) > place(seed, l.hash) {
			last[f.class] = f
		}
	}
	for k, n := range trains {
		if n == 0 && last[k] != nil {
			last[k].part = train
			trains[k]++
		}
	}
	if slices.ContainsFunc(files, func(f *file) bool { return f.part == test }) {
		return
	}
	var first *file // the nearest to the test part, of a class that can spare it
	for _, f := range files {
		if trains[f.class] > 1 && (first == nil || place(seed, f.hash) < place(seed, first.hash)) {
			first = f
		}
	}
	if first != nil {
		first.part = test
	}
}

// sortForParts orders files by part, then content.
func sortForParts(files []*file) {
	slices.SortFunc(files, func(a, b *file) int {
		return cmp.Or(cmp.Compare(a.part, b.part), bytes.Compare(a.hash[:], b.hash[:]))
	})
}
