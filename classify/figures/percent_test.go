package figures

import "testing"

// TestPercent writes probabilities of any size without exponents.
func TestPercent(t *testing.T) {
	for p, want := range map[float64]string{
		1: "100.0 %", 0.835: "83.5 %", 0.001: "0.1 %", 0.00095: "0.10 %", 3e-5: "0.003 %", 9.6e-6: "0.0010 %", 1e-6: "0.0001 %", 1e-9: "<0.0001 %", 0: "<0.0001 %",
	} {
		if got := percent(p); got != want {
			t.Errorf("%v is %q, expected %q", p, got, want)
		}
	}
}
