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

	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/plan"
	"github.com/gradreg/gradreg/internal/tensorfile"
)

// Options say what is measured.
type Options struct {
	Workloads []string // names; all if empty
	Threads   []int
	Level     kernel.Level
	Rounds    int     // how often everything is run in turn
	Seconds   float64 // the least time of one run
	// Environment is the Python environment of the peers, and Scripts the folder of their scripts; no peers if
	// Environment is empty.
	Environment, Scripts string
	Engines              []string // names of peers; all if empty
	// Log, if set, is told what is going on.
	Log func(string)
}

// Validate returns what is wrong with the options.
func (opt Options) Validate() error {
	if opt.Rounds < 1 || !(opt.Seconds > 0) {
		return fmt.Errorf("--rounds is %d and --seconds %v, expected at least 1 and more than 0", opt.Rounds, opt.Seconds)
	}
	for _, n := range opt.Threads {
		if n < 1 {
			return fmt.Errorf("--threads has %d, expected at least 1", n)
		}
	}
	return Known(opt.Workloads, opt.Engines)
}

// Row is a measurement.
type Row struct {
	Workload        string  `json:"workload"`
	Method          string  `json:"method"`
	Threads         int     `json:"threads"`
	Engine          string  `json:"engine"` // gradreg or a peer
	Version         string  `json:"version"`
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
	rates []float64
}

// tolerance of loss, penalty and weights, relative to their size: both sides add float32 numbers in orders of
// their own, and a penalty of a network with batch norm magnifies that.
const tolerance = 2e-3

// Compare measures workloads here and in the peers.
func Compare(ctx context.Context, opt Options) ([]Row, error) {
	var rows []Row
	for _, threads := range opt.Threads {
		var peers []*Peer
		var err error
		if opt.Environment != "" {
			if peers, err = StartPeers(opt.Environment, opt.Scripts, opt.Engines, threads); err != nil {
				return rows, err
			}
		}
		for _, w := range Workloads() {
			if len(opt.Workloads) > 0 && !slices.Contains(opt.Workloads, w.Name) {
				continue
			}
			for _, method := range w.Methods() {
				if ctx.Err() != nil {
					ClosePeers(peers)
					return rows, ctx.Err()
				}
				opt.log(fmt.Sprintf("%s %s, %d threads", w.Name, method, threads))
				more, err := opt.measure(w, method, threads, peers)
				if err != nil {
					ClosePeers(peers)
					return rows, fmt.Errorf("%s %s: %w", w.Name, method, err)
				}
				rows = append(rows, more...)
			}
		}
		ClosePeers(peers)
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
	var failed []Row
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
		row := Row{Workload: w.Name, Method: method, Threads: threads, Engine: p.Name, Version: p.Version}
		theirs, err := p.prepare(file, method)
		if err == nil {
			err = agree(first, theirs)
		}
		if err != nil {
			row.Error = err.Error()
			failed = append(failed, row)
			continue
		}
		c := &contender{row: row, batch: w.Batch}
		c.run = func(steps int) (float64, error) {
			seconds, peak, err := p.run(steps)
			c.row.Bytes = peak
			return seconds, err
		}
		contenders = append(contenders, c)
	}
	if err := opt.race(contenders); err != nil {
		return nil, err
	}
	var rows []Row
	for _, c := range contenders {
		rows = append(rows, c.result())
	}
	ours.rate(&rows[0], opt.Level, threads)
	return append(rows, failed...), nil
}

// race runs the contenders in turn, round by round.
func (opt Options) race(contenders []*contender) error {
	steps := make([]int, len(contenders))
	for i, c := range contenders {
		if _, err := c.run(3); err != nil { // warm
			return fmt.Errorf("%s: %w", c.row.Engine, err)
		}
		seconds, err := c.run(3)
		if err != nil {
			return fmt.Errorf("%s: %w", c.row.Engine, err)
		}
		steps[i] = max(1, int(math.Ceil(3*opt.Seconds/seconds)))
	}
	for range opt.Rounds {
		for i, c := range contenders {
			seconds, err := c.run(steps[i])
			if err != nil {
				return fmt.Errorf("%s: %w", c.row.Engine, err)
			}
			c.rates = append(c.rates, float64(steps[i]*c.batch)/seconds)
		}
	}
	return nil
}

// result is the row of a contender after the race.
func (c *contender) result() Row {
	slices.Sort(c.rates)
	n := len(c.rates)
	c.row.ImagesPerSecond = (c.rates[(n-1)/2] + c.rates[n/2]) / 2
	c.row.Low, c.row.High = c.rates[0], c.rates[n-1]
	return c.row
}

// agree checks that a peer computes the same numbers.
func agree(a, b outcome) error {
	pairs := [][2]float64{{a.Loss, b.Loss}, {a.Penalty, b.Penalty}}
	for i := range a.Weights {
		pairs = append(pairs, [2]float64{a.Weights[i], b.Weights[i]})
	}
	for _, p := range pairs {
		if !(math.Abs(p[0]-p[1]) <= tolerance*math.Max(0.01, math.Abs(p[0]))) {
			return fmt.Errorf("other numbers: loss, penalty and weights %v, here %v", b, a)
		}
	}
	return nil
}

// own is this engine.
type own struct {
	contender
	program *plan.Program
}

func (o *own) close() { o.program.Close() }

// own compiles the step and takes the first one.
func (opt Options) own(w Workload, s *step, method string, threads int, contents tensorfile.File) (*own, outcome, error) {
	p, err := s.compile(opt.Level, threads)
	if err != nil {
		return nil, outcome{}, err
	}
	if err := s.load(p, contents); err != nil {
		return nil, outcome{}, err
	}
	o := &own{program: p}
	o.row = Row{Workload: w.Name, Method: method, Threads: threads, Engine: "gradreg", Version: opt.Level.String(), Bytes: int64(p.Bytes())}
	o.batch = w.Batch
	o.run = func(steps int) (float64, error) {
		start := time.Now()
		for range steps {
			if err := p.Run(1, 1); err != nil {
				return 0, err
			}
		}
		return time.Since(start).Seconds(), nil
	}
	if err := p.Run(1, 1); err != nil {
		return nil, outcome{}, err
	}
	first := outcome{Loss: float64(p.Output(0)[0])}
	if s.penalty != nil {
		first.Penalty = float64(p.Output(1)[0])
	}
	for _, v := range p.Float(s.params.All()[0].Expr)[:5] {
		first.Weights = append(first.Weights, float64(v))
	}
	return o, first, nil
}

// rate adds what the roofline says: the rate of multiplications and additions, and its share of the peak, which is
// measured beside it.
func (o *own) rate(row *Row, level kernel.Level, threads int) {
	row.GFLOPs = 2 * float64(o.program.MACs()) * row.ImagesPerSecond / float64(o.batch) / 1e9
	row.PeakShare = row.GFLOPs / (Peak(level) * float64(threads))
}

// Peak returns the multiplications and additions per second, 10⁹, of one core on registers only: the best of some
// short runs.
func Peak(level kernel.Level) float64 {
	best := 0.0
	for range 20 {
		start := time.Now()
		operations := level.PeakFLOPs(200000)
		best = math.Max(best, float64(operations)/time.Since(start).Seconds()/1e9)
	}
	return best
}

// Bandwidth returns the bytes per second, 10⁹, that one core reads from memory: the best of some sums over 256 MiB.
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
