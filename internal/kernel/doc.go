// Package kernel holds the float32 kernels a compiled program is made of.
//
// Every kernel is a method of a [Level], so that the choice of the instruction set is a value: a
// program compiled for one level runs on that level, a test runs all of them. Beside the assembly
// stands portable Go of the same meaning, which is also the oracle of the tests.
//
// # Memory
//
// Tensors are row-major and dense. Kernels that read whole vectors may read, never write, up to
// [Slack] floats past the end of an operand; the allocator of the plan provides them.
//
// # Determinism
//
// A kernel's result depends on its arguments and its level only. No kernel knows the number of
// threads.
//
// # A further kernel
//
// It is a method of [Level] with a portable body in a file ending in generic.go, a generator under
// _asm, and the committed assembly that go generate makes of it. A row in the table of vec_test.go
// or a test beside gemm_test.go compares every level with float64 within a stated bound;
// TestNothingBesideOperandsIsTouched and its like put operands beside guard pages. A further level
// is a constant in level.go, its detection in level_amd64.go, and a case in each kernel that has
// one; the others run the kernel of the level below.
package kernel
