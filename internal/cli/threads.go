package cli

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
)

// threadsFlag adds --threads.
func threadsFlag(cmd *cobra.Command, threads *int) {
	cmd.Flags().IntVar(threads, "threads", 0, "worker threads; 0 for one per processor (GRADREG_THREADS)")
}

// threadCount returns the number of workers that flag and environment ask for, 0 for the default.
func (a *app) threadCount(cmd *cobra.Command, flag int) (int, error) {
	if flag < 0 || flag > maxThreads {
		return 0, usage{fmt.Errorf("--threads is %d, expected 0 to %d", flag, maxThreads)}
	}
	env := a.getenv("GRADREG_THREADS")
	if cmd.Flags().Changed("threads") || env == "" {
		return flag, nil
	}
	n, err := strconv.Atoi(env)
	if err != nil || n < 0 || n > maxThreads {
		return 0, usage{fmt.Errorf("GRADREG_THREADS is %q, expected 0 to %d", env, maxThreads)}
	}
	return n, nil
}

// maxThreads keeps a slip of the hand from starting more workers than any machine has processors.
const maxThreads = 1024
