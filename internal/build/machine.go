package build

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/klauspost/cpuid/v2"
)

// Machine describes the machine: the processor's name, or where it tells none its architecture, and
// the number of its threads that the program may use.
func Machine() string {
	name := strings.Join(strings.Fields(cpuid.CPU.BrandName), " ")
	if name == "" {
		name = runtime.GOARCH
	}
	return fmt.Sprintf("%s, %d threads", name, runtime.NumCPU())
}
