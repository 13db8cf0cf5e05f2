//go:build !amd64 || purego

package kernel

// detected is the highest level of this build.
const detected = Generic
