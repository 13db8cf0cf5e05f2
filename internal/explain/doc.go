// Package explain shows how a regularizer's formula is compiled: the straight-line program that
// differentiation derives from it, the program after each pass of the compiler, the list of kernel
// calls at the end, and pictures of both graphs.
//
// # A further view
//
// It is a function of a [Derivation]: a list, a drawing or a sentence. TestEveryRegularizer runs
// the views on the whole registry; TestMeanings demands a sentence for each value of options that
// several regularizers share.
package explain
