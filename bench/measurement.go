package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/gradreg/gradreg/internal/build"
)

// Measurement is what gradreg bench --json prints: the rows, and where and how they were measured.
type Measurement struct {
	Date      string     `json:"date"` // of the day, YYYY-MM-DD
	Machine   string     `json:"machine"`
	Level     string     `json:"level"` // of the kernels' instructions
	Program   build.Info `json:"program"`
	Peak      float64    `json:"peak_gflops"`         // of a core on registers only: see Peak
	Bandwidth float64    `json:"memory_gigabytes"`    // a second, of a core: see Bandwidth
	Rounds    int        `json:"rounds"`              // in which all engines ran in turn
	Least     float64    `json:"least_seconds"`       // of a run of an engine
	Seconds   float64    `json:"measurement_seconds"` // that all of it took
	Note      string     `json:"note,omitempty"`      // by hand: what a reader of the tables has to know
	Rows      []Row      `json:"rows"`
}

// describe returns a measurement without rows.
func (opt Options) describe(now time.Time) (Measurement, error) {
	level, err := opt.level()
	if err != nil {
		return Measurement{}, err
	}
	return Measurement{
		Date: now.Format(time.DateOnly), Machine: build.Machine(), Level: level.String(), Program: build.Current(),
		Peak: Peak(level), Bandwidth: Bandwidth(), Rounds: opt.Rounds, Least: opt.Seconds,
	}, nil
}

// ReadMeasurement reads a file that gradreg bench --json printed, also one in which a critic's only
// penalty has no other name: that is wgan-gp.
func ReadMeasurement(path string) (Measurement, error) {
	var m Measurement
	data, err := os.ReadFile(path)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(data, &m); err != nil {
		return m, fmt.Errorf("%s: %w", path, err)
	}
	for i := range m.Rows {
		if m.Rows[i].Method == "penalty" {
			m.Rows[i].Method = "wgan-gp"
		}
	}
	return m, nil
}

// Cell is a workload, a method and a number of threads.
type Cell struct {
	Workload, Method string
	Threads          int
	Ours             Row
	Peers            []Row // in the order of the measurement
}

// Opponent returns the fastest peer, or nil.
func (c Cell) Opponent() *Row {
	for i := range c.Peers {
		if c.Peers[i].Best {
			return &c.Peers[i]
		}
	}
	return nil
}

// Ratio returns how many times as fast as its opponent the engine is; 0 without one.
func (c Cell) Ratio() float64 {
	if o := c.Opponent(); o != nil {
		return c.Ours.ImagesPerSecond / o.ImagesPerSecond
	}
	return 0
}

// PlainSteps returns how many plain steps of its workload and its number of threads the step of a
// cell takes: here, and in the opponent, each relative to its own fastest plain step. 0 where that
// is not measured.
func (m Measurement) PlainSteps(c Cell) (ours, opponent float64) {
	for _, plain := range m.Cells() {
		if plain.Method != "plain" || plain.Workload != c.Workload || plain.Threads != c.Threads {
			continue
		}
		ours = plain.Ours.ImagesPerSecond / c.Ours.ImagesPerSecond
		if o, p := c.Opponent(), plain.Opponent(); o != nil && p != nil {
			opponent = p.ImagesPerSecond / o.ImagesPerSecond
		}
	}
	return ours, opponent
}

// Cells groups the rows.
func (m Measurement) Cells() []Cell {
	var cells []Cell
	for _, r := range m.Rows {
		if r.Engine == engineOurs {
			cells = append(cells, Cell{Workload: r.Workload, Method: r.Method, Threads: r.Threads, Ours: r})
		} else if n := len(cells); n > 0 {
			cells[n-1].Peers = append(cells[n-1].Peers, r)
		}
	}
	return cells
}

// Name is how tables name the variant of a peer's row.
func (r Row) Name() string {
	if r.Engine == engineOurs {
		return r.Engine
	}
	return Variant{Engine: r.Engine, Format: r.Format, Setting: r.Setting}.String()
}
