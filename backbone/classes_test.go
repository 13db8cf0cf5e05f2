package backbone_test

import (
	"strings"
	"testing"

	"github.com/gradreg/gradreg/backbone"
)

// TestClassNames checks the names that everybody knows by their numbers, and that there are none for
// other classes.
func TestClassNames(t *testing.T) {
	names := backbone.ClassNames(1000)
	if len(names) != 1000 || names[0] != "tench" || names[985] != "daisy" || names[999] != "toilet tissue" {
		t.Errorf("%d names", len(names))
	}
	seen := map[string]bool{}
	for i, name := range names {
		if seen[name] || name != strings.TrimSpace(name) || name == "" {
			t.Errorf("class %d is %q", i, name)
		}
		seen[name] = true
	}
	for _, classes := range []int{0, 5, 1001} {
		if names := backbone.ClassNames(classes); names != nil {
			t.Errorf("%d names of %d classes", len(names), classes)
		}
	}
}
