//go:build !amd64 || purego

package kernel

// Without assembly every level is Generic, and none of these is reached.

func stripCode(Level, StripCode) uintptr { return 0 }

func stripAVX512(*uintptr, int, int, int) {}

func stripAVX2(*uintptr, int, int, int) {}
