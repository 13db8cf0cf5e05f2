package assess

import "math"

// Calibrated returns the least NLL over temperatures from 1/20 to 20, and the temperature (Guo et
// al. 2017, section 4.2): how well classes are told apart, whatever the confidence that a
// regularizer takes away. The NLL is convex in 1/temperature; golden sections find it to four
// digits.
func (l *Logits) Calibrated() (nll, temperature float64) {
	inverse := (math.Sqrt(5) - 1) / 2
	low, high := math.Log(1.0/20), math.Log(20.0)
	at := func(log float64) float64 { return l.NLL(math.Exp(log)) }
	a, b := high-inverse*(high-low), low+inverse*(high-low)
	fa, fb := at(a), at(b)
	for high-low > 1e-4 {
		if fa < fb {
			high, b, fb = b, a, fa
			a = high - inverse*(high-low)
			fa = at(a)
		} else {
			low, a, fa = a, b, fb
			b = low + inverse*(high-low)
			fb = at(b)
		}
	}
	return at((low + high) / 2), math.Exp((low + high) / 2)
}
