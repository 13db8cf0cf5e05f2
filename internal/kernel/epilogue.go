package kernel

// Epilogue is what a kernel does to a result before it stores it: it adds a term to each row, of a
// depthwise convolution to each channel, and then clamps. Both are optional. Each is rounded as an
// operation of its own would be, so that the bits are those of separate passes over memory.
type Epilogue struct {
	Terms []float32 // of the rows
	Clamp *Clamp
}

// Clamp limits numbers to Low … High. What is no number becomes Low, and so does a zero of the other
// sign where Low is zero.
type Clamp struct{ Low, High float32 }

// of returns the limited number.
func (c *Clamp) of(x float32) float32 {
	if !(x > c.Low) {
		x = c.Low
	}
	if x < c.High {
		return x
	}
	return c.High
}

// bounds returns the address of Low, which High follows, or nil.
func (c *Clamp) bounds() *float32 {
	if c == nil {
		return nil
	}
	return &c.Low
}

// Rows returns the epilogue of rows first … first+n−1.
func (e Epilogue) Rows(first, n int) Epilogue {
	if e.Terms != nil {
		e.Terms = e.Terms[first : first+n]
	}
	return e
}

// generic is the epilogue of m rows of n numbers, step apart, in portable Go.
func (e Epilogue) generic(c []float32, step, m, n int) {
	for i := range m {
		row := c[i*step:][:n]
		if e.Terms != nil {
			for j := range row {
				row[j] += e.Terms[i]
			}
		}
		if e.Clamp != nil {
			for j, x := range row {
				row[j] = e.Clamp.of(x)
			}
		}
	}
}
