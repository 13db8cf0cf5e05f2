package tune

import (
	"sync"

	"github.com/gradreg/gradreg/classify"
)

// Progress is how far a search is.
type Progress struct {
	Regularizer string // whose λ is looked for
	Runs, Most  int    // short runs that are done, and at most to do
	Steps, All  int    // their steps
	Remembered  int    // of Steps: those that were not taken now, but remembered
}

// tracker counts the short runs of a search and their steps.
type tracker struct {
	lock   sync.Mutex
	report func(Progress) // may be nil
	now    Progress
}

func newTracker(report func(Progress)) *tracker { return &tracker{report: report} }

// change changes the progress and tells it, once something is looked for.
func (t *tracker) change(f func(p *Progress)) {
	t.lock.Lock()
	defer t.lock.Unlock()
	f(&t.now)
	if t.report != nil && t.now.Regularizer != "" {
		t.report(t.now)
	}
}

// plan adds runs and steps to what there is to do at most.
func (t *tracker) plan(runs, steps int) {
	t.change(func(p *Progress) { p.Most, p.All = p.Most+runs, p.All+steps })
}

// turn begins with a regularizer.
func (t *tracker) turn(name string) { t.change(func(p *Progress) { p.Regularizer = name }) }

// tracked is a short run.
type tracked struct {
	tracker      *tracker
	steps, taken int
}

func (t *tracker) begin(steps int) *tracked { return &tracked{tracker: t, steps: steps} }

// stepped is called after every step. A run that goes on counts the steps that it took before as
// remembered.
func (r *tracked) stepped(s classify.Progress) {
	r.tracker.change(func(p *Progress) {
		p.Steps += s.Step - r.taken
		p.Remembered += s.Step - r.taken - 1
		r.taken = s.Step
	})
}

// end is called after the run. One that diverged, or was remembered as a whole, has steps that
// nobody counted.
func (r *tracked) end() {
	r.tracker.change(func(p *Progress) {
		p.Runs++
		p.Steps += r.steps - r.taken
		p.Remembered += r.steps - r.taken
	})
}
