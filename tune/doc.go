// Package tune finds the λ of a regularizer without a grid of full runs. [Lambda] replaces the word auto in a
// configuration by a number, at the price of less than two further runs, with dev images only.
package tune
