// Command strip writes the assembly of the machine that runs element-wise programs strip by strip.
//
// Every operation is a routine that ends with a jump to the next one. SI is the step that runs, DI
// the first one, DX the byte offset within the row, R8 the end of the block, CX that of the row, R9
// the rows that are left, R10 the number of steps; AX and BX are free. Lane groups T0, T1 and T2
// are four registers each; AVX-512 has accumulators of three sums in Z20 to Z31.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"

	"github.com/gradreg/gradreg/internal/kernel/_asm/isa"
)

// A strip is four vectors; levels are the groups of registers that hold one each.
const (
	vectors = 4
	levels  = 3
)

// The fields of a step, and its size in bytes.
const (
	stepCode = 0  // of the operation
	stepAt   = 8  // address of its operand
	stepRow  = 16 // bytes from an operand of one row to that of the next
	stepSums = 24 // address of accumulators
	stepSize = 32
)

// blockBytes is the part of a row that is summed at a time: 512 floats.
const blockBytes = 2048

// machine writes the routines of one instruction set.
type machine struct {
	isa.Set
	codes []string // of the routines, in the order of their numbers
}

func main() {
	ConstraintExpr("!purego")
	for _, s := range []isa.Set{isa.AVX512, isa.AVX2} {
		m := &machine{Set: s}
		m.operations()
		m.flow()
		m.table()
		m.start()
	}
	Generate()
}

// vec returns vector register i.
func (m *machine) vec(i int) reg.VecPhysical {
	if m.Lanes == 16 {
		return []reg.VecPhysical{
			reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
			reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
		}[i]
	}
	return []reg.VecPhysical{
		reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
		reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
	}[i]
}

// lane returns vector i of a level; the one above the highest is free.
func (m *machine) lane(level, i int) reg.VecPhysical { return m.vec(vectors*level + i) }

// bytes returns the size of a vector.
func (m *machine) bytes() int { return 4 * m.Lanes }

// routine begins the next operation and notes its code.
func (m *machine) routine(name string) {
	name = "strip" + name + m.Name
	m.codes = append(m.codes, name)
	TEXT(name, NOSPLIT|NOFRAME, "func()")
}

// next ends an operation.
func next() {
	ADDQ(operand.Imm(stepSize), reg.RSI)
	jump()
}

// jump goes to the operation of the step in SI.
func jump() {
	MOVQ(isa.Mem(reg.RSI, stepCode), reg.RAX)
	Instruction(&ir.Instruction{Opcode: "JMP", Operands: []operand.Op{reg.RAX}, IsTerminal: true})
}

// at loads the address of the step's operand.
func at() { MOVQ(isa.Mem(reg.RSI, stepAt), reg.RBX) }

