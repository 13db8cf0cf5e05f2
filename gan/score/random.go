package score

import "math/rand/v2"

// generator returns the random numbers of one task: a function of the seed and the task's number.
func generator(seed uint64, task int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(task)))
}

// choose draws k different numbers below n.
func choose(r *rand.Rand, n, k int) []int {
	index := make([]int, n)
	for i := range index {
		index[i] = i
	}
	for i := range k {
		j := i + r.IntN(n-i)
		index[i], index[j] = index[j], index[i]
	}
	return index[:k]
}
