package cli

import (
	"fmt"
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
	bars  *mpb.Progress
	bar   *mpb.Bar
	last  atomic.Pointer[queue.Status]
	lock  sync.Mutex
	shown time.Time
}

func (a *app) newStudyProgress(plain bool) *studyProgress {
	p := &studyProgress{app: a}
	if a.terminal && !plain && !a.json {
		p.bars = mpb.New(mpb.WithOutput(a.err), mpb.WithWidth(24), mpb.WithRefreshRate(200*time.Millisecond))
		p.bar = p.bars.AddBar(1, mpb.PrependDecorators(decor.CountersNoUnit("run %d/%d ")),
			mpb.AppendDecorators(decor.Any(func(decor.Statistics) string {
				if s := p.last.Load(); s != nil {
					return " " + studyLine(*s)
				}
				return ""
			})))
	}
	return p
}

func (p *studyProgress) tick(s queue.Status) {
	p.last.Store(&s)
	p.app.emit("progress", s)
	if p.bar != nil {
		p.bar.SetTotal(int64(s.Total()), false)
		p.bar.SetCurrent(int64(s.Complete))
		return
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	if p.app.json || p.app.now().Sub(p.shown) < lineEvery && !s.Done() {
		return
	}
	p.shown = p.app.now()
	fmt.Fprintf(p.app.err, "%s: run %d/%d  %s\n", s.Name, s.Complete, s.Total(), studyLine(s))
}

// studyLine says what the counts do not.
func studyLine(s queue.Status) string {
	text := fmt.Sprintf("%d running", s.Running)
	if s.Retrying+s.Failed > 0 {
		text += fmt.Sprintf(", %d to try again, %d failed", s.Retrying, s.Failed)
	}
	if s.Remaining > 0 {
		text += fmt.Sprintf(", %v left", s.Duration().Round(time.Second))
	}
	return text
}

// log writes a line above the bar.
func (p *studyProgress) log(text string) {
	if p.bars != nil {
		fmt.Fprintln(p.bars, text)
		return
	}
	p.app.note(text)
}

func (p *studyProgress) close() {
	if p.bars == nil {
		return
	}
	p.bar.Abort(false)
	p.bars.Wait()
}
