//go:build !unix

package boundedfile

// nonblocking is nothing where pipes do not stand among files.
const nonblocking = 0
