package evaluation

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/internal/build"
	"github.com/gradreg/gradreg/report"
)

// Page puts everything on one page. command is what made it.
func Page(results []Result, command string) (report.Page, error) {
	first := results[0]
	title := "Evaluation of " + first.Name
	if len(results) > 1 {
		title = fmt.Sprintf("Evaluation of %d runs", len(results))
	}
	p := report.Page{
		Title: title,
		Summary: fmt.Sprintf("%d test images of %s. Intervals are Wilson's at 95 %%; ECE is the expected calibration error of 15 bins.",
			len(first.Logits.Labels), first.Config.Data),
		Sections: []report.Section{{Title: "Accuracy and calibration", Tables: []report.Table{Scores(results)}}},
		Commands: []string{command},
	}
	if len(results) > 1 {
		p.Sections[0].Tables = append(p.Sections[0].Tables, Comparisons(results))
	}
	if first.Curves != nil {
		p.Sections = append(p.Sections, report.Section{
			Title: "Noise and attacks", Text: robustText, Figures: []report.Figure{Robustness(results)}, Tables: Curves(results),
		})
	}
	if first.TestSlopes != nil {
		p.Sections = append(p.Sections, report.Section{Title: "Slopes and margins", Figures: []report.Figure{Histograms(results)}, Tables: []report.Table{Slopes(results)}})
	}
	if first.Gradients != nil {
		s, err := tilesSection("Input gradients", gradientText(first.Test.Shape.C), GradientTiles(results))
		if err != nil {
			return p, err
		}
		p.Sections = append(p.Sections, s)
	}
	for _, r := range results {
		s, err := runSection(r)
		if err != nil {
			return p, err
		}
		p.Sections = append(p.Sections, s)
	}
	for _, r := range results {
		c := r.Config
		regularizers := strings.Join(c.Regularizers, " ")
		if regularizers == "" {
			regularizers = gradreg.None
		}
		p.Facts = append(p.Facts, report.Fact{Name: r.Name, Value: fmt.Sprintf("%s, %d images, seed %d, %s, regularizers %s, %d steps of %d images; %s",
			c.Data, c.TrainSize, c.Seed, c.Model, regularizers, c.Steps, c.Batch, r.Dir)})
	}
	b := build.Current()
	p.Facts = append(p.Facts, report.Fact{Name: "gradreg", Value: strings.TrimSpace(b.Version + " " + b.Commit)})
	return p, nil
}

// gradientText says how gradients are shown.
func gradientText(channels int) string {
	text := "∂L/∂x at test images, each relative to its largest element; ‖∂L/∂x‖ is below. "
	if channels == 3 {
		return text + "Each channel around a middle grey: lighter where the loss rises with it."
	}
	return text + "Orange: the loss rises with the pixel; blue: it falls."
}

const robustText = "Noise is added to pixels in [0, 1] and clipped to that range. FGSM takes one step to the edge of the ball; PGD takes steps of 2.5·ε/steps " +
	"from random points, and every point on its way counts. An image that a smaller ball breaks counts as broken in a larger one."

// tilesSection makes a section of a sheet of pictures.
func tilesSection(title, text string, t report.Tiles) (report.Section, error) {
	png, err := t.PNG()
	return report.Section{Title: title, Pictures: []report.Picture{{PNG: png, Caption: text}}}, err
}

// runSection shows what belongs to one run.
func runSection(r Result) (report.Section, error) {
	s, err := tilesSection(r.Name, "The most wrong test images: those with the highest loss, their true class and the predicted one with their probabilities.", r.Worst())
	s.Tables, s.Figures = []report.Table{Classes(r.Detail())}, []report.Figure{r.Outcome.Confusion()}
	return s, err
}

// WritePictures writes all pictures to a folder: confusion.svg, worst.png and worst.csv, of several runs each with the run's name
// before it, and what was asked of robustness.svg, slopes.svg and gradients.png.
func WritePictures(dir string, results []Result) error {
	var errs []error
	figure := func(name string, f report.Figure) {
		errs = append(errs, report.WriteFigure(filepath.Join(dir, name), f))
	}
	tiles := func(name string, t report.Tiles) { errs = append(errs, report.WriteTiles(filepath.Join(dir, name), t)) }
	for _, r := range results {
		prefix := ""
		if len(results) > 1 {
			prefix = strings.ReplaceAll(r.Name, string(filepath.Separator), "-") + "-"
		}
		errs = append(errs, r.Outcome.WritePictures(dir, prefix))
	}
	if results[0].Curves != nil {
		figure("robustness.svg", Robustness(results))
	}
	if results[0].TestSlopes != nil {
		figure("slopes.svg", Histograms(results))
	}
	if results[0].Gradients != nil {
		tiles("gradients.png", GradientTiles(results))
	}
	return errors.Join(errs...)
}
