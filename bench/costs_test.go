package bench

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
)

// TestQuotedCosts compares the README's table of costs with the stored measurement, which has every regularizer.
func TestQuotedCosts(t *testing.T) {
	data, err := os.ReadFile("../docs/regularizer-costs.json")
	if err != nil {
		t.Fatal(err)
	}
	var stored struct{ Rows []RegularizerCost }
	if err := json.Unmarshal(data, &stored); err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	measured := map[string]bool{}
	for _, r := range stored.Rows[1:] { // the first is the plain step
		name, _, _ := strings.Cut(r.Regularizer, ":")
		measured[name] = true
		row := fmt.Sprintf("| `%s` | %.2f | %.2f – %.2f | %.2f |\n", r.Regularizer, r.RelativeTime, r.Low, r.High, r.RelativeMACs)
		if !strings.Contains(string(readme), row) {
			t.Errorf("README.md lacks %s", row)
		}
	}
	for _, r := range gradreg.Regularizers() {
		if !r.Critic && !r.Finetuning && !measured[r.Name] { // the measurement is of a classifier from scratch
			t.Errorf("%s was not measured", r.Name)
		}
	}
}
