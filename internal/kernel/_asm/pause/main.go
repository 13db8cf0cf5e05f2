// Command pause writes the instruction by which a waiting loop tells the processor that it waits.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
)

func main() {
	ConstraintExpr("!purego")
	TEXT("pause", NOSPLIT, "func(times int)")
	times := Load(Param("times"), GP64())
	Label("again")
	PAUSE()
	DECQ(times)
	JNZ(operand.LabelRef("again"))
	RET()
	Generate()
}
