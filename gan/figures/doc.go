// Package figures draws what a run of package gan shows: sheets of samples of the same noise, an
// animation of them, and the curve of what was watched. Training does not need it, and does not
// bring in what draws; [Sheet] and [Draw] are what [gan.RunOptions] asks for:
//
//	gan.Run(ctx, cfg, gan.RunOptions{Dir: "run", Sheet: figures.Sheet, Draw: figures.Draw})
//
// [Grid] and [Scatter] draw samples of any origin.
//
// # A further figure
//
// A figure is a function in a file of its own from samples or metrics to a type of package report or
// an image, and a file that [Draw] writes.
package figures

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/report"
)

// Sheet writes samples of a run as sheets/STEP.png and samples.png to its folder.
func Sheet(dir string, s gan.Sheet) error {
	c, err := gan.FolderConfig(dir)
	if err != nil {
		return err
	}
	picture, err := drawn(c, s)
	if err != nil {
		return err
	}
	data, err := encode(picture)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(dir, gan.SheetFolder), 0o755); err != nil {
		return err
	}
	for _, path := range []string{SheetPath(dir, s.Step), filepath.Join(dir, gan.SheetFile)} {
		if err := write(path, data); err != nil {
			return err
		}
	}
	return nil
}

// SheetPath returns the file of the sheet of a step.
func SheetPath(dir string, step int) string {
	return filepath.Join(dir, gan.SheetFolder, fmt.Sprintf("%06d.png", step))
}

// Draw writes growth.gif and curve.svg to the folder of a run, and critic.svg where the data are
// points of the plane.
func Draw(dir string, r gan.Result) error {
	if err := report.WriteFigure(filepath.Join(dir, gan.CurveFile), Curve(r.Config, r.Metrics)); err != nil {
		return err
	}
	if set, ok := gan.PointSetOf(r.Config.Data); ok && set.Dimensions == 2 {
		sheet, err := Landscape([]string{dir}, 1)
		if err != nil {
			return err
		}
		if err := report.WriteFigure(filepath.Join(dir, gan.LandscapeFile), sheet); err != nil {
			return err
		}
	}
	return Animate(dir)
}
