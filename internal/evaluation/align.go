package evaluation

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/task"
)

// align leaves of the runs' test images those that all of them have, in one order. Pictures are
// known by their files, whatever size runs make of them. Where that leaves less than half of what a
// run is tested on, the runs are not comparable.
func align(runs []*classify.Opened, dirs []string) error {
	for i := range runs {
		if err := sameTask(runs[0], runs[i], dirs[0], dirs[i]); err != nil {
			return err
		}
		if same(runs[0], runs[i]) {
			continue
		}
		if pictures(runs[0]) == nil || pictures(runs[i]) == nil {
			return fault.Inputf(
				"%s is tested on other images than %s, expected runs with the same test images",
				dirs[i], dirs[0],
			)
		}
		return common(runs, dirs, i)
	}
	return nil
}

// sameTask refuses runs whose scores are not of one kind: of other tasks, or of other labels or
// numbers. Classes are told apart by the images' labels.
func sameTask(a, b *classify.Opened, first, other string) error {
	of, is := a.Card.Learned(), b.Card.Learned()
	if of != is {
		return fault.Inputf("%s has the task %s and %s %s, expected runs of one task", first, of, other, is)
	}
	if of != (task.Classification{}) && !slices.Equal(a.Card.Classes, b.Card.Classes) {
		return fault.Inputf(
			"%s answers %s and %s %s, expected runs of the same", first,
			strings.Join(a.Card.Classes, ", "), other, strings.Join(b.Card.Classes, ", "),
		)
	}
	return nil
}

// same tells whether two runs have the same test images and labels, in the same order.
func same(a, b *classify.Opened) bool {
	if a == b || a.TestDigest() == b.TestDigest() && a.TestDigest() != "" && a.Test().Len() == b.Test().Len() {
		return true
	}
	return pictures(a) == nil && pictures(b) == nil && imagesHash(a) == imagesHash(b)
}

// imagesHash is equal for equal test images and labels in the same order.
func imagesHash(o *classify.Opened) [sha256.Size]byte {
	return o.Test().Hash(len(o.Card.Classes))
}

// labelled is a picture and its class, or its labels or numbers.
type labelled struct {
	sum   [32]byte
	class string
}

// pictures lists what a run is tested on, nil if that is no folder's pictures.
func pictures(o *classify.Opened) []labelled {
	t := o.Test()
	if t.Hashes == nil {
		return nil
	}
	out := make([]labelled, t.Len())
	for i, k := range t.Index {
		if t.Targets != nil {
			out[i] = labelled{t.Hashes[k], fmt.Sprint(t.TargetRow(k))}
			continue
		}
		out[i] = labelled{t.Hashes[k], o.Card.Classes[t.Labels[k]]}
	}
	return out
}

// common leaves the runs the pictures that all are tested on, in the order of the first. other is a
// run that has other ones than it.
func common(runs []*classify.Opened, dirs []string, other int) error {
	count := map[labelled]int{}
	places := make([]map[labelled]int, len(runs))
	for i, run := range runs {
		places[i] = map[labelled]int{}
		for at, p := range pictures(run) {
			if _, twice := places[i][p]; !twice {
				places[i][p] = at
				count[p]++
			}
		}
	}
	keep := make([][]int, len(runs))
	for _, p := range pictures(runs[0]) {
		if count[p] != len(runs) {
			continue
		}
		count[p] = 0 // it may be there twice
		for i := range runs {
			keep[i] = append(keep[i], places[i][p])
		}
	}
	n := len(keep[0])
	for _, run := range runs {
		if all := run.Test().Len(); 2*n < all {
			return fault.Inputf("%s is tested on other images than %s: %d test pictures are common "+
				"to all runs, of up to %d, expected runs with the same test images",
				dirs[other], dirs[0], n, all)
		}
	}
	for i, run := range runs {
		if all := run.Test().Len(); all > n {
			run.Notes = append(
				run.Notes,
				fmt.Sprintf("of its %d test pictures the %d that all runs have in common", all, n),
			)
		}
		run.Keep(keep[i])
	}
	return nil
}
