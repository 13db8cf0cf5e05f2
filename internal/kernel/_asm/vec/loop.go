package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// access reads and writes the vector at the current place of an array.
type access struct {
	load  func(base reg.Register) reg.VecVirtual
	store func(x reg.VecVirtual, base reg.Register)
}

// whole returns the access to full vectors at byte offset p + disp.
func (v vec) whole(p reg.Register, disp int) access {
	return access{
		load: func(base reg.Register) reg.VecVirtual {
			x := v.Vec()
			VMOVUPS(isa.Indexed(base, p, 1, disp), x)
			return x
		},
		store: func(x reg.VecVirtual, base reg.Register) { VMOVUPS(x, isa.Indexed(base, p, 1, disp)) },
	}
}

// part returns the access to the selected lanes at byte offset p. Lanes that are not selected load
// zero.
func (v vec) part(p reg.Register, sel isa.Mask) access {
	return access{
		load:  func(base reg.Register) reg.VecVirtual { return v.Load(isa.Indexed(base, p, 1, 0), sel) },
		store: func(x reg.VecVirtual, base reg.Register) { v.Store(x, isa.Indexed(base, p, 1, 0), sel) },
	}
}

// each writes a loop over n elements: body is written twice, for whole vectors and for the tail.
func (v vec) each(n reg.GPVirtual, body func(at access)) {
	p, vectors := GP64(), GP64()
	XORQ(p, p)
	MOVQ(n, vectors)
	SHRQ(operand.Imm(v.Shift()), vectors)
	JZ(operand.LabelRef("tail"))
	Label("loop")
	body(v.whole(p, 0))
	ADDQ(operand.Imm(uint64(4*v.Lanes)), p)
	DECQ(vectors)
	JNZ(operand.LabelRef("loop"))
	Label("tail")
	body(v.part(p, v.TailMask(n, "done")))
	Label("done")
	VZEROUPPER()
	RET()
}

// array loads the pointer parameter of that name.
func array(name string) reg.Register { return Load(Param(name), GP64()) }

// length loads the parameter n.
func length() reg.GPVirtual { return Load(Param("n"), GP64()).(reg.GPVirtual) }

// spread returns a vector of the float parameter of that name.
func (v vec) spread(name string) reg.VecVirtual {
	at, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	x := v.Vec()
	VBROADCASTSS(at.Addr, x)
	return x
}
