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
