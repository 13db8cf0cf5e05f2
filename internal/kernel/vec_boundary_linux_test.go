package kernel

import (
	"math/rand/v2"
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// fence is memory between two pages without access: reading or writing a byte beside it ends the test with a
// fault.
type fence struct{ page []float32 }

// newFence returns a page of memory.
func newFence(t *testing.T) fence { return newFenceOf(t, 1) }

// newFenceOf returns some pages of memory.
func newFenceOf(t *testing.T, pages int) fence {
	t.Helper()
	page := os.Getpagesize()
	size := pages * page
	memory, err := unix.Mmap(-1, 0, size+2*page, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Munmap(memory); err != nil {
			t.Error(err)
		}
	})
	for _, outer := range [][]byte{memory[:page], memory[page+size:]} {
		if err := unix.Mprotect(outer, unix.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	return fence{unsafe.Slice((*float32)(unsafe.Pointer(&memory[page])), size/4)}
}

// atStart returns the first n floats, atEnd the last.
func (f fence) atStart(n int) []float32 { return f.page[:n:n] }
func (f fence) atEnd(n int) []float32   { return f.page[len(f.page)-n:] }

// TestNothingBesideOperandsIsTouched runs kernels on operands that start, then end, at a page without access.
func TestNothingBesideOperandsIsTouched(t *testing.T) {
	fences := []fence{newFence(t), newFence(t), newFence(t), newFence(t)}
	r := rand.New(rand.NewPCG(21, 22))
	operands := func(count, n int, place func(f fence, n int) []float32) [][]float32 {
		x := make([][]float32, count)
		for k := range x {
			x[k] = place(fences[k], n)
			copy(x[k], sample(r, n))
		}
		return x
	}
	allLevels(t, func(t *testing.T, l Level) {
		for n := range 4*16 + 2 {
			for _, place := range []func(fence, int) []float32{fence.atStart, fence.atEnd} {
				for _, c := range shapeCases() {
					x := operands(c.arrays, n, place)
					want := oneByOne(c, l, x)
					c.run(l, x)
					for k := range x {
						if i := firstDifference(x[k], want[k]); i >= 0 {
							t.Fatalf("%s of %d elements: element %d is %g, expected %g", c.name, n, i, x[k][i], want[k][i])
						}
					}
				}
				x := place(fences[0], n)
				l.Fill(x, 0.5) // sums of which are exact
				if got, want := l.Sum(x), 0.5*float32(n); got != want {
					t.Fatalf("Sum of %d halves = %g, expected %g", n, got, want)
				}
			}
		}
	})
}
