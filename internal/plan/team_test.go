package plan_test

import (
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gradreg/gradreg/internal/plan"
)

// TestTeam gives teams of all sizes jobs of all sizes, one at once after another or after a pause in
// which workers fall asleep, also where there are fewer processors than workers: every task is done
// once, and none when run has returned. Nobody stays awake.
func TestTeam(t *testing.T) {
	before := plan.Awake()
	for _, processors := range []int{runtime.GOMAXPROCS(0), 1} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		for workers := 1; workers <= 5; workers++ {
			team, r := plan.NewTeam(workers, 0), rand.New(rand.NewPCG(1, uint64(workers)))
			for range 300 {
				done := make([]atomic.Int64, 1+r.IntN(12))
				long := r.IntN(10) == 0
				err := team.Run(len(done), func(task int) {
					if long && task == len(done)-1 {
						time.Sleep(2 * plan.Patience) // the others fall asleep
					}
					done[task].Add(1)
				})
				if err != nil {
					t.Fatal(err)
				}
				for task := range done {
					if n := done[task].Load(); n != 1 {
						t.Fatalf("%d workers did task %d of %d %d times", workers, task, len(done), n)
					}
				}
				if r.IntN(10) == 0 {
					time.Sleep(2 * plan.Patience)
				}
			}
			team.Close()
		}
	}
	if n := plan.Awake(); n != before {
		t.Errorf("%d workers are awake, before %d", n, before)
	}
}

// TestMissingHelper has helpers that never come: the caller does all tasks and does not wait for
// them.
func TestMissingHelper(t *testing.T) {
	team := plan.NewTeam(4, 2)
	for range 50 {
		var done atomic.Int64
		if err := team.Run(9, func(int) { done.Add(1) }); err != nil || done.Load() != 9 {
			t.Fatalf("%d tasks of 9 are done (%v)", done.Load(), err)
		}
	}
}

// TestTeamPanic has a task panic, in any worker: run returns it as an error, and the team goes on.
func TestTeamPanic(t *testing.T) {
	team := plan.NewTeam(3, 0)
	defer team.Close()
	for broken := range 20 {
		err := team.Run(20, func(task int) {
			if task == broken {
				panic("a kernel broke")
			}
		})
		if err == nil {
			t.Fatalf("the panic of task %d is no error", broken)
		}
		if err := team.Run(20, func(int) {}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestThrift has a worker wait in vain a thousand times: it gives the processor away after a few.
func TestThrift(t *testing.T) {
	if waited := plan.LongestVainWait(1000); waited > 200*plan.Patience {
		t.Errorf("waited %v awake in vain", waited)
	}
}
