package plan

// Cost is what a program needs: bytes of memory, and multiply-adds of its linear operations in a
// run.
type Cost struct{ Bytes, MACs int }

// Measure returns the costs of steps in a program of the given options that has them all, without
// taking its memory, so that a program too large for the machine can be measured too. MACs are
// those of the first step.
func Measure(steps []Step, opt Options) (Cost, error) {
	p, lows, err := prepareAll(steps, opt)
	if err != nil {
		return Cost{}, err
	}
	p.layout(lows)
	return Cost{p.Bytes(), p.MACs(0)}, nil
}
