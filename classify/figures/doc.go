// Package figures draws what a run of package classify shows: its learning curve, the confusion
// matrix and the most wrong test images. Training does not need it, and does not bring in what
// draws; [Draw] is what [classify.Options] asks for:
//
//	classify.Run(ctx, cfg, classify.Options{Dir: "run", Draw: figures.Draw})
//
// # A further figure
//
// A figure is a function from a [classify.Outcome] or a run's metrics to a type of package report,
// which draws it, and a file that [Draw] writes.
package figures

import "github.com/gradreg/gradreg/classify"

// Draw writes curve.svg to the folder of a run, of a head on features the search for its penalty, and confusion.svg, worst.png and worst.csv if its
// task has classes.
func Draw(dir string, r classify.Result) error {
	if err := drawCurve(dir, r); err != nil {
		return err
	}
	if r.Outcome.Logits == nil {
		return nil
	}
	return WritePictures(r.Outcome, dir, "")
}
