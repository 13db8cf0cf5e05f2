//go:build unix

package cli

import (
	"os"
	"runtime/debug"
	"syscall"
)

// abortOnFatal makes what Go's runtime cannot survive, such as memory that has run out, end the
// process by SIGABRT. Its own exit code would be 2, which stands for unusable input here. Go's
// stacks say more than a core file, which can be as large as the memory was.
func abortOnFatal() {
	if os.Getenv("GOTRACEBACK") != "" {
		return // who sets it knows what to expect
	}
	debug.SetTraceback("crash")
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_CORE, &limit) == nil {
		limit.Cur = 0
		_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &limit) // without it there may be a core file
	}
}
