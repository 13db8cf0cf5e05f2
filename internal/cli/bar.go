package cli

import (
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
)

// bars draws lines on a terminal that change as something goes on.
type bars struct {
	*mpb.Progress
	bar   *mpb.Bar // the present one
	total atomic.Int64
}

// newBars returns nil where there is no terminal, or none is wanted.
func (a *app) newBars(plain bool) *bars {
	if !a.terminal || plain || a.json {
		return nil
	}
	return &bars{Progress: mpb.New(mpb.WithOutput(a.err), mpb.WithWidth(24), mpb.WithRefreshRate(120*time.Millisecond), mpb.WithAutoRefresh())}
}

// begin draws a bar in the place of the one before. It lasts until it is ended: of a bar that is
// told its total at once mpb takes that for its end, draws it no more when it is reached, and
// disregards a total that grows.
func (b *bars) begin(total int64, options ...mpb.BarOption) {
	b.end(true)
	b.bar = b.AddBar(0, options...)
	b.set(0, total)
}

// set moves the bar, if one was begun; one that has ended stays.
func (b *bars) set(current, total int64) {
	if b.bar == nil {
		return
	}
	b.total.Store(total)
	b.bar.SetTotal(total, false)
	b.bar.SetCurrent(current)
}

// end leaves the bar as it is, or removes it.
func (b *bars) end(remove bool) {
	switch {
	case b.bar == nil:
		return
	case !remove && b.total.Load() > 0 && b.bar.Current() >= b.total.Load():
		b.bar.SetTotal(-1, true) // is drawn as a full one
	default:
		b.bar.Abort(remove)
	}
	b.bar.Wait()
}

// close ends the bar and leaves the terminal in order. It may be called more than once, and without
// a terminal.
func (b *bars) close(remove bool) {
	if b != nil {
		b.end(remove)
		b.Wait()
	}
}
