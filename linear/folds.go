package linear

import (
	"math/rand/v2"
)

// fold is a division of samples for cross-validation.
type fold struct{ train, held []int }

// divide deals samples to at most k folds at random by the seed, those of each stratum one after
// another, so that every fold has its share. The only sample of a stratum is never held out: without
// it nothing could be learned of its class. So every stratum is among the training samples of every
// fold. Folds without a held-out sample are left out; there may be none.
func divide(strata []int32, k int, seed uint64) []fold {
	order := rand.New(rand.NewPCG(seed, streamOfFolds)).Perm(len(strata))
	members := map[int32][]int{}
	var seen []int32
	for _, n := range order {
		if members[strata[n]] == nil {
			seen = append(seen, strata[n])
		}
		members[strata[n]] = append(members[strata[n]], n)
	}
	place := make([]int, len(strata)) // the fold that holds the sample out
	next := 0
	for _, s := range seen {
		for _, n := range members[s] {
			place[n] = -1
			if len(members[s]) > 1 {
				place[n] = next % k
				next++
			}
		}
	}
	var folds []fold
	for i := range k {
		var f fold
		for n, at := range place {
			if at == i {
				f.held = append(f.held, n)
			} else {
				f.train = append(f.train, n)
			}
		}
		if len(f.held) > 0 && len(f.train) > 0 {
			folds = append(folds, f)
		}
	}
	return folds
}

// streamOfFolds tells these random numbers from others of the same seed.
const streamOfFolds = 0x666f6c64
