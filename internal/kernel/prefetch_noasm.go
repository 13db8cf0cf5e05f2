//go:build !amd64 || purego

package kernel

func prefetch([]float32, int) {}
