package kernel

// peakGeneric runs independent scalar multiply-adds and returns how many operations they were.
func peakGeneric(iterations int) int {
	var a, b, c, d float32
	x := float32(iterations&1) * 0.5
	for range iterations {
		a = a*x + x
		b = b*x + x
		c = c*x + x
		d = d*x + x
	}
	if a+b+c+d < 0 { // keeps the loop: the sums are not negative
		return 0
	}
	return 8 * iterations
}
