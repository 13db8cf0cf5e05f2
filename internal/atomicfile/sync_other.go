//go:build !unix

package atomicfile

// syncDir does nothing where folders cannot be synced; there a rename is durable by itself.
func syncDir(string) error { return nil }
