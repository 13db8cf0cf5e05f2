package score

import (
	"math/rand/v2"
	"slices"
)

// lloydSteps bounds the steps of k-means; it ends before when no sample changes its cell.
const lloydSteps = 100

// centres returns the centres of at most k cells of a set by k-means: Lloyd's steps from a start by
// k-means++ (Arthur and Vassilvitskii, "k-means++: the advantages of careful seeding", SODA 2007).
// There are fewer cells than k where there are fewer different samples.
func centres(m framed, k int, random *rand.Rand) framed {
	c := seeds(m, k, random).in(m.frame)
	var last []int
	for range lloydSteps {
		cell := cells(m, c)
		if slices.Equal(cell, last) {
			break
		}
		last = cell
		c = means(m.Matrix, cell, c.Matrix).in(m.frame)
	}
	return c
}

// cells returns the number of the nearest centre of each sample.
func cells(m, centres framed) []int {
	cell := make([]int, m.N)
	for i, near := range nearest(m, centres, 1, false) {
		cell[i] = near[0].Index
	}
	return cell
}

// seeds draws k samples, each with a probability proportional to its squared distance to the
// nearest one drawn before.
func seeds(m framed, k int, random *rand.Rand) Matrix {
	chosen := []int{random.IntN(m.N)}
	left := make([]float64, m.N)
	for len(chosen) < k {
		last := chosen[len(chosen)-1]
		each((m.N+blockRows-1)/blockRows, func(block int) {
			for i := block * blockRows; i < min((block+1)*blockRows, m.N); i++ {
				d := distance2(m.Matrix, i, m.Matrix, last)
				if len(chosen) == 1 || d < left[i] {
					left[i] = d
				}
			}
		})
		sum := 0.0
		for _, d := range left {
			sum += d
		}
		if sum == 0 {
			break
		}
		at, next := random.Float64()*sum, -1
		for i, d := range left {
			if d > 0 {
				next = i
			}
			if at -= d; at < 0 {
				break
			}
		}
		chosen = append(chosen, next)
	}
	return m.Rows(chosen)
}

// means returns the means of the cells; a cell without samples keeps its centre.
func means(m Matrix, cell []int, before Matrix) Matrix {
	after := Matrix{before.N, before.D, slices.Clone(before.Values)}
	each(before.N, func(k int) {
		sum, n := make([]float64, m.D), 0
		for i, c := range cell {
			if c != k {
				continue
			}
			n++
			for j, v := range m.Row(i) {
				sum[j] += float64(v)
			}
		}
		if n > 0 {
			for j, v := range sum {
				after.Values[k*m.D+j] = float32(v / float64(n))
			}
		}
	})
	return after
}
