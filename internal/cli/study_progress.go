package cli

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/gradreg/gradreg/study/queue"
)

// studyProgress shows a study: a bar on a terminal, else a line every thirty seconds.
type studyProgress struct {
	app   *app
	bars  *bars
	last  atomic.Pointer[queue.Status]
	lock  sync.Mutex
	shown time.Time
}

func (a *app) newStudyProgress(plain bool) *studyProgress {
	p := &studyProgress{app: a, bars: a.newBars(plain)}
	if p.bars != nil {
		p.bars.begin(0, mpb.PrependDecorators(decor.CountersNoUnit("run %d/%d ")),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string {
				if s := p.last.Load(); s != nil {
					return " " + studyLine(*s, "") // a bar has no room for more
				}
				return ""
			}), decor.Name("  "), decor.Elapsed(decor.ET_STYLE_GO)))
	}
	return p
}

func (p *studyProgress) tick(s queue.Status) {
	p.last.Store(&s)
	p.app.emit("progress", s)
	if p.bars != nil {
		p.bars.set(int64(s.Complete), int64(s.Total()))
		return
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.app.json || p.app.now().Sub(p.shown) < lineEvery && !s.Done() {
		return
	}
	p.shown = p.app.now()
	fmt.Fprintf(p.app.err, "%s: run %d/%d  %s\n", s.Name, s.Complete, s.Total(), studyLine(s, studyShares(s)))
}

// studyShares says how far the runs of this process are, of as many as a line can hold.
func studyShares(s queue.Status) string {
	var shares []string
	for _, share := range s.Shares[:min(len(s.Shares), 8)] {
		shares = append(shares, fmt.Sprintf("%.0f %%", 100*share))
	}
	if len(shares) == 0 {
		return ""
	}
	return " (" + strings.Join(shares, ", ") + ")"
}

// studyLine says what the counts do not, and how far the running ones are.
func studyLine(s queue.Status, shares string) string {
	text := fmt.Sprintf("%d running%s", s.Running, shares)
	if s.Retrying+s.Failed > 0 {
		text += fmt.Sprintf(", %d to try again, %d failed", s.Retrying, s.Failed)
	}
	if s.Remaining > 0 {
		text += fmt.Sprintf(", %v left", s.Duration().Round(time.Second))
	}
	return text
}

// log writes a line above the bar.
func (p *studyProgress) log(text string) { p.app.above(p.bars, text) }

func (p *studyProgress) close() { p.bars.close(false) }
