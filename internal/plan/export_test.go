package plan

import (
	"time"

	"github.com/gradreg/gradreg/sym"
)

// Compile makes the program of one step, which most tests look at.
func Compile(outputs []*sym.Expr, updates []sym.Update, opt Options) (*Program, error) {
	return CompileSteps([]Step{{outputs, updates}}, opt)
}

// Run runs the only step.
func (p *Program) Run(key, t uint64) error { return p.RunStep(0, key, t) }

// TakeOutFactors rewrites roots as the compiler does, up to the pass factors, and takes out every
// factor, whatever it costs. It returns how many reached a product, too.
func TakeOutFactors(roots []*sym.Expr) (rewritten []*sym.Expr, factors int) {
	for _, p := range passes {
		if p.name == "factors" {
			break
		}
		roots = p.run(roots)
	}
	f := takenOut(roots, nil)
	return f.roots, len(f.sources)
}

// Multiplications counts what the pass factors counts.
func Multiplications(roots []*sym.Expr) int { return multiplications(products(roots)) }

// Apart returns options that make a program compute every node by itself, without strip programs.
func Apart(opt Options) Options { opt.apart = true; return opt }

// Stored returns options that make a program compute no node again.
func Stored(opt Options) Options { opt.stored = true; return opt }

// ComputedAgain returns how many nodes p computes again.
func (p *Program) ComputedAgain() int {
	again := 0
	for _, s := range p.parts {
		first := map[string]bool{}
		for _, n := range s.nodes {
			if name := n.outs[0].name; first[name] {
				again++
			} else {
				first[name] = true
			}
		}
	}
	return again
}

// StripPrograms returns how many nodes each of p's strip programs computes.
func (p *Program) StripPrograms() (nodes []int) {
	for _, s := range p.parts {
		for _, r := range s.regions {
			for _, l := range r.lanes {
				for _, run := range l.runs {
					if run.strips != nil {
						nodes = append(nodes, len(run.nodes))
					}
				}
			}
		}
	}
	return nodes
}

// Team is a team of workers without memory.
type Team struct{ team *team }

// NewTeam returns a team of so many workers, of whom some never come: as helpers whom the system
// gives no processor.
func NewTeam(workers, missing int) Team {
	t := newTeam(make([]*worker, workers-missing))
	for range missing {
		t.seats = append(t.seats, &seat{waiter: newWaiter()})
	}
	return Team{t}
}

// Run does so many tasks.
func (t Team) Run(tasks int, do func(task int)) error {
	batches := []batch{{0, tasks / 3}, {tasks / 3, tasks}}
	return t.team.run(newJob(tasks, batches, func(_ *worker, task int) { do(task) }))
}

// Close ends the goroutines of a team of which nobody is missing.
func (t Team) Close() { t.team.close() }

// Patience is how long a worker waits awake.
const Patience = patience

// Awake returns how many workers of all teams work or wait awake.
func Awake() int { return int(awake.Load()) }

// LongestVainWait returns how long a waiter that has not waited for a time waits awake in vain, at
// most so many times one after the other.
func LongestVainWait(times int) time.Duration {
	w := newWaiter()
	var waited time.Duration
	for range times {
		start := time.Now()
		w.linger(int(awake.Load()), func() bool { return false })
		waited += time.Since(start)
	}
	return waited
}
