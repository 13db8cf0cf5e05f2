//go:build unix

package boundedfile

import "syscall"

// nonblocking lets a pipe that took the file's place after the look at it be opened without waiting
// for a writer.
const nonblocking = syscall.O_NONBLOCK
