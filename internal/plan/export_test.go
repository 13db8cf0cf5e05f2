package plan

import "github.com/gradreg/gradreg/sym"

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

// Apart makes p compute every node by itself, without strip programs, and returns how many nodes
// each of those computed.
func (p *Program) Apart() (together []int) {
	for _, s := range p.parts {
		for _, r := range s.regions {
			for i := range r.lanes {
				l := &r.lanes[i]
				for _, run := range l.runs {
					if run.strips != nil {
						together = append(together, len(run.nodes))
					}
				}
				l.runs = nil
				for k := range l.nodes {
					l.runs = append(l.runs, laneRun{nodes: l.nodes[k : k+1]})
				}
			}
		}
	}
	return together
}
