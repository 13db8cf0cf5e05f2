package plan

import "github.com/gradreg/gradreg/sym"

// Cost is what a program needs: bytes of memory, and multiply-adds of its linear operations in a run.
type Cost struct{ Bytes, MACs int }

// Measure returns the cost of the program that Compile makes of the same arguments, without taking its memory, so
// that a program too large for the machine can be measured too.
func Measure(outputs []*sym.Expr, updates []Update, opt Options) (Cost, error) {
	p, low, err := prepare(outputs, updates, opt)
	if err != nil {
		return Cost{}, err
	}
	p.layout(low, p.useful(opt.Threads))
	return Cost{p.Bytes(), p.MACs()}, nil
}
