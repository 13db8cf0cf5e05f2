package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// gather writes a loop over n elements that adds into four accumulators: of each four vectors,
// vector i goes to accumulator i; the one to three vectors that are left go to the first, the tail
// to the second.
func (v vec) gather(n reg.GPVirtual, add func(i int, at access, tail isa.Mask)) {
	p, blocks, left := GP64(), GP64(), GP64()
	XORQ(p, p)
	MOVQ(n, blocks)
	SHRQ(operand.Imm(v.Shift()+2), blocks)
	JZ(operand.LabelRef("vectors"))
	Label("loop")
	for i := range 4 {
		add(i, v.whole(p, 4*v.Lanes*i), isa.Mask{})
	}
	ADDQ(operand.U32(uint32(16*v.Lanes)), p)
	DECQ(blocks)
	JNZ(operand.LabelRef("loop"))
	Label("vectors")
	MOVQ(n, left)
	SHRQ(operand.Imm(v.Shift()), left)
	ANDQ(operand.Imm(3), left)
	JZ(operand.LabelRef("tail"))
	Label("next")
	add(0, v.whole(p, 0), isa.Mask{})
	ADDQ(operand.Imm(uint64(4*v.Lanes)), p)
	DECQ(left)
	JNZ(operand.LabelRef("next"))
	Label("tail")
	sel := v.TailMask(n, "done")
	add(1, v.part(p, sel), sel)
	Label("done")
}

// sum writes the sum of x.
func (v vec) sum() {
	TEXT("sum"+v.Name, NOSPLIT, "func(x *float32, n int) float32")
	Pragma("noescape")
	x, n, acc := array("x"), length(), v.zeros()
	v.gather(n, func(i int, at access, _ isa.Mask) { VADDPS(at.load(x), acc[i], acc[i]) })
	v.returnTotal(acc)
}

// zeros returns four accumulators.
func (v vec) zeros() [4]reg.VecVirtual {
	return [4]reg.VecVirtual{v.Zero(), v.Zero(), v.Zero(), v.Zero()}
}

// returnTotal returns the sum of all lanes: (0 + 1) + (2 + 3), then halves onto halves.
func (v vec) returnTotal(acc [4]reg.VecVirtual) {
	VADDPS(acc[1], acc[0], acc[0])
	VADDPS(acc[3], acc[2], acc[2])
	VADDPS(acc[2], acc[0], acc[0])
	returnFirst(v.LanesSum(acc[0]))
}

// returnFirst returns lane 0.
func returnFirst(x reg.VecVirtual) {
	result, err := ReturnIndex(0).Resolve()
	if err != nil {
		panic(err)
	}
	VMOVSS(x, result.Addr)
	VZEROUPPER()
	RET()
}
