// Command prefetch writes the assembly that asks for memory.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

func main() {
	ConstraintExpr("!purego")
	TEXT("prefetchLines", NOSPLIT, "func(p *float32, lines int)")
	Pragma("noescape")
	p, lines := Load(Param("p"), GP64()), Load(Param("lines"), GP64())
	Label("line")
	PREFETCHT1(isa.Mem(p, 0))
	ADDQ(operand.Imm(64), p)
	DECQ(lines)
	JNZ(operand.LabelRef("line"))
	RET()
	Generate()
}
