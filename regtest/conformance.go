package regtest

import (
	"slices"
	"testing"

	"github.com/gradreg/gradreg"
)

// Check is one promise of a regularizer.
type Check struct {
	Name string
	// Run returns how the regularizer breaks the promise, nil if it keeps it.
	Run func(reg gradreg.Regularizer) error
}

// Checks lists the promises:
//
//   - text: the options validate, the text form is name:λ[,key=value]… and, for a name in gradreg's table,
//     parses back to the same value;
//   - objective: R is a finite scalar without λ, equal options build equal expressions, the objective is loss +
//     λ·R, and with λ = 0 the plain loss itself;
//   - gradient: ∂R/∂w equals difference quotients for every parameter w, and is not zero for any weight.
//     What R holds constant by sym.StopGradient is held constant in the quotients;
//   - batch-mean: a batch that holds every sample twice has the same R, for networks that do not couple
//     samples. A penalty whose documented λ refers to a sum over the batch leaves this one out;
//   - compiled: the float32 program agrees with the float64 reference.
func Checks() []Check {
	return []Check{
		{"text", text},
		{"objective", objective},
		{"gradient", gradient},
		{"batch-mean", batchMean},
		{"compiled", compiled},
	}
}

// Conformance runs every check, but those named in except, as a subtest.
func Conformance(t *testing.T, reg gradreg.Regularizer, except ...string) {
	t.Helper()
	checks := Checks()
	for _, name := range except {
		if !slices.ContainsFunc(checks, func(c Check) bool { return c.Name == name }) {
			t.Fatalf("regtest has no check %q to leave out", name)
		}
	}
	for _, c := range checks {
		if slices.Contains(except, c.Name) {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			if err := c.Run(reg); err != nil {
				t.Errorf("%s: %v", reg, err)
			}
		})
	}
}
