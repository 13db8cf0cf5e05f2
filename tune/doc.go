// Package tune finds the λ of regularizers without a grid of full runs. [Lambda] replaces the word
// auto in a configuration by numbers, for at most 2.35 further runs each, with dev images only.
//
// A search probes places of a [ladder], from which λ follows: short runs at every place, then
// longer ones in the neighbourhood of the best. Places lie half a step apart, so that place 0.5 of
// a weight is √10 times its place 0:
//
//	place      0      0.5     1      1.5     2
//	weight     scale  3.2·    10·    32·     100·scale    scale: gradients of loss and penalty are of one size
//	rate       0.1    0.3     0.5    0.7     0.9          as the regularizer's Interval says
//
// Places whose λ lies outside the interval are left out. λ = 0, no penalty, is at the lower end of
// every ladder, and among the longer runs.
//
// # A further kind of ladder
//
// Where a regularizer's λ may lie, and where a search begins, is the [gradreg.Interval] of its row;
// no code here knows a regularizer. A further rule of the search is a round beside those of
// round.go. Rules change which λ is found, so they raise [SearchVersion], which is part of a
// study's identity. TestInside and TestResolved walk all regularizers.
package tune
