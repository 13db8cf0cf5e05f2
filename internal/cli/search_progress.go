package cli

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/gradreg/gradreg/tune"
)

// searchProgress shows a search for λ: a bar on a terminal through all its short runs, else a line
// soon and then every thirty seconds.
type searchProgress struct {
	app   *app
	bars  *bars
	lock  sync.Mutex
	last  atomic.Pointer[searchState] // read by the bar's goroutine
	began time.Time                   // zero before the first report
	shown time.Time
	quiet time.Duration
}

// searchState is how far a search is, and after how long.
type searchState struct {
	tune.Progress
	elapsed time.Duration
}

func (a *app) newSearchProgress(plain bool) *searchProgress {
	return &searchProgress{app: a, bars: a.newBars(plain), quiet: firstLine}
}

// report is told how far the search is. Before the first step it may still turn out that nothing
// can be trained.
func (p *searchProgress) report(s tune.Progress) {
	p.lock.Lock()
	defer p.lock.Unlock()
	if s.Steps == 0 && s.Runs == 0 {
		return
	}
	now := p.app.now()
	if p.began.IsZero() {
		p.began, p.shown = now, now
		p.app.note(fmt.Sprintf(
			"looking for λ: at most %d short runs on dev images, of %d steps together", s.Most,
			s.All,
		))
		if p.bars != nil {
			p.bars.begin(int64(s.All),
				mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return p.last.Load().counts() + " " })),
				mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + p.last.Load().left() })))
		}
	}
	state := &searchState{s, now.Sub(p.began)}
	p.last.Store(state)
	switch {
	case p.bars != nil:
		p.bars.set(int64(s.Steps), int64(s.All))
	case p.app.watched() && now.Sub(p.shown) >= p.quiet:
		p.shown, p.quiet = now, lineEvery
		p.app.note(state.counts() + ", " + state.left())
	}
}

// counts says for what is looked and how many short runs are done.
func (s *searchState) counts() string {
	if s == nil {
		return ""
	}
	return fmt.Sprintf("λ of %s: run %d of at most %d", s.Regularizer, min(s.Runs+1, s.Most), s.Most)
}

// left says how long the search will take, by the steps that were taken so far.
func (s *searchState) left() string {
	if s == nil {
		return ""
	}
	taken := s.Steps - s.Remembered
	if taken < 1 || s.elapsed <= 0 {
		return ""
	}
	perStep := float64(s.elapsed) / float64(taken)
	return fmt.Sprintf("at most %v left", time.Duration(float64(s.All-s.Steps)*perStep).Round(time.Second))
}

// log writes a line above the bar.
func (p *searchProgress) log(text string) { p.app.above(p.bars, text) }

// close removes the bar.
func (p *searchProgress) close() { p.bars.close(true) }
