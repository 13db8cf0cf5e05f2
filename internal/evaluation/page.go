package evaluation

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/gradreg/gradreg/classify/figures"
	"github.com/gradreg/gradreg/internal/build"
	"github.com/gradreg/gradreg/report"
)

// Page puts everything on one page: what the runs are, how often they are right and what about,
// then what else was asked. command is what made it.
func Page(results []Result, command string) (report.Page, error) {
	p := report.Page{Title: pageTitle(results), Summary: summary(results), Commands: []string{command}}
	p.Sections = append(
		p.Sections, report.Section{Title: "Settings", Tables: []report.Table{Settings(results)}},
		accuracy(results),
	)
	for _, r := range results {
		s, err := runSection(r, len(results) > 1)
		if err != nil {
			return p, err
		}
		p.Sections = append(p.Sections, s)
	}
	examined, err := examinations(results)
	if err != nil {
		return p, err
	}
	p.Sections = append(p.Sections, examined...)
	for _, r := range results {
		p.Facts = append(p.Facts, report.Fact{Name: r.Name, Value: r.Dir})
	}
	b := build.Current()
	p.Facts = append(p.Facts, report.Fact{Name: "gradreg", Value: strings.TrimSpace(b.Version + " " + b.Commit)})
	return p, nil
}

// pageTitle says what is evaluated.
func pageTitle(results []Result) string {
	if len(results) == 1 {
		return "Evaluation of " + results[0].Name
	}
	return fmt.Sprintf("Evaluation of %d runs", len(results))
}

// summary says in sentences how often the runs are right, and what their differences mean.
func summary(results []Result) string {
	var parts []string
	for i, r := range results {
		text := r.sentence()
		if i == 0 {
			text += fmt.Sprintf(" of %d test images of %s", r.Test.Len(), filepath.Base(tested(r)))
		}
		parts = append(parts, text+".")
	}
	for _, r := range results[1:] {
		parts = append(parts, r.meaning())
	}
	return strings.Join(parts, " ")
}

// sentence says how right a run is.
func (r Result) sentence() string {
	if !r.hasClasses() {
		s := r.scored()
		return fmt.Sprintf(
			"%s has a %s of %s (95 %% interval %s)", r.Name, s.of.Name, s.of.Format(s.Quality),
			s.intervalText(),
		)
	}
	s := r.Logits.Score()
	low, high := s.Interval()
	return fmt.Sprintf(
		"%s is right about %s %% (95 %% interval %s to %s)", r.Name, percent(s.Accuracy()),
		percent(low), percent(high),
	)
}

// tested returns what a run is tested on.
func tested(r Result) string {
	if r.Data != "" {
		return r.Data
	}
	return r.Config.Data.String()
}

// accuracy is the section of what most people look for.
func accuracy(results []Result) report.Section {
	s := report.Section{
		Title: "Accuracy and calibration", Tables: []report.Table{Scores(results)},
		Text: "Intervals are Wilson's at 95 %; NLL is the negative log-likelihood in nats, ECE the " +
			"expected calibration error of 15 bins.",
	}
	if of := results[0].Task; !results[0].hasClasses() {
		s.Title, s.Text = "Scores", targetText(of)
	}
	if len(results) > 1 {
		s.Tables = append(s.Tables, Comparisons(results))
	}
	return s
}

// examinations are the sections of what was asked beside the answers.
func examinations(results []Result) (list []report.Section, err error) {
	first := results[0]
	if first.Curves != nil {
		list = append(list, report.Section{
			Title: "Noise and attacks", Text: robustText, Figures: []report.Figure{
				Robustness(results),
			}, Tables: Curves(results),
		})
	}
	if first.TestSlopes != nil {
		list = append(
			list,
			report.Section{
				Title: "Slopes and margins", Figures: []report.Figure{Histograms(results)},
				Tables: []report.Table{Slopes(results)},
			},
		)
	}
	if first.Gradients != nil {
		s, err := tilesSection("Input gradients", gradientText(first.Test.Shape.C), GradientTiles(results))
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// gradientText says how gradients are shown.
func gradientText(channels int) string {
	text := "∂L/∂x at test images, each relative to its largest element; ‖∂L/∂x‖ is below. "
	if channels == 3 {
		return text + "Each channel around a middle grey: lighter where the loss rises with it."
	}
	return text + "Orange: the loss rises with the pixel; blue: it falls."
}

const robustText = "Noise is added to pixels in [0, 1] and clipped to that range. FGSM takes one " +
	"step to the edge of the ball; PGD takes steps of 2.5·ε/steps " +
	"from random points, and every point on its way counts. An image that a smaller ball breaks " +
	"counts as broken in a larger one."

// tilesSection makes a section of a sheet of pictures.
func tilesSection(title, text string, t report.Tiles) (report.Section, error) {
	png, err := t.PNG()
	return report.Section{Title: title, Pictures: []report.Picture{{PNG: png, Caption: text}}}, err
}

// runSection shows what a run is right and wrong about; of several, named says which.
func runSection(r Result, named bool) (report.Section, error) {
	if !r.hasClasses() {
		return report.Section{Title: r.Name + ": each by itself", Tables: []report.Table{Targets(r)}}, nil
	}
	title := "Classes, confusion and the most wrong pictures"
	if named {
		title = r.Name + ": classes, confusion and the most wrong pictures"
	}
	s := report.Section{Title: title, Text: "Every test image is answered rightly."}
	var err error
	if worst := figures.Worst(r.Outcome); len(worst.List) > 0 {
		s, err = tilesSection(
			title,
			"The most wrong test images: those with the highest loss, their true class and the "+
				"predicted one with their probabilities.",
			worst,
		)
	}
	s.Tables, s.Figures = []report.Table{Classes(r.Detail())}, []report.Figure{figures.Confusion(r.Outcome)}
	return s, err
}

// WritePictures writes all pictures to a folder: confusion.svg, worst.png and worst.csv, of several
// runs each with the run's name before it, and what was asked of robustness.svg, slopes.svg and
// gradients.png.
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
		errs = append(errs, figures.WritePictures(r.Outcome, dir, prefix))
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
