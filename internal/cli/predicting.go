package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/task"
)

// prediction is what gradreg predict prints for an image.
type prediction struct {
	Image         string             `json:"image"`
	Class         string             `json:"class"`
	Probability   float64            `json:"probability"`
	Probabilities map[string]float64 `json:"probabilities"`
	Top           []ranked           `json:"top"`
}

// ranked is a class with its probability.
type ranked struct {
	Class       string  `json:"class"`
	Probability float64 `json:"probability"`
}

// unanswered is what is printed of an image that cannot be read.
type unanswered struct {
	Image string `json:"image"`
	Error string `json:"error"`
}

// predicting classifies pictures batch by batch: however many there are, it holds the images of one
// batch.
type predicting struct {
	app     *app
	model   *classify.SavedModel
	options *predictOptions
	waiting []string // paths of the batch to come
	printed []any    // the lines so far, where they are printed once more at the end
	count   int      // lines printed
	failed  int
	first   error // of the first picture that failed
}

// isFolder reports whether a path is that of a folder.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// all classifies pictures and those in folders.
func (p *predicting) all(ctx context.Context, names []string) error {
	for _, name := range names {
		if !isFolder(name) {
			if err := p.add(ctx, name); err != nil {
				return err
			}
			continue
		}
		before := p.count + len(p.waiting)
		var skipped error
		var out leftOut
		err := folder.EachPicture(name, func(path string) error { return p.add(ctx, path) }, func(
			path string, err error,
		) {
			if skipped == nil { // before those that wait, their order is that of the walk
				skipped = p.flush(ctx)
			}
			if skipped == nil {
				skipped = p.fail(path, fmt.Errorf("%s: %w", path, err))
			}
		}, out.add)
		if text := out.String(); text != "" {
			p.app.note(foreign.Line(name) + ": " + text)
		}
		switch {
		case err != nil:
			return err
		case skipped != nil:
			return skipped
		case p.count+len(p.waiting) == before:
			if err := p.flush(ctx); err != nil {
				return err
			}
			if err := p.fail(name, fault.Inputf("%s: found no picture in the folder", name)); err != nil {
				return err
			}
		}
	}
	return p.flush(ctx)
}

// add puts a picture into the batch to come.
func (p *predicting) add(ctx context.Context, path string) error {
	p.waiting = append(p.waiting, path)
	if len(p.waiting) < predictBatch {
		return nil
	}
	return p.flush(ctx)
}

// flush classifies the pictures that wait.
func (p *predicting) flush(ctx context.Context) error {
	paths := p.waiting
	p.waiting = nil
	if len(paths) == 0 {
		return nil
	}
	images, errs := p.model.DecodeFiles(ctx, paths, p.options.invert)
	if err := ctx.Err(); err != nil {
		return err
	}
	var readable [][]byte
	for _, image := range images {
		if image != nil {
			readable = append(readable, image)
		}
	}
	answers, err := p.model.PredictAll(readable)
	if err != nil {
		return err
	}
	for i, path := range paths {
		if images[i] == nil {
			err = p.fail(path, errs[i])
		} else {
			err = p.answer(path, answers[0])
			answers = answers[1:]
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// answer prints the answer to a picture.
func (p *predicting) answer(path string, probabilities []float64) error {
	if p.model.Learned() != (task.Classification{}) {
		v := newTaskPrediction(path, p.model.ModelInfo, probabilities)
		return p.print("prediction", v, foreign.Line(path+": "+v.line(p.model.Classes))+"\n")
	}
	v := newPrediction(path, p.model.Classes, probabilities, p.options.top)
	return p.print("prediction", v, foreign.Line(path+": "+v.line())+"\n")
}

// fail tells that a picture has no answer. Of one alone the command's error says so.
func (p *predicting) fail(path string, err error) error {
	p.failed++
	switch {
	case p.first == nil:
		p.first = err
	case !p.app.json:
		if p.failed == 2 {
			fmt.Fprintf(p.app.err, "gradreg: %s\n", p.app.message(p.first))
		}
		fmt.Fprintf(p.app.err, "gradreg: %s\n", p.app.message(err))
	}
	return p.print("unanswered", unanswered{path, p.app.message(err)}, "")
}

// print prints what became of a picture: a line of text, a line of JSON, or an element of an array.
func (p *predicting) print(kind string, v any, text string) error {
	p.count++
	switch {
	case !p.app.json:
		_, err := fmt.Fprint(p.app.out, text)
		return err
	case p.app.lines:
		p.printed = append(p.printed, v)
		return p.app.writeLine(kind, v)
	}
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	before := ","
	if p.count == 1 {
		before = "["
	}
	_, err = fmt.Fprintf(p.app.out, "%s%s", before, data)
	return err
}

// end prints what stands behind the last picture, and returns the error of those without an answer.
func (p *predicting) end() error {
	switch {
	case p.app.lines:
		if err := p.app.writeLine("result", p.printed); err != nil {
			return err
		}
	case p.app.json:
		fmt.Fprintln(p.app.out, "]")
	}
	if p.failed < 2 {
		return p.first
	}
	return fault.Inputf("%d of %d pictures have no answer", p.failed, p.count)
}

func newPrediction(image string, classes []string, probabilities []float64, top int) prediction {
	p := prediction{Image: image, Probabilities: map[string]float64{}}
	for k, v := range probabilities {
		p.Probabilities[classes[k]] = v
		p.Top = append(p.Top, ranked{classes[k], v})
	}
	slices.SortStableFunc(p.Top, func(x, y ranked) int {
		return cmp.Compare(y.Probability, x.Probability)
	})
	p.Top = p.Top[:min(top, len(p.Top))]
	p.Class, p.Probability = p.Top[0].Class, p.Top[0].Probability
	return p
}

// line lists the most probable classes.
func (p prediction) line() string {
	var parts []string
	for _, r := range p.Top {
		parts = append(parts, fmt.Sprintf("%s %.1f %%", r.Class, 100*r.Probability))
	}
	return strings.Join(parts, ", ")
}
