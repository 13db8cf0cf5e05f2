package picture

import "slices"

// HasContrast reports whether an image of bytes [channels, H, W] shows anything: whether the values of a channel differ by
// more than 1, which rounding can make of a surface of one colour.
func HasContrast(planes []byte, channels int) bool {
	if channels < 1 || len(planes) < channels {
		return false
	}
	for plane := range slices.Chunk(planes, len(planes)/channels) {
		if slices.Max(plane)-slices.Min(plane) > 1 {
			return true
		}
	}
	return false
}
