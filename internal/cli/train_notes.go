package cli

import (
	"fmt"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset/folder"
)

// noteStart says what a run does otherwise than its user may think. cfg is what was asked for.
func (a *app) noteStart(cfg classify.Config, s classify.Start) {
	if n := len(s.Origins); n > 1 && s.Origins[n-1].FromStep == s.Step+1 {
		// Also where nobody watches: it is about what the run is worth.
		a.note(fmt.Sprintf("note: the steps before were computed otherwise, so that the weights "+
			"will have bits of their own: %v; from step %d on %v",
			s.Origins[n-2], s.Step+1, s.Origins[n-1]))
	}
	if !a.watched() {
		return
	}
	if usual := classify.Default().Batch; cfg.Batch == 0 && s.Config.Batch < usual && !cfg.Frozen() {
		a.note(fmt.Sprintf(
			"note: batch is %d instead of %d, as there are no more training images", s.Config.Batch,
			usual,
		))
	}
	for _, odd := range s.Oddities {
		text := "note: " + odd.Text
		if odd.Balance {
			text += " (--train-size N/class, or --subset balanced, takes as many of each class)"
		}
		a.note(text)
	}
	if s.DevImages == 0 && s.Config.EvalEvery > 0 {
		a.note(
			"note: trained on all images, so that none is left to judge the run on the way " +
				"(--train-size, or a folder's val/, leaves some)",
		)
	}
}

// warnProblems says what is wrong with some pictures of a folder.
func (a *app) warnProblems(dir string, r folder.Report) {
	const shown = 3
	for i, p := range r.Problems {
		if i == shown {
			a.note(fmt.Sprintf("%d more; all of them: gradreg data show %s", len(r.Problems)-shown, quoted(dir)))
			break
		}
		a.note(p.String())
	}
}
