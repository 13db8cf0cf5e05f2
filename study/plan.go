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

// open reports whether tuning has yet to choose the values of a cell; it has not where everything diverged.
func (s *Study) open(c CellProgress) bool {
	n := len(c.Rounds)
	return c.Values == nil && !(n == len(s.Tuning.Rounds) && c.Rounds[n-1].Done)
}
