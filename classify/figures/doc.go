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

import (
	"fmt"
	"path/filepath"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/report"
)

// Draw writes curve.svg to the folder of a run, and confusion.svg, worst.png and worst.csv if its
// task has classes.
func Draw(dir string, r classify.Result) error {
	path := filepath.Join(dir, classify.CurveFile)
	if err := report.WriteCurve(path, Curve(r.Config, r.Metrics)); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if r.Outcome.Logits == nil {
		return nil
	}
	return WritePictures(r.Outcome, dir, "")
}
