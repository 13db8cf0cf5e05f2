package kernel

//go:generate sh -c "cd _asm && go run ./strip -out ../strip_amd64.s -stubs ../strip_stubs_amd64.go -pkg kernel"

// A strip is as many floats as four vectors hold. A strip program computes element-wise results
// strip by strip: its steps run one after the other on a strip that stays in registers, then on the
// next one. That saves what a call per operation costs, and the way of every intermediate result
// through the first-level cache. Numbers have the bits that Binary, Unary, Select and Sum give them.
//
// Registers form StripLevels levels of a strip each. An operation works on a level and another
// operand. Programs run over rows of equal length, a multiple of a strip:
//
//	loads, operations, stores, sums …; StripEnd; a StripTotal for each sum; StripRow

// StripLevels is the number of strips that registers hold.
const StripLevels = 3

// StripOperand says where the second operand of an operation is. Those that begin with From are the
// first operand of a op b instead, and the level is the second one.
type StripOperand uint8

// The operands.
const (
	StripTensor StripOperand = iota // a row of floats
	StripScalar                     // a number for the whole row
	StripNext                       // the next level
	StripFromTensor
	StripFromScalar
	StripFromNext
	StripSelf // the level itself
	stripOperands
)

// StripOp is an operation on two operands.
type StripOp uint8

// The operations, as those of BinaryOp.
const (
	StripAdd StripOp = iota
	StripSub
	StripMul
	StripDiv
	StripMax
	StripGreater
	StripGreaterEqual
	StripEqual
	StripGate // a > 0 ? b : 0
	StripKeep // a ≠ 0 ? b : 0
	StripDrop // a = 0 ? b : 0
	stripOps
)

// StripCode numbers a step's operation and level.
type StripCode uint16

// The codes of level 0, but for those of StripOps, which follow.
const (
	StripLoad       StripCode = iota // a tensor
	StripStore                       // a tensor
	StripLoadOwn                     // a strip of memory, the same for every strip of a row
	StripStoreOwn                    // likewise
	StripLoadScalar                  // a number for the whole row
	StripSum                         // adds the level to the accumulators of Sums
	stripSum0                        // adds the level to accumulators in registers
	stripSum1                        // likewise
	stripSum2                        // likewise
	StripNeg                         // as the UnaryOp Neg
	StripNot                         // as Not
	StripSqrt                        // as Sqrt
	stripMoves                       // how many there are
	stripLevelCodes = stripMoves + StripCode(stripOps)*StripCode(stripOperands)
	StripEnd        = StripLevels * stripLevelCodes // the end of a strip
	StripTotal      = StripEnd + 1                  // adds Sums to the scalar, every 512 floats of a row
	stripTotal0     = StripEnd + 2                  // adds the accumulators in registers, as stripTotal1, …2
	StripRow        = StripEnd + 5                  // the end of the program
	stripCodes      = StripEnd + 6
)

// StripSums returns the codes of sum i of a program, for level 0, and of its total. The first sums
// have their accumulators in registers where a level has so many: an addition to memory has to wait
// for the one before.
func (l Level) StripSums(i int) (sum, total StripCode) {
	const registers = StripCode(stripSum2 - stripSum0 + 1)
	if l == AVX512 && i < int(registers) {
		return stripSum0 + StripCode(i), stripTotal0 + StripCode(i)
	}
	return StripSum, StripTotal
}

// MostStripFloats is the number of floats of a strip on the widest level. The accumulators of a sum
// are as many; they have to be zero at first and are left zero.
const MostStripFloats = 64

// At returns the code of a load, a store, a sum or a function on a level.
func (c StripCode) At(level int) StripCode { return c + StripCode(level)*stripLevelCodes }

// Code returns the code of an operation on a level.
func (op StripOp) Code(operand StripOperand, level int) StripCode {
	return (stripMoves + StripCode(op)*StripCode(stripOperands) + StripCode(operand)).At(level)
}

// StripStep is a step of a strip program. Addresses are numbers, because those of the last row may
// lie beyond an array; whoever runs a program keeps its arrays alive. Assembly reads and writes it.
type StripStep struct {
	code uintptr
	At   uintptr // the address of the operand in the first row, nothing but read and written by runs
	Row  int     // bytes from there to the operand in the next row
	Sums uintptr // the address of accumulators, for StripSum and StripTotal
}

// Set makes s the step of a code.
func (s *StripStep) Set(l Level, c StripCode) { s.code = stripCode(l, c) }

// StripFloats returns the number of floats of a strip, 0 where there are no strip programs.
func (l Level) StripFloats() int {
	if l == Generic {
		return 0
	}
	return 4 * l.lanes()
}

// RunStrips runs a program over rows of a number of floats that is a multiple of a strip.
func (l Level) RunStrips(steps []StripStep, rows, floats int) {
	switch l {
	case AVX512:
		stripAVX512(&steps[0].code, len(steps), rows, 4*floats)
	case AVX2:
		stripAVX2(&steps[0].code, len(steps), rows, 4*floats)
	}
}
