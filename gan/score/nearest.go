package score

import (
	"cmp"
	"slices"

	"github.com/gradreg/gradreg/internal/fault"
)

// NearestOptions are how nearest training samples are looked for.
type NearestOptions struct {
	K int // their number for each generated sample; 1 if 0
	// MirrorWidth, if not 0, says that samples are pictures [C, H, W] of this width W and that
	// mirror images of training pictures are candidates as well: those of a training with flips.
	MirrorWidth int
}

// Match is a training sample near a generated one.
type Match struct {
	Neighbour
	Mirrored bool `json:"mirrored,omitempty"` // its mirror image is
}

// Nearest returns for each generated sample the K nearest training samples by Euclidean distance,
// of pixels or features, nearest first and of equal ones the first; all if there are fewer. A
// training picture is there once, whichever of it and its mirror image is nearer.
//
// Distances of pixels find copies, but not those that are moved by a pixel; distances of features
// do.
func Nearest(train, generated Matrix, o NearestOptions) ([][]Match, error) {
	if o.K == 0 {
		o.K = 1
	}
	if o.K < 1 {
		return nil, fault.Inputf("%d nearest samples, expected at least 1", o.K)
	}
	err := checkAll(named{"training samples", 1, train}, named{"generated samples", 1, generated})
	if err != nil {
		return nil, err
	}
	candidates, err := withMirrors(train, o.MirrorWidth)
	if err != nil {
		return nil, err
	}
	f, err := newFrame(candidates, generated)
	if err != nil {
		return nil, err
	}
	k := min(o.K, train.N)
	matches := make([][]Match, generated.N)
	both := k * (candidates.N / train.N) // k different ones with a mirror image each
	for i, near := range nearest(generated.in(f), candidates.in(f), both, false) {
		matches[i] = once(near, train.N, k)
	}
	return matches, nil
}

// once returns the first k different samples of a list in which sample i has its mirror image at
// n + i.
func once(near []Neighbour, n, k int) []Match {
	var list []Match
	for _, m := range near {
		match := Match{Neighbour{m.Index % n, m.Distance}, m.Index >= n}
		known := slices.ContainsFunc(list, func(m Match) bool { return m.Index == match.Index })
		if !known && len(list) < k {
			list = append(list, match)
		}
	}
	return list
}

// Pair is a generated sample and the nearest training sample.
type Pair struct {
	Generated int `json:"generated"` // its row
	Match
}

// Closest returns the n generated samples that are nearest to a training sample, nearest first, of
// what [Nearest] found.
func Closest(matches [][]Match, n int) []Pair {
	pairs := make([]Pair, 0, len(matches))
	for i, near := range matches {
		if len(near) > 0 {
			pairs = append(pairs, Pair{i, near[0]})
		}
	}
	slices.SortStableFunc(pairs, func(a, b Pair) int { return cmp.Compare(a.Distance, b.Distance) })
	return pairs[:min(max(n, 0), len(pairs))]
}
