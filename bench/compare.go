package bench

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/tensorfile"
)

// Options say what is measured.
type Options struct {
	Workloads   []string // names; all if empty
	Threads     []int
	Level       string             // of the kernels, one of engine.Levels; that of this process if empty
	Convolution engine.Convolution // auto if empty
	Rounds      int                // how often everything is run in turn
	Seconds     float64            // the least time of one run
	// Environment is the Python environment of the peers, and Scripts the folder of their scripts;
	// no peers if Environment is empty.
	Environment, Scripts string
	Engines              []string // names of peers; all if empty
	// Log, if set, is told what is going on.
	Log func(string)
}

// Validate returns what is wrong with the options.
func (opt Options) Validate() error {
	if opt.Rounds < 1 || !(opt.Seconds > 0) {
		return fmt.Errorf(
			"found %d rounds of %v seconds, expected at least 1 and more than 0", opt.Rounds,
			opt.Seconds,
		)
	}
	for _, n := range opt.Threads {
		if n < 1 {
			return fmt.Errorf("found %d threads, expected at least 1", n)
		}
	}
	if _, err := opt.Convolution.Resolve(); err != nil {
		return err
	}
	return Known(opt.Workloads, opt.Engines)
}

// Row is a measurement.
type Row struct {
	Workload        string  `json:"workload"`
	Method          string  `json:"method"`
	Threads         int     `json:"threads"`
	Engine          string  `json:"engine"`           // gradreg or a peer
	Format          string  `json:"format,omitempty"` // of a peer, as Setting: see Variant
	Setting         string  `json:"setting,omitempty"`
	Version         string  `json:"version"`
	Best            bool    `json:"best,omitempty"`    // of the peers in all variants: the opponent
	Rounds          int     `json:"rounds,omitempty"`  // that were timed; 1 of a peer that was too slow to be the best
	ImagesPerSecond float64 `json:"images_per_second"` // median of the rounds
	Low             float64 `json:"low"`               // of the rounds
	High            float64 `json:"high"`
	GFLOPs          float64 `json:"gflops,omitempty"`        // ours: multiplications and additions per second, 10⁹
	PeakShare       float64 `json:"share_of_peak,omitempty"` // ours: of the register-only peak of the threads
	Bytes           int64   `json:"bytes"`                   // ours: the compiled step; a peer: its process
	Error           string  `json:"error,omitempty"`
}

// contender is an engine with a prepared step.
type contender struct {
	row   Row
	batch int
	run   func(steps int) (seconds float64, err error)
	rate  float64   // images per second when warm
	rates []float64 // of the rounds
}

// tolerance of loss, penalty and weights, relative to their size: both sides add float32 numbers in
// orders of their own, and a penalty of a network with batch norm magnifies that.
const tolerance = 2e-3

// steps is the tolerance of what the step changes in all weights together, in the Euclidean norm,
// relative to the change: the weights themselves hide it. The gradient of a penalty that is left out
// is seen where it is more than that of the whole. Rounding the weights to float32 comes on top.
// Single weights tell less: in the first layer of W3 ReLUs that round to the other side of 0 move
// some by 2 % between two memory formats of one framework.
const (
	steps    = 5e-3
	rounding = 2e-7
)

// Compare measures workloads here and in the peers.
func Compare(ctx context.Context, opt Options) (Measurement, error) {
	if err := fault.NoContext(ctx); err != nil {
		return Measurement{}, err
	}
	begin := time.Now()
	m, err := opt.describe(begin)
	if err != nil {
		return m, err
	}
	for _, threads := range opt.Threads {
		rows, err := opt.compare(ctx, threads)
		m.Rows = append(m.Rows, rows...)
		if err != nil {
			return m, err
		}
	}
	m.Seconds = math.Round(time.Since(begin).Seconds())
	return m, nil
}

// compare measures all workloads with a number of threads.
func (opt Options) compare(ctx context.Context, threads int) (rows []Row, err error) {
	var peers []*Peer
	if opt.Environment != "" {
		if peers, err = StartPeers(opt.Environment, opt.Scripts, opt.Engines, threads); err != nil {
			return nil, err
		}
	}
	defer func() { ClosePeers(peers) }()
	for _, w := range Workloads() {
		if len(opt.Workloads) > 0 && !slices.Contains(opt.Workloads, w.Name) {
			continue
		}
		for _, method := range w.Methods() {
			if ctx.Err() != nil {
				return rows, ctx.Err()
			}
			opt.log(fmt.Sprintf("%s %s, %d threads", w.Name, method, threads))
			more, err := opt.measure(w, method, threads, peers)
			if err != nil {
				return rows, fmt.Errorf("%s %s: %w", w.Name, method, err)
			}
			rows = append(rows, more...)
		}
	}
	return rows, nil
}

func (opt Options) log(line string) {
	if opt.Log != nil {
		opt.Log(line)
	}
}

