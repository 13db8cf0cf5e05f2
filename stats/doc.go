// Package stats compares training methods by results that are paired by seed.
//
// A method's accuracies over seeds are a [Summary] with an [Interval] for their mean. Two methods
// are compared by the differences of runs that share a seed, and with it data, initialization and
// order of the batches: the effect of the seed cancels. [Compare] gives for each method the
// mean difference to a baseline, a bootstrap interval and the p value of the sign-flip permutation
// test, corrected by Holm's method over the comparisons that stand in one table.
//
// Everything is a function of its arguments: random resamples come from a counter-based generator
// with a given key.
//
// # A further test or interval
//
// It is a function of its arguments in a file beside permutation.go, and takes a key where it
// resamples. TestSciPy compares with values that tools/golden/stats.py took from SciPy,
// TestCoverage and TestNull with the promised rates on simulated data, TestDeterminism with itself.
// An interval by resampling is a constant and a case in bootstrap.go.
package stats
