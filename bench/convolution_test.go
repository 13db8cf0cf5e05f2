package bench

import (
	"strings"
	"testing"

	"github.com/gradreg/gradreg/engine"
)

// TestConvolution checks that convolutions are computed by their definition where that is asked for,
// and that nothing else can be.
func TestConvolution(t *testing.T) {
	for choice, direct := range map[engine.Convolution]bool{"": false, "auto": false, "direct": true} {
		on, err := Options{Level: "generic", Convolution: choice}.engine(1)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Workloads()[1].newStep("plain")
		if err != nil {
			t.Fatal(err)
		}
		p, err := on.Compile(s.Step(nil))
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if text := p.(engine.Lister).Listing(0); strings.Contains(text, "F(4x4,5x5)") == direct {
			t.Errorf("%q:\n%s", choice, text)
		}
	}
	err := Options{Rounds: 1, Seconds: 1, Convolution: "fast"}.Validate()
	if err == nil || !strings.Contains(err.Error(), `"fast"`) {
		t.Errorf("%v", err)
	}
}
