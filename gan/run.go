package gan

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/build"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model/generative"
	"github.com/gradreg/gradreg/runfolder"
	"github.com/gradreg/gradreg/train"
)

// RunOptions are what a run needs beside its configuration; none of them changes its numbers.
type RunOptions struct {
	// Dir is the run folder; empty means that nothing is written. Number makes it Dir-2, Dir-3, …
	// where it is taken, and Resume goes on with the run in it.
	Dir            string
	Number, Resume bool
	// DataDirs are the folders to look for data sets in, as [dataset.Open] takes them.
	DataDirs []string
	Reading  func(folder.Progress) // is called while a folder of pictures is read
	Threads  int                   // 0 means one per processor
	Started  func(Start)
	Stepped  func(Progress)
	// Sheet is called with samples of fixed noise of the averaged generator, before the first step and
	// every so many. An error ends the run.
	Sheet func(dir string, s Sheet) error
	// Draw draws what a run shows into its folder at its end, before the result is written.
	Draw func(dir string, r Result) error
	Now  func() time.Time // time.Now if nil
}

// Start tells what a run is before its first step.
type Start struct {
	Config     Config
	Dir        string
	Data       *Data
	Step       int // steps that were taken before
	Parameters struct{ Generator, Critic int }
	// MACs are the multiply-adds of a step: the critic's times their number, and the generator's.
	MACs    int
	Bytes   int
	Threads int
	CPU     string
}

// Progress tells where a run is.
type Progress struct {
	Step, Steps     int
	Latest          *Metrics // the last line, nil before the first
	ImagesPerSecond float64  // real images that the critic sees
	Remaining       time.Duration
}

// Summary is the result of a run.
type Summary struct {
	Version    string   `json:"version"`
	Data       string   `json:"data"`
	DataDigest string   `json:"data_digest,omitempty"`
	Network    string   `json:"network"`
	Objective  string   `json:"objective"`
	Regularize []string `json:"regularizers"`
	Seed       uint64   `json:"seed"`
	Steps      int      `json:"steps"`
	Seconds    float64  `json:"seconds"`
	MACs       int      `json:"multiply_adds"` // of the whole run
	Last       Metrics  `json:"last"`
	Kernels    string   `json:"kernels"`
	// Convolution is that of the configuration, where it is not auto.
	Convolution engine.Convolution `json:"convolution,omitempty"`
}

// Result is a finished run.
type Result struct {
	Config  Config
	Summary Summary
	Metrics []Metrics
}

// ErrInterrupted is the error of a run whose context ended; its folder holds all that it needs to go
// on.
var ErrInterrupted = errors.New("interrupted")

// interruption is ErrInterrupted with what ended the context.
type interruption struct{ err error }

func (interruption) Error() string     { return ErrInterrupted.Error() }
func (i interruption) Unwrap() []error { return []error{ErrInterrupted, i.err} }

// run is a run in progress.
type run struct {
	RunOptions
	config   Config
	parts    parts
	data     *Data
	training *Training
	engine   engine.Engine
	program  engine.Program
	folder   *runfolder.Folder
	journal  *runfolder.Journal
	progress progress
	loop     train.Loop
	latest   *Metrics
	probe    []float32 // samples to watch
}

// Run trains a generator and its critic. When the context ends it finishes the step, saves, and
// returns an error that is [ErrInterrupted] and wraps the context's. Numbers that are no longer
// finite end it with an error that names what and when ([train.Divergence]); the last checkpoint
// stays.
func Run(ctx context.Context, c Config, o RunOptions) (Summary, error) {
	if err := fault.NoContext(ctx); err != nil {
		return Summary{}, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	r := &run{RunOptions: o, config: c}
	defer r.close()
	if err := r.prepare(ctx); err != nil {
		return Summary{}, err
	}
	s, err := r.train(ctx)
	if o.Dir != "" {
		err = fault.Late(err)
	}
	return s, err
}

func (r *run) close() {
	if r.program != nil {
		r.program.Close()
	}
	r.journal.Close()
	r.folder.Close()
}

// prepare does everything that can fail before the first step.
func (r *run) prepare(ctx context.Context) (err error) {
	if r.Resume {
		recorded, err := FolderConfig(r.Dir)
		if err != nil {
			return err
		}
		if s, err := FolderSummary(r.Dir); err == nil {
			return fault.Inputf("%s holds a finished run of %d steps", r.Dir, s.Steps)
		}
		dir := r.config.DataDir
		if r.config = recorded; dir != "" {
			r.config.DataDir = dir
		}
	}
	if r.parts, err = r.config.resolve(); err != nil {
		return err
	}
	if r.data, err = OpenData(ctx, &r.config, r.RunOptions); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return interruption{err}
	}
	if r.parts.pair, err = generative.Parse(r.config.Network, r.data.Shape); err != nil {
		return fault.Input(err)
	}
	r.config.Network = r.parts.pair.String()
	options := Options{
		Pair: r.parts.pair, Shape: r.data.Shape, Noise: r.config.Noise, Batch: r.config.Batch,
		Objective: r.parts.objective, Regularizers: r.parts.regularizers,
		Critic: r.parts.optimizer, Generator: r.parts.optimizer, Steps: r.config.Steps,
		CriticSteps: r.config.CriticSteps,
	}
	if r.config.Augment != "" {
		if len(r.data.Shape) != 3 {
			return fault.Inputf("augment is %q, but %s are points, expected images", r.config.Augment, r.config.Data)
		}
		options.Augment = r.parts.augment.Apply
	}
	if r.training, err = NewTraining(options); err != nil {
		return err
	}
	native := engine.Options{Threads: r.Threads, Convolution: r.config.Convolution}
	if r.engine, err = engine.Native(native); err != nil {
		return err
	}
	if r.program, err = r.engine.Compile(r.training.Steps()...); err != nil {
		return err
	}
	if err := r.training.Initialize(r.program, r.config.Seed); err != nil {
		return err
	}
	r.probe = make([]float32, r.config.Batch*r.data.size())
	return r.openFolder()
}

