package kernel

import (
	"math/rand/v2"
	"testing"
)

// TestExpandAndFoldStayInside runs both on images, expanded images and scratch that begin, then end,
// beside a page without access.
func TestExpandAndFoldStayInside(t *testing.T) {
	const pages = 40
	image, planes, scratch := newFenceOf(t, pages), newFenceOf(t, pages), newFenceOf(t, pages)
	allLevels(t, func(t *testing.T, l Level) {
		for _, g := range geometries(rand.New(rand.NewPCG(15, 16))) {
			if g.ExpandedSize()+Slack > len(planes.page) || g.C*g.H*g.W > len(image.page) {
				continue
			}
			for _, place := range []func(fence, int) []float32{fence.atStart, fence.atEnd} {
				x, xp := place(image, g.C*g.H*g.W), place(planes, g.ExpandedSize()+Slack)
				l.Expand(&g, xp, x)
				l.Fold(&g, x, xp, place(scratch, g.FoldScratch()))
			}
		}
	})
}
