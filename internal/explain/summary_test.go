package explain

import (
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
)

func TestSummary(t *testing.T) {
	r, err := gradreg.Parse("datagrad:50,norm=l1,at=noise,fraction=0.5,slope=excess,target=1,every=4")
	if err != nil {
		t.Fatal(err)
	}
	want := `datagrad: R = mean_b ‖∂L_b/∂x_b‖², λ = 50
  with s the sum of absolute values; as it is, not squared, unless slope says so
  with the slope at x + σ·n instead of x, n ~ N(0, I), in forward and backward passes of its own
  with the mean over the first ⌈0.5·B⌉ samples
  with max(0, s − t)² in the place of s²
  with t = 1
  with the penalty at one step of 4, 4 times as heavy
  sum over pixels, mean over samples, no ½; λ_Ross = 2B·λ
  multiply-adds of a step: 6F − F₁ (plain: 3F − F₁); options may change it`
	if got := Summary(r); got != want {
		t.Errorf("%s\nexpected\n%s", got, want)
	}
	for text, want := range map[string]string{"datagrad:0": "λ is 0", "dropout:0.5": "explain the step", "input-noise:0.1": "explain the step"} {
		r, err := gradreg.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := Summary(r); !strings.Contains(got, want) {
			t.Errorf("%s: %s\nexpected %q", text, got, want)
		}
	}
}

// TestMeanings finds a sentence for every value of the options that several regularizers share.
func TestMeanings(t *testing.T) {
	users := map[string]int{}
	for _, r := range gradreg.Regularizers() {
		for _, option := range strings.Split(r.Options, ", ") {
			key, values, ok := strings.Cut(option, "=")
			if !ok {
				continue
			}
			users[key]++
			if users[key] < 2 || meanings[key] != "" {
				continue
			}
			for _, value := range strings.Split(values, "|")[1:] { // the first is the default
				if meanings[key+"="+value] == "" {
					t.Errorf("%s=%s, an option of %s, has no meaning", key, value, r.Name)
				}
			}
		}
	}
	if len(users) < 10 {
		t.Errorf("%d options", len(users))
	}
}
