package study

// Plan is how many runs a cell needs.
type Plan struct {
	Cell
	Open   []string `json:"open,omitempty"` // parameters that tuning chooses
	Trials int      `json:"trial_run_count"`
	Final  int      `json:"final_run_count"`
	// Steps is the number of training steps of all of them.
	Steps float64 `json:"step_count"`
}

// Plans returns what each cell of a study needs. Runs that studies or cells share are counted in each.
func (s *Spec) Plans() ([]Plan, error) {
	var list []Plan
	for _, c := range s.Cells() {
		space, cfg, err := s.first(c)
		if err != nil {
			return nil, err
		}
		p := Plan{Cell: c, Open: space.free, Final: s.Seeds, Steps: float64(s.Seeds * cfg.Steps)}
		if len(space.free) > 0 {
			for i, share := range s.Tuning.Rounds {
				n := s.Tuning.runs(i)
				p.Trials += n
				p.Steps += float64(n) * share * float64(cfg.Steps)
			}
		}
		list = append(list, p)
	}
	return list, nil
}

// Unplanned returns the number of runs that will be needed and are not among Runs yet, because tuning has not chosen.
func (s *Study) Unplanned(p Progress) int {
	count := 0
	for _, c := range p.Cells {
		if !s.open(c) {
			continue
		}
		count += s.Seeds
		for i := len(c.Rounds); i < len(s.Tuning.Rounds); i++ {
			count += s.Tuning.runs(i)
		}
	}
	return count
}

// Left returns how long the runs that have no result will take on one thread, in seconds, by the time that a step of the
// complete ones took: of the same cell or, where none is complete, of the same method, or of all. It is 0 as long as nothing
// is known.
func (s *Study) Left(p Progress, results Results) float64 {
	type pace struct{ seconds, steps float64 }
	cells, methods, all := map[Cell]pace{}, map[string]pace{}, pace{}
	for _, r := range p.Runs() {
		result, ok := results[r.Key]
		if !ok || result.Seconds == 0 {
			continue
		}
		add := func(p pace) pace { return pace{p.seconds + result.Seconds, p.steps + float64(r.Config.Steps)} }
		cells[r.Cell], methods[r.Cell.Method], all = add(cells[r.Cell]), add(methods[r.Cell.Method]), add(all)
	}
	if all.steps == 0 {
		return 0
	}
	left := 0.0
	for _, c := range p.Cells {
		at := all
		if known, ok := methods[c.Method]; ok {
			at = known
		}
		if known, ok := cells[c.Cell]; ok {
			at = known
		}
		left += s.stepsLeft(c, results) * at.seconds / at.steps
	}
	return left
}

// stepsLeft returns the steps of a cell's runs that have no result, also of those that are not planned yet.
func (s *Study) stepsLeft(c CellProgress, results Results) float64 {
	steps := 0.0
	count := func(runs []Run) {
		for _, r := range runs {
			if _, ok := results[r.Key]; !ok {
				steps += float64(r.Config.Steps)
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

// open reports whether tuning has yet to choose the values of a cell; it has not where everything diverged.
func (s *Study) open(c CellProgress) bool {
	n := len(c.Rounds)
	return c.Values == nil && !(n == len(s.Tuning.Rounds) && c.Rounds[n-1].Done)
}
