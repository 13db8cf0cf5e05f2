package cli

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// embeddingProgress shows that features are computed and a head is fitted to them: a bar on a
// terminal, else a line at once and then each thirty seconds.
type embeddingProgress struct {
	app  *app
	bars *bars
	last atomic.Pointer[embeddingState]
	// begun is whether something was shown of what is done now, shown when it was last.
	begun bool
	shown time.Time
	began time.Time
	known int // pictures whose features were there at the beginning
}

// embeddingState is how far it is.
type embeddingState struct {
	text string
	left time.Duration // below 0 where it is not known
}

func (a *app) newEmbeddingProgress(plain bool) *embeddingProgress {
	return &embeddingProgress{app: a, bars: a.newBars(plain)}
}

// report is told how many pictures are through, first of all how many were known.
func (p *embeddingProgress) report(done, total int) {
	if p.began.IsZero() {
		p.began, p.known = p.app.now(), done
		return
	}
	s := &embeddingState{text: fmt.Sprintf("features of %d of %d pictures", done, total), left: -1}
	if computed := done - p.known; computed > 0 {
		s.left = time.Duration(float64(p.app.now().Sub(p.began)) * float64(total-done) / float64(computed))
	}
	p.show(s, done, total)
}

// fitting is told how many strengths of the head's penalty were tried, of at most so many.
func (p *embeddingProgress) fitting(tried, most int) {
	if tried == 0 {
		p.begun = false
	}
	p.show(&embeddingState{text: fmt.Sprintf("head: %d of at most %d strengths of its penalty", tried, most), left: -1},
		tried, most)
}

// show shows how far it is, where a person or a log is to see it.
func (p *embeddingProgress) show(s *embeddingState, done, total int) {
	p.last.Store(s)
	switch now := p.app.now(); {
	case p.app.json:
	case p.bars != nil:
		if !p.begun {
			p.begun = true
			p.bars.begin(int64(total),
				mpb.PrependDecorators(decor.Any(func(decor.Statistics) string { return p.last.Load().text + " " })),
				mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + p.last.Load().String() })))
		}
		p.bars.set(int64(done), int64(total))
	case done > 0 && done < total && (!p.begun && s.left >= firstLine || now.Sub(p.shown) >= lineEvery):
		p.begun, p.shown = true, now
		text := s.text
		if left := s.String(); left != "" {
			text += ", " + left
		}
		fmt.Fprintln(p.app.err, text)
	}
	if p.shown.IsZero() {
		p.shown = p.app.now()
	}
}

// String says how long it will take.
func (s *embeddingState) String() string {
	if s.left < 0 {
		return ""
	}
	return fmt.Sprintf("about %v left", roughly(s.left))
}

// close leaves the terminal in order.
func (p *embeddingProgress) close() { p.bars.close(true) }
