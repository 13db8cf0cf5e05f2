package score

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/gradreg/gradreg/internal/bug"
)

// each calls f(0) … f(n−1), several at a time on all processors. Calls write to places of their
// own, so that the result does not depend on their order. A panic in one of them is raised here.
func each(n int, f func(i int)) {
	var (
		next  atomic.Int64
		bugs  bug.Keeper
		group sync.WaitGroup
	)
	for range min(n, runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			defer bugs.Keep()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	group.Wait()
	bugs.Raise()
}
