//go:build !amd64 || purego

package kernel

// pause does nothing where there is no assembly: the loop around it waits as well.
func pause(int) {}
