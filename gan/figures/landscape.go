package figures

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/report"
)

// Of a landscape: places a side, and points that are marked.
const (
	landscapeSide  = 81
	landscapeMarks = 400
)

// Landscape draws the critics of runs on points of the plane, a row each: the score D(x) less its
// mean at the data, with samples of the generator, and the slope ‖∂D/∂x‖, with points of the data.
// Dark is low, white is high, in each picture of its own range, which its title has. A generator's
// samples move to where the score is high.
func Landscape(dirs []string, threads int) (report.Sheet, error) {
	s := report.Sheet{
		Text: "The critic's score less its mean at the data, with samples of the generator, and its " +
			"slope, with points of the data. Dark is low, white is high.",
	}
	for _, dir := range dirs {
		row, err := landscape(dir, threads)
		if err != nil {
			return s, err
		}
		s.Rows = append(s.Rows, row)
	}
	return s, nil
}

// landscape draws a run.
func landscape(dir string, threads int) ([]report.SheetPlot, error) {
	critic, err := gan.LoadCritic(dir, threads)
	if err != nil {
		return nil, err
	}
	defer critic.Close()
	set, ok := gan.PointSetOf(critic.Config.Data)
	if !ok || set.Dimensions != 2 {
		return nil, fault.Inputf(
			"%s was trained on %s, expected points of the plane", foreign.Line(dir), foreign.Line(critic.Config.Data),
		)
	}
	generator, err := gan.LoadGenerator(dir, threads)
	if err != nil {
		return nil, err
	}
	defer generator.Close()
	samples, data := make([]float32, 2*landscapeMarks), make([]float32, 2*landscapeMarks)
	if err := generator.Sample(critic.Config.Seed, 0, landscapeMarks, samples); err != nil {
		return nil, err
	}
	set.Draw(critic.Config.Seed, 0, landscapeMarks, data)
	reach := Reach(data)
	axis, places := lattice(reach)
	heights, steep, err := critic.Judge(places)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(slices.Concat(heights, steep), notFinite) {
		return nil, fault.Inputf("%s: the critic has scores or slopes that are not finite", foreign.Line(dir))
	}
	level, _, err := critic.Judge(data)
	if err != nil {
		return nil, err
	}
	floats.AddConst(-stat.Mean(level, nil), heights)
	heat := func(whose, what string, values []float64, marks []float32) report.Heat {
		low, high := extent(values)
		h := report.Heat{
			Title: fmt.Sprintf("%s: %s from %.2g to %.2g", whose, what, low, high),
			X:     report.Axis{Label: "x1"}, Y: report.Axis{Label: "x2"}, Xs: axis, Ys: axis,
			Values: slices.Collect(slices.Chunk(values, landscapeSide)), Low: low, High: high,
		}
		for p := range slices.Chunk(marks, 2) {
			if math.Abs(float64(p[0])) < reach && math.Abs(float64(p[1])) < reach {
				h.Marks.Add(float64(p[0]), float64(p[1]))
			}
		}
		return h
	}
	return []report.SheetPlot{
		heat(critic.Config.Objective, "score", heights, samples),
		heat(penalties(critic.Config), "slope", steep, data),
	}, nil
}

// penalties returns what keeps a critic smooth.
func penalties(c gan.Config) string {
	if len(c.Regularizers) == 0 {
		return "no penalty"
	}
	return strings.Join(c.Regularizers, ", ")
}

// lattice returns the coordinates of a side, and the places of a square, row by row.
func lattice(reach float64) (axis []float64, places []float32) {
	axis = make([]float64, landscapeSide)
	for i := range axis {
		axis[i] = reach * (2*float64(i)/(landscapeSide-1) - 1)
	}
	for _, y := range axis {
		for _, x := range axis {
			places = append(places, float32(x), float32(y))
		}
	}
	return axis, places
}

// extent returns the range of values, which is not empty.
func extent(values []float64) (low, high float64) {
	low, high = slices.Min(values), slices.Max(values)
	if !(high > low) {
		high = low + 1
	}
	return low, high
}

func notFinite(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }
