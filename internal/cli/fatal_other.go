//go:build !unix

package cli

// abortOnFatal does nothing: without signals Go's runtime ends with its own exit code.
func abortOnFatal() {}
