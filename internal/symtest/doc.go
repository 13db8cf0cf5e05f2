// Package symtest makes random expressions, to test code that differentiates, rewrites or compiles
// expressions.
//
// # What is random
//
// [Random] grows a pool of float expressions. A move takes some of them, builds a new one with some
// operation, at random axes, strides, paddings and broadcasts, and the new one enters the pool
// unless it is refused:
//
//	pool ──pick──▶ move ──▶ an error of package sym?       dropped; it must not be a panic
//	  ▲                     too large, or ill-conditioned?  dropped
//	  └─────────────────────────── entered
//
// Derivatives are moves, too, so that an expression holds derivatives of derivatives.
//
// # The one invariant
//
// Every expression of the pool is well-conditioned: rounding every intermediate result to float32
// moves no element by more than 1e-5 of the largest one. Comparisons and maxima are decided with a
// margin, or between numbers that are only moved about and hence the same in every arithmetic. So
// float32 results can be compared with the float64 reference under a fixed tolerance.
//
// # A further move
//
// It is a method of the builder in moves.go and an entry of the list there, as often as it should
// be tried. TestRandom demands that random graphs hold every operation at least five times.
package symtest