// rate returns the learning rate of a step of the generator.
func (r *run) rate(step int) float64 {
	return r.config.LearningRate * r.parts.schedule.At(step, r.config.Steps)
}

// train takes the steps that are left and writes the result.
func (r *run) train(ctx context.Context) (Summary, error) {
	t, c := r.training, r.config
	r.start()
	turns := c.CriticSteps + 1 // batches of a step: the critic's, and that of the generator
	batch := make([]float32, c.Batch*r.data.size())
	feed := train.NewFeed(&batch, func(turn int, b *[]float32) { r.data.Fill(turn, c.Batch, *b) })
	defer feed.Close()
	if r.progress.step < c.Steps {
		feed.Start(r.progress.step * turns)
	}
	next := func(more bool) error {
		return feed.Next(func(b *[]float32) error { return r.program.Write(t.Real, *b) }, more)
	}
	critic := &train.Learner{
		Training: t.Critic, Program: r.program, Seed: c.Seed,
		Rate:    func(turn int) float64 { return r.rate((turn-1)/c.CriticSteps + 1) },
		Planned: func(int) int { return c.Steps * c.CriticSteps },
	}
	generator := &train.Learner{
		Training: t.Generator, Program: r.program, First: t.firstGenerator(), Seed: c.Seed,
		Rate: r.rate, Planned: func(int) int { return c.Steps },
	}
	r.loop = train.Loop{Now: r.Now, Phases: []train.Phase{
		{Learner: critic, Times: c.CriticSteps, Feed: func(turn int, _ bool) error {
			if err := next(true); err != nil { // the generator's batch is yet to come
				return err
			}
			return t.Imagine(r.program, c.Seed, turn)
		}},
		{Learner: generator, Feed: func(step int, more bool) error {
			share := AverageShare(c.HalfLife, c.Ramp, step, c.Batch)
			if err := engine.WriteScalar(r.program, t.average, float32(share)); err != nil {
				return err
			}
			return next(more)
		}},
	}}
	before := r.progress.seconds
	r.loop.After = func(step int, values [][]float64) error {
		r.progress.step, r.progress.seconds = step, before+r.loop.Worked.Seconds()
		r.count(step, values)
		return r.after(step)
	}
	if r.progress.step == 0 {
		if err := r.sheet(0); err != nil {
			return Summary{}, err
		}
	}
	if err := r.loop.Run(ctx, r.progress.step, c.Steps); err != nil {
		if errors.Is(err, train.ErrStopped) {
			if err := r.good(); err != nil {
				return Summary{}, err
			}
			if err := r.save(); err != nil {
				return Summary{}, err
			}
			err = interruption{ctx.Err()}
		}
		return Summary{}, r.diverged(err)
	}
	return r.finish()
}

// start tells what the run is.
func (r *run) start() {
	if r.Started == nil {
		return
	}
	s := Start{
		Config: r.config, Dir: r.Dir, Data: r.data, Step: r.progress.step, MACs: r.macs(), Bytes: r.program.Bytes(),
		Threads: cmp.Or(r.Threads, runtime.GOMAXPROCS(0)), CPU: r.engine.Name(),
	}
	s.Parameters.Generator, s.Parameters.Critic = r.training.Generator.Params.Count(), r.training.Critic.Params.Count()
	r.Started(s)
}

// after does what is due after a step.
func (r *run) after(step int) error {
	c := r.config
	last := step == c.Steps
	log, sheet, save := step%c.LogEvery == 0 || last, r.sheetDue(step) || last, step%c.CheckpointEvery == 0 || last
	if log || sheet || save {
		if err := r.good(); err != nil {
			return err
		}
	}
	if log {
		if err := r.log(step); err != nil {
			return err
		}
	}
	if sheet {
		if err := r.sheet(step); err != nil {
			return err
		}
	}
	if save {
		if err := r.save(); err != nil {
			return err
		}
	}
	if r.Stepped != nil {
		r.Stepped(Progress{
			Step: step, Steps: c.Steps, Latest: r.latest,
			ImagesPerSecond: r.imagesPerSecond(),
			Remaining:       r.loop.Meter.Remaining(c.Steps - step),
		})
	}
	return nil
}

func (r *run) imagesPerSecond() float64 {
	return r.loop.Meter.PerSecond() * float64(r.config.Batch*r.config.CriticSteps)
}

// finish draws and writes the result.
func (r *run) finish() (Summary, error) {
	c := r.config
	s := Summary{
		Version: build.Current().Version, Data: c.Data, DataDigest: r.data.Digest, Network: c.Network,
		Objective: c.Objective, Regularize: c.Regularizers, Seed: c.Seed, Steps: c.Steps, Seconds: r.progress.seconds,
		MACs: r.allMACs(), Kernels: r.engine.Name(), Convolution: c.Convolution,
	}
	if r.latest != nil {
		s.Last = *r.latest
	}
	if r.Dir == "" {
		return s, nil
	}
	metrics, err := ReadMetrics(r.Dir)
	if err != nil {
		return s, err
	}
	if len(metrics) > 0 {
		s.Last = metrics[len(metrics)-1]
	}
	if r.Draw != nil {
		if err := r.Draw(r.Dir, Result{Config: c, Summary: s, Metrics: metrics}); err != nil {
			return s, err
		}
	}
	return s, r.writeSummary(s)
}
