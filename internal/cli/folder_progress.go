package cli

import (
	"fmt"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/gradreg/gradreg/dataset/folder"
)

// folderProgress shows that a folder is being read: a bar on a terminal, else a line each thirty
// seconds.
type folderProgress struct {
	app   *app
	bars  *bars
	phase string
	shown time.Time
}

func (a *app) newFolderProgress(plain bool) *folderProgress {
	return &folderProgress{app: a, bars: a.newBars(plain), shown: a.now()}
}

// report is told what happens.
func (p *folderProgress) report(f folder.Progress) {
	switch {
	case p.app.json:
	case p.bars != nil:
		if p.phase != f.Phase {
			p.phase = f.Phase
			p.bars.begin(int64(f.Total), mpb.PrependDecorators(decor.Name(f.Phase+" "), decor.CountersNoUnit("%d/%d ")))
		}
		p.bars.set(int64(f.Done), int64(f.Total))
	case p.app.now().Sub(p.shown) >= lineEvery:
		p.shown = p.app.now()
		fmt.Fprintf(p.app.err, "%s %d of %d pictures\n", f.Phase, f.Done, f.Total)
	}
}

// close leaves the terminal in order.
func (p *folderProgress) close() { p.bars.close(true) }
