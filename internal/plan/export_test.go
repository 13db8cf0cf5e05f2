package plan

import "github.com/gradreg/gradreg/sym"

// Compile makes the program of one step, which most tests look at.
func Compile(outputs []*sym.Expr, updates []sym.Update, opt Options) (*Program, error) {
	return CompileSteps([]Step{{outputs, updates}}, opt)
}

// Run runs the only step.
func (p *Program) Run(key, t uint64) error { return p.RunStep(0, key, t) }
