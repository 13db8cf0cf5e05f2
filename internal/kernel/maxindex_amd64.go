//go:build amd64 && !purego

package kernel

import "unsafe"

// maxIndexThrees goes over the planes as a convolution of the same geometry does.
func (l Level) maxIndexThrees(g *Conv, dst []int32, src []float32) {
	a, lanes := g.newDepthwiseArgs(src, nil, nil), l.depthwiseLanes(g.OW)
	a.y, a.wPlane = (*float32)(unsafe.Pointer(firstOffset(dst))), 0
	a.first = -g.PT
	a.run(
		maxIndexes, l.depthwiseKernel(g, lanes)/4, (g.OW+lanes-1)/lanes, lanes, g.OW,
		func(b int) depthwiseBlock { return g.forwardBlock(b, lanes) },
	)
}

// maxIndexKernel calls the kernel of a set of instructions.
func maxIndexKernel(number int, a *uintptr) {
	switch number {
	case 0:
		maxIndexAVX512_16x3x2(a)
	case 1:
		maxIndexAVX512_8x3x2(a)
	case 2:
		maxIndexAVX2_8x3x2(a)
	}
}
