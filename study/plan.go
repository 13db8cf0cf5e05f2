package study

import (
	"fmt"

	"github.com/gradreg/gradreg/internal/plural"
	"github.com/gradreg/gradreg/stats"
)

// Plan is how many runs a cell needs.
type Plan struct {
	Cell
	Open   []string `json:"open,omitempty"` // parameters that tuning chooses
	Trials int      `json:"trial_run_count"`
	Final  int      `json:"final_run_count"`
	// Shared is how many of the runs that are known before tuning are the same as one before them,
	// in this or an earlier cell: trials that drew the same values, cells with the same
	// configuration. They are done once.
	Shared int `json:"shared_run_count,omitempty"`
	// Steps is the number of training steps of all of them.
	Steps float64 `json:"step_count"`
}

// Plans returns what each cell of a study needs. Runs that studies or cells share are counted in
// each.
func (s *Spec) Plans() ([]Plan, error) {
	var list []Plan
	shared, err := s.shared()
	if err != nil {
		return nil, err
	}
	for _, c := range s.Cells() {
		space, cfg, err := s.first(c)
		if err != nil {
			return nil, err
		}
		p := Plan{Cell: c, Open: space.free, Final: s.Seeds, Shared: shared[c], Steps: float64(s.Seeds * cfg.Steps)}
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

// shared returns how many of the runs of each cell that are known before any result are the same as
// one before them.
func (s *Spec) shared() (map[Cell]int, error) {
	whole := Study{Spec: *s, Identity: Identity{Digests: map[string]string{}}}
	for _, data := range s.Data {
		whole.Identity.Digests[data] = data // of different data no two runs are the same
	}
	p, err := whole.Progress(nil)
	if err != nil {
		return nil, err
	}
	seen, shared := map[string]bool{}, map[Cell]int{}
	count := func(c Cell, runs []Run) {
		for _, r := range runs {
			if seen[r.Key] {
				shared[c]++
			}
			seen[r.Key] = true
		}
	}
	for _, c := range p.Cells {
		for _, round := range c.Rounds {
			for _, t := range round.Trials {
				count(c.Cell, t.Runs)
			}
		}
		count(c.Cell, c.Final)
	}
	return shared, nil
}

// Warnings say what a study cannot show as it is: with few seeds no p value is small enough to tell
// a difference from chance, whatever it is.
func (s *Spec) Warnings() []string {
	most := 0 // comparisons in a table
	methods := map[Cell]int{}
	for _, c := range s.Cells() {
		c.Method = ""
		methods[c]++
		most = max(most, methods[c]-1)
	}
	const alpha = 0.05
	least := stats.LeastP(s.Seeds, stats.Resampling{})
	if most == 0 || least*float64(most) <= alpha {
		return nil
	}
	text := fmt.Sprintf(
		"with %d seed%s no p value of the sign-flip test is below %.3g", s.Seeds, plural.S(s.Seeds),
		least,
	)
	if most > 1 {
		text += fmt.Sprintf(", or %.3g after Holm's correction over %d comparisons", min(1, least*float64(most)), most)
	}
	if n := stats.FewestPairs(alpha, most, stats.Resampling{}); n > 0 {
		text += fmt.Sprintf("; p ≤ %v takes %d seeds", alpha, n)
	}
	return []string{text}
}

// Unplanned returns the number of runs that will be needed and are not among Runs yet, because
// tuning has not chosen.
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

// open reports whether tuning has yet to choose the values of a cell; it has not where everything
// diverged.
func (s *Study) open(c CellProgress) bool {
	n := len(c.Rounds)
	return c.Values == nil && !(n == len(s.Tuning.Rounds) && c.Rounds[n-1].Done)
}
