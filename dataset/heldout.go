package dataset

import (
	"math"

	"github.com/gradreg/gradreg/internal/fault"
)

// DivideHeldOut holds out a share of each class of the training file as the dev part, rounded, and
// at least one image of a class that has two: the last ones of the class in the permutation that
// Divide takes the first n of. The training images are the first n of the others, all of them if n
// is 0. The dev part is the same for every n, and stays that of the seed.
func DivideHeldOut(train *Part, n int, share float64, seed uint64) (Division, error) {
	if !(share > 0 && share < 1) {
		return Division{}, fault.Inputf("the share of held-out images is %v, expected one between 0 and 1", share)
	}
	counts := map[int32]int{}
	for _, class := range train.Labels {
		counts[class]++
	}
	d := Division{Train: Subset{Part: train}, Dev: Subset{Part: train}}
	seen := map[int32]int{}
	for _, i := range permutation(train.Len(), seed) {
		class := train.Labels[i]
		seen[class]++
		if seen[class] <= counts[class]-heldOutOf(counts[class], share) {
			d.Train.Index = append(d.Train.Index, i)
		} else {
			d.Dev.Index = append(d.Dev.Index, i)
		}
	}
	if n < 0 || n > d.Train.Len() || d.Train.Len() == 0 {
		return Division{}, fault.Inputf(
			"train size is %d, expected 1 to %d, for %d of %d images are held out", n, d.Train.Len(),
			d.Dev.Len(), train.Len(),
		)
	}
	if n > 0 {
		d.Train.Index = d.Train.Index[:n]
	}
	return d, nil
}

// heldOutOf returns how many of n images of a class are held out: one always stays.
func heldOutOf(n int, share float64) int {
	if n < 2 {
		return 0
	}
	return min(max(1, int(math.Round(share*float64(n)))), n-1)
}
