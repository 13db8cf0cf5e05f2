package kernel

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// allLevels runs f for every level. A level that the machine or the build lacks is skipped, but fails if the
// environment variable GRADREG_CI_LEVELS, a comma-separated list, promises it.
func allLevels(t *testing.T, f func(t *testing.T, l Level)) {
	t.Helper()
	promised := strings.Split(os.Getenv("GRADREG_CI_LEVELS"), ",")
	for l := range levelNames {
		l := Level(l)
		t.Run("level="+l.String(), func(t *testing.T) {
			if !slices.Contains(Supported(), l) {
				if slices.Contains(promised, l.String()) {
					t.Fatalf("GRADREG_CI_LEVELS promises level %v, the highest here is %v", l, detected)
				}
				t.Skipf("level %v is not supported here", l)
			}
			f(t, l)
		})
	}
}

// benchLevels runs f for every supported level.
func benchLevels(b *testing.B, f func(b *testing.B, l Level)) {
	b.Helper()
	for _, l := range Supported() {
		b.Run("level="+l.String(), func(b *testing.B) { f(b, l) })
	}
}
