//go:build amd64 && !purego

package kernel

import "fmt"

// stripRoutines are the addresses of the routines of each level.
var stripRoutines = func() (at [AVX512 + 1][stripCodes]uintptr) {
	stripCodesAVX2(&at[AVX2][0])
	stripCodesAVX512(&at[AVX512][0])
	return at
}()

// stripCode returns the address of a routine.
func stripCode(l Level, c StripCode) uintptr {
	at := stripRoutines[l][c]
	if at == 0 {
		panic(fmt.Sprintf("strip code %d does not exist at level %v", c, l))
	}
	return at
}
