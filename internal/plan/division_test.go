package plan

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestBusiest compares the bound with the best of all ways to give tasks to cores: it is never above, and not below
// where all tasks are equal, or one is longer than all others together.
func TestBusiest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	exact := 0
	for range 500 {
		costs := make([]int, 1+r.IntN(7))
		for i := range costs {
			costs[i] = 1 + r.IntN(9)
		}
		cores := 1 + r.IntN(4)
		least := best(costs, make([]int, cores))
		got := busiest(slices.Clone(costs), cores)
		if got > least || got < slices.Max(costs) {
			t.Fatalf("%v on %d cores: %d at least, and %d is possible", costs, cores, got, least)
		}
		if got == least {
			exact++
		}
	}
	if exact < 375 {
		t.Errorf("%d of 500 bounds are reached", exact)
	}
	for tasks := 1; tasks < 40; tasks++ {
		for cores := 1; cores < 20; cores++ {
			costs := slices.Repeat([]int{3}, tasks)
			if got, want := busiest(costs, cores), 3*((tasks+cores-1)/cores); got != want {
				t.Errorf("%d tasks on %d cores: %d, expected %d", tasks, cores, got, want)
			}
		}
	}
	if got := busiest([]int{2, 30, 4}, 3); got != 30 {
		t.Errorf("the longest task takes 30, found %d", got)
	}
}

// best returns the work of the busiest core if tasks are given out in the best way.
func best(costs, busy []int) int {
	if len(costs) == 0 {
		return slices.Max(busy)
	}
	least := -1
	for i := range busy {
		busy[i] += costs[0]
		if b := best(costs[1:], busy); least < 0 || b < least {
			least = b
		}
		busy[i] -= costs[0]
	}
	return least
}
