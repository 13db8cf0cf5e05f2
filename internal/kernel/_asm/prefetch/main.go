// Command prefetch writes the assembly that asks for memory before it is needed.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

func main() {
	ConstraintExpr("!purego")
	TEXT("prefetch", NOSPLIT, "func(x *float32, lines int)")
	Pragma("noescape")
	x, lines := Load(Param("x"), GP64()), Load(Param("lines"), GP64())
	Label("line")
	PREFETCHT1(isa.Mem(x, 0))
	ADDQ(operand.Imm(64), x)
	DECQ(lines)
	JNZ(operand.LabelRef("line"))
	RET()
	Generate()
}
