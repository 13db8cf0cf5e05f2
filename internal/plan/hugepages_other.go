//go:build !linux

package plan

// adviseHugePages does nothing: only Linux takes advice on single ranges.
func adviseHugePages([]float32) {}
