package gan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/build"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/tensorfile"
	"github.com/gradreg/gradreg/model/generative"
	"github.com/gradreg/gradreg/nn"
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

// Sheet is what a generator makes of the same noise at a step.
type Sheet struct {
	Step    int
	Shape   []int
	Count   int
	Samples []float32 // [Count, shape…], not clamped
}

// SheetSize is the number of samples of a sheet.
const SheetSize = 64

// Metrics is a line of metrics.jsonl.
type Metrics struct {
	Step int `json:"step"`
	// Means since the last line, of the critic over the last turn of each step, of a penalty over the
	// steps that took it. Their levels mean little: see Watch.
	CriticLoss    float64            `json:"critic_loss"`
	GeneratorLoss float64            `json:"generator_loss"`
	Penalties     map[string]float64 `json:"penalties,omitempty"`
	Watch
	// Memorizing is (mean D(training) − mean D(held out))/(mean D(training) − mean D(generated)), 0
	// where the critic tells them as little apart as it can and 1 where held-out images are to it as
	// generated ones (r_v of Karras et al. 2020, equation 1). It is left out where the critic does not
	// tell training from generated images apart.
	Memorizing      *float64 `json:"memorizing,omitempty"`
	Clamped         float64  `json:"clamped"` // share of generated values outside −1 … 1, of images
	LearningRate    float64  `json:"learning_rate"`
	ImagesPerSecond float64  `json:"images_per_second"`
	Seconds         float64  `json:"seconds"`
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
		return fmt.Errorf("%w: %w", ErrInterrupted, err)
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
	if r.engine, err = engine.Native(engine.Options{Threads: r.Threads}); err != nil {
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
			err = fmt.Errorf("%w: %w", ErrInterrupted, ctx.Err())
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

// macs returns the multiply-adds of a step, in the mean over the run: penalties may take turns.
func (r *run) macs() int { return r.allMACs() / r.config.Steps }

// allMACs returns the multiply-adds of the run.
func (r *run) allMACs() int {
	t, c := r.training, r.config
	turns := c.Steps * c.CriticSteps
	of := func(n int) (sum int) { // of the critic's first n turns
		for turn := 1; turn <= n; turn++ {
			sum += r.program.MACs(t.Critic.At(turn))
		}
		return sum
	}
	period := t.Critic.Period()
	critic := of(turns % period)
	if whole := turns / period; whole > 0 {
		critic += whole * of(period)
	}
	return critic + turns*r.program.MACs(t.imagineStep()) + c.Steps*r.program.MACs(t.firstGenerator())
}

// count adds up what a step came to.
func (r *run) count(step int, values [][]float64) {
	add := func(i int, v float64) { r.progress.sums[i] += v; r.progress.counts[i]++ }
	add(0, values[0][0])
	add(1, values[1][0])
	for i := range r.training.Critic.Terms {
		if r.taken(i, step) {
			add(2+i, values[0][1+i]) // the last one that a turn took
		}
	}
}

// taken reports whether one of the critic's turns of a step takes a penalty.
func (r *run) taken(term, step int) bool {
	n := r.config.CriticSteps
	for turn := (step-1)*n + 1; turn <= step*n; turn++ {
		if r.training.Critic.Active(term, turn) {
			return true
		}
	}
	return false
}

// notFinite names the parameters that are not finite, those of the network first that has fewer: there
// it began. It is empty if all are finite.
func (r *run) notFinite() (string, error) {
	var networks [][]string
	for _, name := range []string{GeneratorScope, CriticScope, AverageScope} {
		var names []string
		err := r.training.Params.Scope(name).Each(r.program, func(p *nn.Param, values []float32) error {
			if !(tensorfile.Tensor{F32: values}).Finite() {
				names = append(names, p.Name)
			}
			return nil
		})
		if err != nil {
			return "", err
		}
		networks = append(networks, names)
	}
	slices.SortStableFunc(networks, func(a, b []string) int { return cmp.Compare(len(a), len(b)) })
	names := slices.Concat(networks...)
	if most := 4; len(names) > most {
		names = append(names[:most:most], fmt.Sprintf("and %d more", len(names)-most))
	}
	return strings.Join(names, ", "), nil
}

// diverged says of a divergence in the step after the last one which parameters it is in.
func (r *run) diverged(err error) error {
	if !errors.As(err, new(train.Divergence)) {
		return err
	}
	names, failed := r.notFinite()
	if failed != nil || names == "" {
		return err
	}
	return train.NewDivergence(fmt.Errorf("step %d: not finite are %s: %w", r.progress.step+1, names, err))
}

// good returns an error if a parameter is not finite: the state and the generator that were saved
// last are to stay.
func (r *run) good() error {
	names, err := r.notFinite()
	if err != nil || names == "" {
		return err
	}
	return train.NewDivergence(fmt.Errorf("step %d: not finite are %s; try a lower learning rate or λ",
		r.progress.step, names))
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

// sheetDue reports whether a sheet is due: often at first, when most happens.
func (r *run) sheetDue(step int) bool {
	every := r.config.SheetEvery
	if every == 0 {
		return false
	}
	if step < every { // 1/2, 1/4, … 1/16 of the first interval
		for part := 2; part <= 16; part *= 2 {
			if every%part == 0 && step == every/part {
				return true
			}
		}
	}
	return step%every == 0
}

// log writes a line of metrics.
func (r *run) log(step int) error {
	m := Metrics{Step: step, Penalties: map[string]float64{}}
	of := func(i int) float64 { return r.progress.sums[i] / r.progress.counts[i] }
	m.CriticLoss, m.GeneratorLoss = of(0), of(1)
	for i, term := range r.training.Critic.Terms {
		if r.progress.counts[2+i] > 0 {
			m.Penalties[term.Name] = of(2 + i)
		}
	}
	clear(r.progress.sums)
	clear(r.progress.counts)
	if err := r.watch(step, &m); err != nil {
		return err
	}
	m.LearningRate, m.Seconds, m.ImagesPerSecond = r.rate(step), r.progress.seconds, r.imagesPerSecond()
	if !m.Watch.finite() {
		return train.NewDivergence(fmt.Errorf("the critic's scores or slopes at step %d are not finite: %+v; "+
			"try a lower learning rate", step, m.Watch))
	}
	r.latest = &m
	if r.journal == nil {
		return nil
	}
	return r.journal.Append(m)
}

// watch fills in what the critic says of training, held-out and generated samples.
func (r *run) watch(step int, m *Metrics) error {
	t, b := r.training, r.config.Batch
	look := func(samples func(first, n int, dst []float32), most int) (Watch, error) {
		samples((step*b)%max(most, 1), b, r.probe)
		if err := r.program.Write(t.Real, r.probe); err != nil {
			return Watch{}, err
		}
		return t.Watch(r.program, r.config.Seed, step)
	}
	var err error
	if m.Watch, err = look(r.data.Trained, r.data.trainLen()); err != nil {
		return err
	}
	if r.data.Train != nil && r.data.HeldOutLen() > 0 { // points are never seen again
		held, err := look(r.data.HeldOut, r.data.HeldOutLen())
		if err != nil {
			return err
		}
		if v := (m.RealScore - held.RealScore) / m.Gap; m.Gap > 0 && !math.IsInf(v, 0) {
			m.Memorizing = &v
		}
	}
	if len(r.data.Shape) == 3 {
		if err := r.program.Read(t.Fake, r.probe); err != nil {
			return err
		}
		outside := 0
		for _, v := range r.probe {
			if v < -1 || v > 1 {
				outside++
			}
		}
		m.Clamped = float64(outside) / float64(len(r.probe))
	}
	return nil
}

// info describes the generator as it stands.
func (r *run) info() GeneratorInfo {
	return GeneratorInfo{
		Network: r.config.Network, Noise: r.config.Noise, Shape: r.data.Shape, Data: r.config.Data,
		Classes: r.data.Classes, Steps: r.progress.step, DataDigest: r.data.Digest,
	}
}

// generator compiles the averaged generator as it stands.
func (r *run) generator() (*Generator, error) {
	scope := r.training.Params.Scope(AverageScope)
	byName := map[string]func() ([]float32, error){}
	for _, p := range scope.All() {
		byName[p.Name[len(scope.Prefix()):]] = func() ([]float32, error) {
			values := make([]float32, p.Expr.Shape().Size())
			return values, r.program.Read(p.Expr, values)
		}
	}
	return newGenerator(r.info(), r.parts.pair, r.engine, func(name string) ([]float32, error) {
		if byName[name] == nil {
			return nil, fmt.Errorf("gan: no average of %q", name)
		}
		return byName[name]()
	})
}

// sheet writes the generator file, and shows samples of it.
func (r *run) sheet(step int) error {
	g, err := r.generator()
	if err != nil {
		return err
	}
	defer g.Close()
	s := Sheet{Step: step, Shape: r.data.Shape, Count: SheetSize, Samples: make([]float32, SheetSize*r.data.size())}
	if len(r.data.Shape) == 1 {
		s.Count = 2048
		s.Samples = make([]float32, s.Count*r.data.size())
	}
	if err := g.Sample(r.config.Seed, 0, s.Count, s.Samples); err != nil {
		return err
	}
	if r.Dir != "" {
		scope := r.training.Params.Scope(AverageScope)
		if err := writeGenerator(
			r.path(GeneratorFile), r.info(), scope.All(), scope.Prefix(), r.program.Read,
		); err != nil {
			return err
		}
	}
	if r.Sheet == nil {
		return nil
	}
	return r.Sheet(r.Dir, s)
}

// finish draws and writes the result.
func (r *run) finish() (Summary, error) {
	c := r.config
	s := Summary{
		Version: build.Current().Version, Data: c.Data, DataDigest: r.data.Digest, Network: c.Network,
		Objective: c.Objective, Regularize: c.Regularizers, Seed: c.Seed, Steps: c.Steps, Seconds: r.progress.seconds,
		MACs: r.allMACs(), Kernels: r.engine.Name(),
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

// Cost returns the multiply-adds of a step of a run.
func Cost(ctx context.Context, c Config, o RunOptions) (int, error) {
	if err := fault.NoContext(ctx); err != nil {
		return 0, err
	}
	o.Dir, o.Resume = "", false
	r := &run{RunOptions: o, config: c}
	defer r.close()
	if err := r.prepare(ctx); err != nil {
		return 0, err
	}
	return r.macs(), nil
}