// measure runs one workload in all engines.
func (opt Options) measure(w Workload, method string, threads int, peers []*Peer) ([]Row, error) {
	s, err := w.newStep(method)
	if err != nil {
		return nil, err
	}
	contents := s.contents(w)
	ours, first, err := opt.own(w, s, method, threads, contents)
	if err != nil {
		return nil, err
	}
	defer ours.close()
	contenders := []*contender{&ours.contender}
	dir, err := os.MkdirTemp("", "gradreg-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "workload.safetensors")
	write := func(out io.Writer) error { return tensorfile.Write(out, contents) }
	if err := atomicfile.Write(file, write); err != nil {
		return nil, err
	}
	for _, p := range peers {
		if !w.runs(p.Engine) {
			continue
		}
		opt.log("  " + p.String())
		contenders = append(contenders, p.contender(w, s, method, threads, file, first))
	}
	if err := opt.race(contenders); err != nil {
		return nil, err
	}
	var rows []Row
	for _, c := range contenders {
		rows = append(rows, c.result())
	}
	markBest(rows)
	level, err := opt.level()
	if err != nil {
		return nil, err
	}
	ours.rate(&rows[0], level, threads)
	return rows, nil
}

// contender prepares a peer for a workload. Its row has an error if it fails, or computes other
// numbers than the first step here.
func (p *Peer) contender(
	w Workload, s *step, method string, threads int, file string, first outcome,
) *contender {
	c := &contender{batch: w.Batch}
	c.row = Row{
		Workload: w.Name, Method: method, Threads: threads, Engine: p.Engine, Format: p.Format,
		Setting: p.Setting, Version: p.Version,
	}
	var names []string
	for _, w := range s.Params.Trainable() {
		names = append(names, w.Name)
	}
	theirs, err := p.prepare(file, method, names)
	if err == nil {
		err = agree(first, theirs)
	}
	if err != nil {
		c.row.Error = err.Error()
	}
	c.run = func(steps int) (float64, error) {
		seconds, peak, err := p.run(steps)
		c.row.Bytes = peak
		return seconds, err
	}
	return c
}

// markBest marks the fastest peer of a cell.
func markBest(rows []Row) {
	best := -1
	for i, r := range rows {
		if r.Engine != engineOurs && r.Error == "" && (best < 0 || r.ImagesPerSecond > rows[best].ImagesPerSecond) {
			best = i
		}
	}
	if best >= 0 {
		rows[best].Best = true
	}
}

// engineOurs names this engine in rows.
const engineOurs = "gradreg"

const (
	warmSteps   = 3
	warmSeconds = 1.0
	// A peer slower than this share of the fastest one when warm cannot be the best and is not
	// timed further, so that the whole takes minutes where a step of one takes seconds.
	hopeless = 0.5
	// Between two engines the threads of the first come to rest.
	pause = 50 * time.Millisecond
)

// race runs the contenders in turn, round by round. A peer that fails on the way says so in its
// row.
func (opt Options) race(contenders []*contender) error {
	fastest := 0.0
	for _, c := range contenders {
		if err := c.warm(); err != nil {
			return err
		}
		if c.row.Engine != engineOurs {
			fastest = max(fastest, c.rate)
		}
	}
	for range opt.Rounds {
		for _, c := range contenders {
			if c.row.Error != "" || c.row.Engine != engineOurs && c.rate < hopeless*fastest {
				continue
			}
			time.Sleep(pause)
			if err := c.time(max(1, int(math.Ceil(opt.Seconds*c.rate/float64(c.batch))))); err != nil {
				return err
			}
		}
	}
	return nil
}

// warm takes some steps twice, fewer if they are slow, and keeps the rate of the second time.
func (c *contender) warm() error {
	for range 2 {
		steps, seconds := 0, 0.0
		for c.row.Error == "" && steps < warmSteps && seconds < warmSeconds {
			more, err := c.run(1)
			if err != nil {
				return c.failed(err)
			}
			steps, seconds = steps+1, seconds+more
		}
		if steps > 0 {
			c.rate = float64(steps*c.batch) / seconds
		}
	}
	return nil
}

// time takes steps and adds their rate.
func (c *contender) time(steps int) error {
	seconds, err := c.run(steps)
	if err != nil {
		return c.failed(err)
	}
	c.rates = append(c.rates, float64(steps*c.batch)/seconds)
	return nil
}

// failed notes the error of a peer; ours is returned.
func (c *contender) failed(err error) error {
	if c.row.Engine == engineOurs {
		return fmt.Errorf("%s: %w", c.row.Engine, err)
	}
	c.row.Error = err.Error()
	return nil
}

// result is the row of a contender after the race.
func (c *contender) result() Row {
	if c.row.Error != "" {
		return c.row
	}
	if len(c.rates) == 0 {
		c.rates = []float64{c.rate}
	}
	slices.Sort(c.rates)
	n := len(c.rates)
	c.row.Rounds = n
	c.row.ImagesPerSecond = (c.rates[(n-1)/2] + c.rates[n/2]) / 2
	c.row.Low, c.row.High = c.rates[0], c.rates[n-1]
	return c.row
}

// agree checks that a peer, b, computes the same numbers, and takes the same step from the weights
// where a started.
func agree(a, b outcome) error {
	if len(a.Weights) != len(b.Weights) {
		return fmt.Errorf("%d weights, here %d", len(b.Weights), len(a.Weights))
	}
	same := func(x, y float64) bool { return math.Abs(x-y) <= tolerance*math.Max(0.01, math.Abs(x)) }
	if !same(a.Loss, b.Loss) || !same(a.Penalty, b.Penalty) {
		return fmt.Errorf(
			"other numbers: loss %v and penalty %v, here %v and %v", b.Loss, b.Penalty, a.Loss, a.Penalty,
		)
	}
	var change, distance, norm float64
	for i, w := range a.Weights {
		if !same(w, b.Weights[i]) {
			return fmt.Errorf("other numbers: weight %d is %v, here %v", i, b.Weights[i], w)
		}
		if a.start != nil {
			change += square(w - a.start[i])
			distance += square(w - b.Weights[i])
			norm += square(w)
		}
	}
	change, distance, norm = math.Sqrt(change), math.Sqrt(distance), math.Sqrt(norm)
	if !(distance <= steps*change+rounding*norm) {
		return fmt.Errorf("another step: it ends %.2g of our step from where ours ends", distance/change)
	}
	return nil
}

func square(x float64) float64 { return x * x }

// own is this engine.
type own struct {
	contender
	program engine.Program
}

func (o *own) close() { o.program.Close() }

// own compiles the step and takes the first one.
func (opt Options) own(
	w Workload, s *step, method string, threads int, contents tensorfile.File,
) (*own, outcome, error) {
	level, err := opt.level()
	if err != nil {
		return nil, outcome{}, err
	}
	on, err := opt.engine(threads)
	if err != nil {
		return nil, outcome{}, err
	}
	p, err := on.Compile(s.program())
	if err != nil {
		return nil, outcome{}, err
	}
	if err := s.load(p, contents); err != nil {
		return nil, outcome{}, err
	}
	o := &own{program: p}
	o.row = Row{
		Workload: w.Name, Method: method, Threads: threads, Engine: engineOurs,
		Version: level.String(), Bytes: int64(p.Bytes()),
	}
	o.batch = w.Batch
	o.run = func(steps int) (float64, error) {
		start := time.Now()
		for range steps {
			if err := p.Run(0, 1, 1); err != nil {
				return 0, err
			}
		}
		return time.Since(start).Seconds(), nil
	}
	first := outcome{}
	weights := func() (list []float64, err error) {
		for _, w := range s.Params.Trainable() {
			values := make([]float32, w.Expr.Shape().Size())
			if err := p.Read(w.Expr, values); err != nil {
				return nil, err
			}
			list = append(list, widened(values)...)
		}
		return list, nil
	}
	if first.start, err = weights(); err != nil {
		return nil, outcome{}, err
	}
	if err := p.Run(0, 1, 1); err != nil {
		return nil, outcome{}, err
	}
	for i, value := range []*float64{&first.Loss, &first.Penalty}[:1+len(s.Terms)] {
		v, err := engine.Scalar(p, i)
		if err != nil {
			return nil, outcome{}, err
		}
		*value = float64(v)
	}
	if first.Weights, err = weights(); err != nil {
		return nil, outcome{}, err
	}
	return o, first, nil
}

// engine returns what compiles our steps.
func (opt Options) engine(threads int) (engine.Engine, error) {
	return engine.Native(engine.Options{
		Level: opt.Level, Threads: threads, Convolution: opt.Convolution,
	})
}

// level returns the level that is measured.
func (opt Options) level() (kernel.Level, error) {
	on, err := opt.engine(1)
	if err != nil {
		return 0, err
	}
	return kernel.ParseLevel(on.Name())
}

// widened returns numbers as float64.
func widened(values []float32) []float64 {
	list := make([]float64, len(values))
	for i, v := range values {
		list[i] = float64(v)
	}
	return list
}

// rate adds what the roofline says: the rate of multiplications and additions, and its share of the
// peak, which is measured beside it.
func (o *own) rate(row *Row, level kernel.Level, threads int) {
	row.GFLOPs = 2 * float64(o.program.MACs(0)) * row.ImagesPerSecond / float64(o.batch) / 1e9
	row.PeakShare = row.GFLOPs / (Peak(level) * float64(threads))
}

// Peak returns the multiplications and additions per second, 10⁹, of one core on registers only:
// the best of some short runs.
func Peak(level kernel.Level) float64 {
	best := 0.0
	for range 20 {
		start := time.Now()
		operations := level.PeakFLOPs(200000)
		best = math.Max(best, float64(operations)/time.Since(start).Seconds()/1e9)
	}
	return best
}

// Bandwidth returns the bytes per second, 10⁹, that one core reads from memory: the best of some
// sums over 256 MiB.
func Bandwidth() float64 {
	x := make([]float32, 64<<20)
	level := kernel.Supported()[len(kernel.Supported())-1]
	level.Fill(x, 1)
	best := 0.0
	for range 5 {
		start := time.Now()
		level.Sum(x)
		best = math.Max(best, 4*float64(len(x))/time.Since(start).Seconds()/1e9)
	}
	return best
}
