package bench

import (
	"fmt"
	"math"

	"github.com/gradreg/gradreg/internal/plural"
	"github.com/gradreg/gradreg/report"
)

// Figure shows every cell of a measurement: the engine and its opponent by the share of the
// register-only peak that their multiply-adds come to, in a plot for each number of threads, and how
// many times as fast as its opponent the engine is. The peers' multiply-adds are those of the
// definition, as ours are, whatever they compute with.
func (m Measurement) Figure() report.DotPlots {
	f := report.DotPlots{
		Value:  report.Axis{Label: "share of the register-only peak", Percent: true},
		Series: []string{"GradReg", "best peer"},
		Text: "Training steps by the share of the register-only peak that their multiply-adds come to, and how many " +
			"times as fast as the best peer GradReg is. Winograd's algorithm needs fewer multiply-adds " +
			"than are counted.",
	}
	for _, threads := range m.threads() {
		panel := report.DotPanel{Title: fmt.Sprintf("%d thread%s", threads, plural.S(threads)), Mark: 1}
		for _, c := range m.Cells() {
			if c.Threads != threads {
				continue
			}
			row := report.DotRow{
				Name: c.Workload + " " + c.Method, Values: []float64{c.Ours.PeakShare, math.NaN()},
			}
			if ratio := c.Ratio(); ratio > 0 {
				row.Values[1] = c.Ours.PeakShare / ratio
				row.Note = fmt.Sprintf("%.1f ×", ratio)
			}
			panel.Rows = append(panel.Rows, row)
		}
		f.Panels = append(f.Panels, panel)
	}
	return f
}
