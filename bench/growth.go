package bench

import (
	"context"
	"fmt"
	"runtime"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/report"
)

// Point is the cost of a training step at one size.
type Point struct {
	Axis         string  `json:"axis"` // what varies: batch, width or threads
	Model        string  `json:"model"`
	Batch        int     `json:"batch"`
	Width        int     `json:"width"`
	Threads      int     `json:"threads"`
	Method       string  `json:"method"`
	Microseconds float64 `json:"microseconds_per_image"` // median of the rounds
	Low          float64 `json:"low"`
	High         float64 `json:"high"`
}

// x is the position on the axis that varies.
func (p Point) x() float64 {
	return float64(map[string]int{"batch": p.Batch, "width": p.Width, "threads": p.Threads}[p.Axis])
}

// growthSizes lists what Growth measures: LeNet over batch sizes, a ResNet of depth 8 over widths,
// both on one thread, and LeNet at batch 256 over numbers of threads.
func growthSizes() []Point {
	var sizes []Point
	for _, b := range []int{1, 2, 5, 10, 20, 50, 100, 200, 500} {
		sizes = append(sizes, Point{Axis: "batch", Model: "lenet", Batch: b, Width: 1, Threads: 1})
	}
	for _, w := range []int{1, 2, 3, 4} {
		sizes = append(sizes, Point{Axis: "width", Model: "resnet:depth=8", Batch: 32, Width: w, Threads: 1})
	}
	for t := 1; t <= runtime.NumCPU(); t *= 2 {
		sizes = append(sizes, Point{Axis: "threads", Model: "lenet", Batch: 256, Width: 1, Threads: t})
	}
	return sizes
}

// workload returns the step that is measured at a size.
func (p Point) workload() Workload {
	if p.Model == "lenet" {
		return Workload{"growth", "lenet", p.Batch, [3]int{1, 28, 28}}
	}
	return Workload{"growth", fmt.Sprintf("%s,width=%d", p.Model, p.Width), p.Batch, [3]int{3, 32, 32}}
}

// Growth measures how the cost of an image grows with the batch size, the width of the model and
// the number of threads, plain and with DataGrad.
func Growth(ctx context.Context, opt Options) ([]Point, error) {
	if err := fault.NoContext(ctx); err != nil {
		return nil, err
	}
	var points []Point
	for _, p := range growthSizes() {
		for _, p.Method = range []string{"plain", "datagrad"} {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			opt.log(fmt.Sprintf(
				"%s, batch %d, width %d, %d threads, %s", p.Model, p.Batch, p.Width, p.Threads,
				p.Method,
			))
			rows, err := opt.measure(p.workload(), p.Method, p.Threads, nil)
			if err != nil {
				return nil, err
			}
			p.Microseconds, p.Low, p.High = 1e6/rows[0].ImagesPerSecond, 1e6/rows[0].High, 1e6/rows[0].Low
			points = append(points, p)
		}
	}
	return points, nil
}

// GrowthPanels turns points into a plot for each axis.
func GrowthPanels(points []Point) []report.Panel {
	panels := []report.Panel{
		{Title: "LeNet, 1 thread", X: "batch size", Y: "µs an image", LogX: true, LogY: true},
		{Title: "ResNet of depth 8, batch 32, 1 thread", X: "width", Y: "µs an image", LogX: true, LogY: true},
		{Title: "LeNet, batch 256", X: "threads", Y: "µs an image", LogX: true, LogY: true},
	}
	for i, axis := range []string{"batch", "width", "threads"} {
		for _, method := range []string{"plain", "datagrad"} {
			s := report.Series{Name: method}
			for _, p := range points {
				if p.Axis == axis && p.Method == method {
					s.Add(p.x(), p.Microseconds)
				}
			}
			panels[i].Series = append(panels[i].Series, s)
		}
	}
	return panels
}
