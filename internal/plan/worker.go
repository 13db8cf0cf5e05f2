package plan

import "github.com/gradreg/gradreg/internal/kernel"

// worker is one of the threads that run a program, with the memory that it alone uses.
type worker struct {
	level   kernel.Level
	local   []float32 // local values
	scratch []float32 // what one kernel call needs, undefined between calls
	blocks  [][]float32
	at      [maxOperands + maxRegisters][]float32 // where a tape's slots are, too much to clear for each block
	chunk   chunk                                 // what it is busy with

	// of strip programs: the steps that run, strips of memory, and accumulators of sums
	strips    []kernel.StripStep
	own, sums []float32
}