// flow writes what ends strips, sums and rows.
func (m *machine) flow() {
	m.routine("End")
	Comment("The end of a strip.")
	ADDQ(operand.U32(uint32(vectors*m.bytes())), reg.RDX)
	CMPQ(reg.RDX, reg.R8)
	JGE(operand.LabelRef("block"))
	MOVQ(reg.RDI, reg.RSI)
	jump()
	Label("block")
	next()

	m.routine("Total")
	Comment("The end of a block: lanes are added up, accumulators start again.")
	MOVQ(isa.Mem(reg.RSI, stepSums), reg.RAX)
	a, b := m.vec(0), m.vec(1)
	VMOVUPS(isa.Mem(reg.RAX, 0), a)
	VADDPS(isa.Mem(reg.RAX, m.bytes()), a, a)
	VMOVUPS(isa.Mem(reg.RAX, 2*m.bytes()), b)
	VADDPS(isa.Mem(reg.RAX, 3*m.bytes()), b, b)
	VADDPS(b, a, a)
	m.total()
	VXORPS(reg.Y1, reg.Y1, reg.Y1)
	for i := range vectors * m.bytes() / 32 {
		VMOVUPS(reg.Y1, isa.Mem(reg.RAX, 32*i))
	}
	next()
	for k := range registerSums {
		if m.Lanes != 16 {
			m.codes = append(m.codes, "")
			continue
		}
		m.routine(fmt.Sprintf("Total%d", k))
		VADDPS(sumRegister(k, 1), sumRegister(k, 0), a)
		VADDPS(sumRegister(k, 3), sumRegister(k, 2), b)
		VADDPS(b, a, a)
		m.total()
		clear(k)
		next()
	}

	m.routine("Row")
	Comment("The end of a block's totals: the next block, the next row, or the end.")
	ADDQ(operand.U32(blockBytes), reg.R8)
	CMPQ(reg.RDX, reg.RCX)
	JGE(operand.LabelRef("row"))
	Label("strip")
	CMPQ(reg.R8, reg.RCX)
	CMOVQGT(reg.RCX, reg.R8)
	MOVQ(reg.RDI, reg.RSI)
	jump()
	Label("row")
	DECQ(reg.R9)
	JZ(operand.LabelRef("done"))
	XORQ(reg.RDX, reg.RDX)
	MOVQ(operand.U32(blockBytes), reg.R8)
	MOVQ(reg.RDI, reg.RSI)
	MOVQ(reg.R10, reg.RAX)
	Label("step")
	MOVQ(isa.Mem(reg.RSI, stepRow), reg.RBX)
	ADDQ(reg.RBX, isa.Mem(reg.RSI, stepAt))
	ADDQ(operand.Imm(stepSize), reg.RSI)
	DECQ(reg.RAX)
	JNZ(operand.LabelRef("step"))
	JMP(operand.LabelRef("strip"))
	Label("done")
	VZEROUPPER()
	RET()
}

// total adds the lanes of vector 0 to the step's scalar.
func (m *machine) total() {
	at()
	if m.Lanes == 16 {
		VEXTRACTF64X4(operand.Imm(1), reg.Z0, reg.Y1)
		VADDPS(reg.Y1, reg.Y0, reg.Y0)
	}
	VEXTRACTF128(operand.Imm(1), reg.Y0, reg.X1)
	VADDPS(reg.X1, reg.X0, reg.X0)
	VPERMILPS(operand.Imm(0x0E), reg.X0, reg.X1)
	VADDPS(reg.X1, reg.X0, reg.X0)
	VPERMILPS(operand.Imm(0x01), reg.X0, reg.X1)
	VADDSS(reg.X1, reg.X0, reg.X0)
	VADDSS(isa.Mem(reg.RBX, 0), reg.X0, reg.X0)
	VMOVSS(reg.X0, isa.Mem(reg.RBX, 0))
}

// clear sets the accumulators of sum k to zero.
func clear(k int) {
	for i := range vectors {
		r := sumRegister(k, i)
		VPXORD(r, r, r)
	}
}

// table writes the function that tells where routines are.
func (m *machine) table() {
	TEXT("stripCodes"+m.Name, NOSPLIT, "func(codes *uintptr)")
	Pragma("noescape")
	to := Load(Param("codes"), GP64())
	code := GP64()
	for i, name := range m.codes {
		if name == "" {
			continue
		}
		LEAQ(operand.Mem{Symbol: operand.Symbol{Name: "\u00b7" + name}, Base: reg.StaticBase}, code)
		MOVQ(code, isa.Mem(to, 8*i))
	}
	RET()
}

// start writes the function that runs a program.
func (m *machine) start() {
	TEXT("strip"+m.Name, NOSPLIT, "func(steps *uintptr, n int, rows int, rowBytes int)")
	Pragma("noescape")
	Load(Param("steps"), reg.RDI)
	Load(Param("n"), reg.R10)
	Load(Param("rows"), reg.R9)
	Load(Param("rowBytes"), reg.RCX)
	XORQ(reg.RDX, reg.RDX)
	MOVQ(operand.U32(blockBytes), reg.R8)
	CMPQ(reg.R8, reg.RCX)
	CMOVQGT(reg.RCX, reg.R8)
	MOVQ(reg.RDI, reg.RSI)
	for k := range registerSums {
		if m.Lanes == 16 {
			clear(k)
		}
	}
	jump()
}

// name returns the name of an operation on a level.
func name(op, kind string, level int) string { return fmt.Sprintf("%s%s%d", op, kind, level) }
