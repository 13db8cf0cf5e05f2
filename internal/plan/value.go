package plan

import "unsafe"

// value is a tensor that a program keeps in memory.
type value struct {
	name string
	size int // floats

	// Where it lies. A persistent value keeps its content between runs; a local value exists once
	// per worker, for one chunk at a time; all others share the program's arena.
	place  placement
	offset int       // within the arena or the worker's memory
	data   []float32 // set for all but local values once memory is laid out

	overwrites *value // the state that it overwrites

	def     *node   // the node that computes it, nil for leaves
	readers []*node // the nodes that read it
}

type placement uint8

const (
	placeArena placement = iota
	placeLocal
	placePersistent
	placeNowhere // it never leaves registers
)

// slab returns the elements of slabs lo…hi−1 of n, as the running chunk sees them.
func (v *value) slab(c *chunk, lo, hi, n int) []float32 {
	per := v.size / n
	if v.place == placeLocal {
		base := v.offset + (lo-c.first)*per
		return c.worker.local[base : base+(hi-lo)*per]
	}
	return v.data[lo*per : hi*per]
}

// arg returns what an argument shows of v to slabs lo…hi−1: those slabs if it is aligned, else all.
func (v *value) arg(c *chunk, aligned bool, lo, hi, n int) []float32 {
	if aligned {
		return v.slab(c, lo, hi, n)
	}
	return v.slab(c, 0, 1, 1)
}

// ints views floats as the int32 that Int values are stored as.
func ints(s []float32) []int32 {
	if len(s) == 0 {
		return nil
	}
	return unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(s))), len(s))
}

// misalignment returns how many floats of raw come before the first one at a cache line.
func misalignment(raw []float32) int {
	const line = alignment * 4
	at := uintptr(unsafe.Pointer(unsafe.SliceData(raw))) % line
	return int((line - at) % line / 4)
}
