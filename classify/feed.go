package classify

// batch is a batch in the memory of a feed.
type batch struct {
	images  []float32
	labels  []int32
	targets []float32 // of a task without classes [B, K]
	share   float64   // of the first image of each mixed pair
}

// newBatch returns memory for images of pixels numbers.
func newBatch(size, pixels int) *batch {
	return &batch{images: make([]float32, size*pixels), labels: make([]int32, size)}
}
