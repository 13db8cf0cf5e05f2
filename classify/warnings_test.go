package classify_test

import (
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
)

// TestDoubtfulUnits checks that steps of a byte, where units of the normalized input are meant, are
// doubted and not refused.
func TestDoubtfulUnits(t *testing.T) {
	for text, doubted := range map[string]bool{
		"input-noise:25": true, "input-noise:0.5": false, "adversarial:1,phi=16,direction=sign": true,
		"adversarial:1,phi=16": false, "adversarial:1,phi=0.1,direction=sign": false, "adversarial:0,phi=16,direction=sign": false,
	} {
		cfg := classify.Default()
		cfg.Regularizers = gradreg.Specs(text)
		if err := cfg.Validate(); err != nil {
			t.Fatal(err)
		}
		list := cfg.Warnings()
		if (len(list) == 1 && strings.Contains(list[0], "steps of a byte")) != doubted || !doubted && len(list) > 0 {
			t.Errorf("%s: %q", text, list)
		}
	}
}
