package classify

import (
	"encoding/json"
	"slices"

	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/build"
	"github.com/gradreg/gradreg/train"
)

// finish evaluates the model on the test images, once, and writes the results.
func (r *run) finish() (Summary, error) {
	if err := r.useBest(); err != nil {
		return Summary{}, err
	}
	if err := r.classifier.load(r.engine); err != nil {
		return Summary{}, err
	}
	outcome := Outcome{Task: r.task, Title: r.config.Title(), Classes: r.data.Classes, Test: r.test}
	s, err := r.tested(&outcome)
	if err != nil {
		return Summary{}, err
	}
	if s.Dir == "" {
		return s, nil
	}
	return s, r.writeResults(s, outcome)
}

// tested evaluates the model on the test images and describes the run. It fills in the outcome's
// answers.
func (r *run) tested(outcome *Outcome) (Summary, error) {
	s := r.described()
	tables := r.tables(r.test)
	var err error
	if !r.hasClasses() {
		if outcome.Answers, err = r.classifier.taskAnswers(r.test, tables, r.scale); err != nil {
			return s, err
		}
		m, err := outcome.Answers.Judge(r.task)
		s.TestImages, s.Task = m.Samples, r.config.Task
		s.TaskResult = &TaskResult{m.Loss, m.Quality, m.Name}
		return s, err
	}
	if outcome.Logits, err = r.classifier.answers(r.test, tables); err != nil {
		return s, err
	}
	score := outcome.Logits.Score()
	s.TestAccuracy, s.TestErrorCount = score.Accuracy(), score.Errors
	s.TestNLL, s.TestImages = score.NLL(), score.Images
	s.Detail = outcome.Detail()
	return s, nil
}

// described returns the summary less what the test images say.
func (r *run) described() Summary {
	s := Summary{
		Steps: r.progress.step, Seconds: r.progress.seconds, Extended: r.config.Extended,
		ImagesPerSecond: train.Rate(float64(r.progress.step*r.config.Batch), r.progress.seconds), Seed: r.config.Seed,
		Data: r.config.Data.String(), DataDigest: r.digest, TestDigest: testDigest(r.test),
		OwnFiles: r.ownFiles(), TrainSize: r.config.TrainSize, Model: r.config.Model,
		Parameters:   r.parameters(),
		Regularizers: r.config.Regularizers, Note: r.config.Note, Choices: r.config.Choices,
		Augment: r.config.Augment, Convolution: r.config.Convolution,
		DataWaitFraction: train.Rate(r.loop.Waited.Seconds(), r.loop.Worked.Seconds()),
		Threads:          r.Threads, CPU: r.on.Name(), Dir: r.Dir,
		Version: build.Current().Version, Commit: build.Current().Commit, Machine: build.Machine(),
	}
	if r.hasClasses() {
		s.DevAccuracy = r.devScore
	} else {
		s.DevQuality = r.devScore
	}
	if r.frozen != nil {
		s.Head = &r.frozen.fit
	}
	if len(r.progress.origins) > 1 {
		s.Origins = r.progress.origins
	}
	if s.Steps < r.config.Steps {
		s.PlannedSteps = r.config.Steps
	}
	if s.Epochs = r.config.Epochs; len(s.Extended) > 0 {
		s.Epochs = 0
	}
	if r.config.keepsBest() {
		s.BestStep = r.progress.best.step
	}
	if s.Steps < r.config.end() && r.exhausted(s.Steps) {
		s.Exhausted = r.whyExhausted()
	}
	return s
}

// parameters returns the number of trainable scalars, of a frozen network as if they were.
func (r *run) parameters() int {
	if r.frozen != nil {
		return r.frozen.count
	}
	return r.engine.Params.Count()
}

// saveModel writes what the run came to.
func (r *run) saveModel(card ModelInfo) error {
	if r.frozen == nil {
		return saveModel(r.path(ModelFile), r.engine.Params, r.engine.program, card)
	}
	c, err := r.frozenModel()
	defer c.close()
	if err != nil {
		return err
	}
	return saveModel(r.path(ModelFile), c.params, c.program, card)
}

// ownFiles lists the files of a data set with a name that are not the published ones.
func (r *run) ownFiles() []string {
	train, test, err := r.data.Parts()
	if err != nil { // they were read before the first step
		return nil
	}
	return slices.Concat(train.Own, test.Own)
}

// writeResults writes the files of a finished run, the summary last.
func (r *run) writeResults(s Summary, o Outcome) error {
	shape := r.data.Shape
	card := ModelInfo{
		Model: r.config.Model, Data: r.config.Data.String(), Classes: r.data.Classes,
		Channels: shape.C, Height: shape.H, Width: shape.W, Fit: r.config.Fit, Normalizer: r.normalizer,
		DataDigest: r.digest, TestDigest: testDigest(r.test), Task: r.config.Task, Targets: r.scale,
		Convolution: r.config.Convolution,
	}
	if err := r.saveModel(card); err != nil {
		return err
	}
	metrics, err := ReadMetrics(r.path(metricsFile))
	if err != nil {
		return err
	}
	if r.Draw != nil {
		if err := r.Draw(r.Dir, Result{
			Config: r.config, Metrics: metrics, Outcome: o, Head: s.Head,
		}); err != nil {
			return err
		}
	}
	if err := r.writePictures(); err != nil {
		return err
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(r.path(summaryFile), append(data, '\n'))
}
