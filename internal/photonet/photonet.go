// Package photonet holds what the published networks for photos are made of, for package model,
// which builds them, and package backbone, which recognizes their weights.
//
// # A further network
//
// Its stages are a variable or a function here, its builder a type in package model, its names a
// row of the table in package backbone.
package photonet

import "math"

// ResNet are the blocks of the four stages by depth (He et al. 2016, table 1).
var ResNet = map[int][4]int{18: {2, 2, 2, 2}, 34: {3, 4, 6, 3}, 50: {3, 4, 6, 3}}

// Stage are inverted residual blocks of one kind. The first of them has the stride.
type Stage struct{ Expand, Kernel, Stride, Channels, Blocks int }

// MobileNetV2 are the stages of width 1 (Sandler et al. 2018, arXiv 1801.04381, table 2).
var MobileNetV2 = []Stage{
	{1, 3, 1, 16, 1}, {6, 3, 2, 24, 2}, {6, 3, 2, 32, 3}, {6, 3, 2, 64, 4}, {6, 3, 1, 96, 3},
	{6, 3, 2, 160, 3}, {6, 3, 1, 320, 1},
}

// lite are the stages of EfficientNet-Lite0.
var lite = []Stage{
	{1, 3, 1, 16, 1}, {6, 3, 2, 24, 2}, {6, 5, 2, 40, 2}, {6, 3, 2, 80, 3}, {6, 5, 1, 112, 3},
	{6, 5, 2, 192, 4}, {6, 3, 1, 320, 1},
}

// Lites are the variants of EfficientNet-Lite: factors of the channels, and of the blocks but of the
// first and the last stage, and the side of the images that they were made for.
var Lites = []struct {
	Width, Depth float64
	Size         int
}{{1, 1, 224}, {1, 1.1, 240}, {1.1, 1.2, 260}}

// EfficientNetLite returns the stages of a variant.
func EfficientNetLite(variant int) []Stage {
	stages := Wider(lite, Lites[variant].Width)
	for i := 1; i < len(stages)-1; i++ {
		stages[i].Blocks = int(math.Ceil(float64(stages[i].Blocks) * Lites[variant].Depth))
	}
	return stages
}

// Wider returns stages with a factor of the channels, rounded by [Channels].
func Wider(stages []Stage, factor float64) []Stage {
	wider := make([]Stage, len(stages))
	for i, s := range stages {
		s.Channels = Channels(float64(s.Channels) * factor)
		wider[i] = s
	}
	return wider
}

// Channels returns the multiple of 8 nearest to a number of channels, at least 8 and 90 % of it:
// what the published networks have.
func Channels(channels float64) int {
	n := max(8, int(channels+4)/8*8)
	if float64(n) < 0.9*channels {
		n += 8
	}
	return n
}
