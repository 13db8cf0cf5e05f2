// Package regtest checks that a [gradreg.Regularizer] keeps the interface's promises, as
// testing/fstest does for file systems. One call tests a type of your own:
//
//	func TestMine(t *testing.T) { regtest.Conformance(t, Mine{Weight: 1}) }
//
// The checks run on six small classifiers that together have convolutions, pooling, batch and
// group norm, dropout, a residual connection and dense layers; a regularizer that needs a dropout
// layer is tested on those that have one. The most valuable one compares the penalty's gradient
// with respect to every parameter with difference quotients: a penalty that is cut off from the
// graph looks right and does nothing.
//
// # A further check
//
// It is a function beside gradient.go that takes a regularizer and returns an error, and a row of
// [Checks]. TestRegistry runs it on every regularizer of the registry. TestBroken needs a wrong
// regularizer that the check refuses, so that the check can fail.
package regtest
