package gradreg

import "github.com/gradreg/gradreg/internal/spec"

// Interval is where the λ of a regularizer lies, from 0 on, and where a search for it begins. The
// zero value is that of the weight of a penalty: it has no bound, and a search begins where loss
// and penalty have gradients of one size.
type Interval struct {
	// Most is the largest λ, 0 for none; with the option every=k the largest λ·k, the weight of a
	// step. Exclusive: Most itself is not allowed.
	Most      float64
	Exclusive bool
	// First is set where λ is a rate or a size, about which gradients say nothing: a search begins
	// there. Its further candidates are Step apart or, if that is 0, half a decade.
	First, Step float64
}

// String returns the interval, as in 0 ≤ λ < 1.
func (i Interval) String() string {
	switch {
	case i.Most == 0:
		return "λ ≥ 0"
	case i.Exclusive:
		return "0 ≤ λ < " + spec.Format(i.Most)
	}
	return "0 ≤ λ ≤ " + spec.Format(i.Most)
}
