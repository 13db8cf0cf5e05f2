package classify

import (
	"context"
	"path/filepath"

	"github.com/gradreg/gradreg/internal/fault"
)

// Evaluation is what a finished run's model is worth on the run's test images.
type Evaluation struct {
	Config Config
	Outcome
}

// Evaluate answers the test images of a finished run again, of any task, with the model of its
// folder: the official test images, under the paper's protocol those that it held out, normalized
// as in the run. Of the options it uses DataDirs and Threads.
func Evaluate(ctx context.Context, dir string, opt Options) (Evaluation, error) {
	if err := fault.NoContext(ctx); err != nil {
		return Evaluation{}, err
	}
	o, err := OpenRun(ctx, dir, opt)
	if err != nil {
		return Evaluation{}, err
	}
	return o.Evaluate()
}

// Evaluate loads the model and answers the test images.
func (o *Opened) Evaluate() (Evaluation, error) {
	m, e, err := o.evaluate()
	if err != nil {
		return e, err
	}
	defer m.Close()
	return e, nil
}

// evaluate is [Opened.Evaluate], and leaves the model.
func (o *Opened) evaluate() (m *SavedModel, e Evaluation, err error) {
	r := o.run
	if m, err = load(r.path(ModelFile), o.arch, evalBatchOf(o.Card.shape()), r.Threads); err != nil {
		return nil, e, err
	}
	e.Config = o.Config
	e.Outcome = Outcome{Title: o.Config.Title(), Classes: m.Classes, Test: r.test, Task: r.task}
	tables := r.images(r.test).Normalizer.Tables()
	if r.hasClasses() {
		e.Logits, err = m.answers(r.test, tables)
	} else {
		e.Answers, err = m.taskAnswers(r.test, tables)
	}
	if err != nil {
		m.Close()
	}
	if o.other != "" {
		e.Title += "\ntested on " + filepath.Base(o.other)
	}
	return m, e, err
}
