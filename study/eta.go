package study

import (
	"sync"

	"github.com/gradreg/gradreg/classify"
)

// pace is how long some steps took.
type pace struct{ seconds, steps float64 }

func (p pace) and(other pace) pace {
	return pace{p.seconds + other.seconds, p.steps + other.steps}
}

// Left returns how long the runs that have no result will take on one thread, in seconds, by the
// time that a step of the complete ones took: of the same cell or, where none is complete, of the
// same method; else of the cell of which most is complete, in proportion to the multiply-adds of a
// step. It is 0 as long as nothing is known. Taken are the parts of their steps that runs have
// taken already, by their keys.
func (s *Study) Left(p Progress, results Results, taken map[string]float64) float64 {
	cells, methods := map[Cell]pace{}, map[string]pace{}
	var best Cell
	for _, r := range p.Runs() {
		result, ok := results[r.Key]
		if !ok || result.Seconds == 0 {
			continue
		}
		took := pace{result.Seconds, float64(r.Config.Steps)}
		cells[r.Cell], methods[r.Cell.Method] = cells[r.Cell].and(took), methods[r.Cell.Method].and(took)
		if cells[r.Cell].steps > cells[best].steps {
			best = r.Cell
		}
	}
	if len(cells) == 0 {
		return 0
	}
	left := 0.0
	for _, c := range p.Cells {
		steps := s.stepsLeft(c, results, taken)
		if steps == 0 {
			continue
		}
		at, scale := cells[c.Cell], 1.0
		if at.steps == 0 {
			at = methods[c.Method]
		}
		if at.steps == 0 {
			at, scale = cells[best], s.costRatio(c.Cell, best)
		}
		left += steps * scale * at.seconds / at.steps
	}
	return left
}

// stepsLeft returns the steps of a cell's runs that have no result, also of those that are not
// planned yet.
func (s *Study) stepsLeft(c CellProgress, results Results, taken map[string]float64) float64 {
	steps := 0.0
	count := func(runs []Run) {
		for _, r := range runs {
			if _, ok := results[r.Key]; !ok {
				steps += float64(r.Config.Steps) * (1 - taken[r.Key])
			}
		}
	}
	for _, round := range c.Rounds {
		for _, t := range round.Trials {
			count(t.Runs)
		}
	}
	count(c.Final)
	if !s.open(c) {
		return steps
	}
	first := c.Rounds[0].Trials[0].Runs[0].Config.Steps
	whole := float64(first) / s.Tuning.Rounds[0]
	steps += float64(s.Seeds) * whole
	for i := len(c.Rounds); i < len(s.Tuning.Rounds); i++ {
		steps += float64(s.Tuning.runs(i)) * s.Tuning.Rounds[i] * whole
	}
	return steps
}

// costRatio returns the multiply-adds of a step of cell a over those of cell b; 1 where one of them
// is not known.
func (s *Study) costRatio(a, b Cell) float64 {
	costA, costB := s.stepCost(a), s.stepCost(b)
	if costA == 0 || costB == 0 {
		return 1
	}
	return costA / costB
}

// stepCosts remembers step costs by the text of the configuration: planning a step takes tens of
// milliseconds, and whoever shows a study asks every other second.
var stepCosts sync.Map

// stepCost returns the multiply-adds of a training step of a cell, or 0 for pictures of one's own,
// whose classes are not known before they are read, and for a λ that is open.
func (s *Study) stepCost(c Cell) float64 {
	info, known := KnownData()[c.Data]
	if !known {
		return 0
	}
	_, cfg, err := s.first(c)
	if err != nil {
		return 0
	}
	text, err := cfg.YAML()
	if err != nil {
		return 0
	}
	if known, ok := stepCosts.Load(string(text)); ok {
		return known.(float64)
	}
	total := 0.0
	if cost, err := classify.Cost(cfg, info.Shape, len(info.Classes)); err == nil {
		total = float64(cost.MACsPerImage * cfg.Batch)
	}
	stepCosts.Store(string(text), total)
	return total
}
