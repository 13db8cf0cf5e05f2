package cli

import (
	"fmt"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/gradreg/gradreg/dataset/folder"
)

// folderProgress shows that a folder is being read: a bar on a terminal, else a line each thirty seconds.
type folderProgress struct {
	app   *app
	bars  *mpb.Progress
	bar   *mpb.Bar
	phase string
	shown time.Time
}

func (a *app) newFolderProgress(plain bool) *folderProgress {
	p := &folderProgress{app: a, shown: a.now()}
	if a.terminal && !plain && !a.json {
		p.bars = mpb.New(mpb.WithOutput(a.err), mpb.WithWidth(24), mpb.WithRefreshRate(120*time.Millisecond))
	}
	return p
}

// report is told what happens.
func (p *folderProgress) report(f folder.Progress) {
	switch {
	case p.app.json:
	case p.bars != nil:
		if p.phase != f.Phase {
			p.phase = f.Phase
			p.bar = p.bars.AddBar(int64(f.Total), mpb.BarRemoveOnComplete(), mpb.PrependDecorators(decor.Name(f.Phase+" "), decor.CountersNoUnit("%d/%d ")))
		}
		p.bar.SetCurrent(int64(f.Done))
	case p.app.now().Sub(p.shown) >= lineEvery:
		p.shown = p.app.now()
		fmt.Fprintf(p.app.err, "%s %d of %d pictures\n", f.Phase, f.Done, f.Total)
	}
}

// close leaves the terminal in order.
func (p *folderProgress) close() {
	if p.bars == nil {
		return
	}
	if p.bar != nil && !p.bar.Completed() {
		p.bar.Abort(true)
	}
	p.bars.Wait()
}
