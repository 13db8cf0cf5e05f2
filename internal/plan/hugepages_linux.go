package plan

import (
	"syscall"
	"unsafe"
)

// hugePage is the size in floats of a large page of memory.
const hugePage = 2 << 20 / 4

// adviseHugePages asks for large pages behind x: a step walks through more memory than the
// processor can remember translations of small ones. It is advice; where the system does not take
// it, nothing is lost.
func adviseHugePages(x []float32) {
	if len(x) >= 2*hugePage {
		_ = syscall.Madvise(unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), 4*len(x)), syscall.MADV_HUGEPAGE)
	}
}
