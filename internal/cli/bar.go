package cli

import (
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/vbauerster/cupwriter"
	"github.com/vbauerster/mpb/v8"
	"golang.org/x/term"
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
	return &bars{
		Progress: mpb.New(
			a.console(), mpb.WithWidth(24), mpb.WithRefreshRate(120*time.Millisecond),
			mpb.WithAutoRefresh(),
		),
	}
}

// console says where bars are drawn. Not every terminal breaks lines again when it becomes
// narrower: xterm and screen, which tell who they are, cut them.
func (a *app) console() mpb.ContainerOption {
	f, ok := a.screen.(*os.File)
	if !ok || runtime.GOOS == "windows" || a.getenv("XTERM_VERSION") != "" || a.getenv("STY") != "" {
		return mpb.WithOutput(a.screen)
	}
	w := cupwriter.New(&reflow{Writer: f, width: func() int {
		width, _, _ := term.GetSize(int(f.Fd()))
		return width
	}}, false)
	w.SetTermFd(int(f.Fd()))
	return mpb.WithConsoleWriter(w)
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

// above writes a line above the bar, or where there is none as other messages are.
func (a *app) above(b *bars, text string) {
	if b == nil {
		a.note(text)
		return
	}
	fmt.Fprintln(b, a.fitted(a.clean(text)))
}

// close ends the bar and leaves the terminal in order. It may be called more than once, and without
// a terminal.
func (b *bars) close(remove bool) {
	if b != nil {
		b.end(remove)
		b.Wait()
	}
}
