package classify

import (
	"slices"
	"testing"
)

// TestConsider follows the best state through evaluations: the latest one within a standard error of
// the least loss, whose error is that of the state with the least loss.
func TestConsider(t *testing.T) {
	r := &run{config: Config{Patience: 1}}
	var kept []int
	for i, j := range []judgement{
		{loss: 2, err: 0.1}, {loss: 1, err: 0.2}, {loss: 1.2, err: 9}, {loss: 1.21, err: 9}, {loss: 1.1}, {loss: 0.9, err: 0.05},
		{loss: 1}, {loss: 0.95, err: 3}, {loss: 0.96},
	} {
		if err := r.consider(i+1, j); err != nil {
			t.Fatal(err)
		}
		kept = append(kept, r.progress.best.step)
	}
	if want := []int{1, 2, 3, 3, 5, 6, 6, 8, 8}; !slices.Equal(kept, want) {
		t.Errorf("the best states are of steps %v, expected %v", kept, want)
	}
}
