package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/internal/tensorfile"
)

// TestPenalties checks that every regularizer of a classifier is drawn but those that need no
// derivative of an image.
func TestPenalties(t *testing.T) {
	drawn := []string{"none", "dropout", "input-noise", "spectral-norm", "weight-decay"}
	for _, form := range penalties {
		reg, err := gradreg.Parse(fmt.Sprintf(form, "0.1"))
		if err != nil {
			t.Fatal(err)
		}
		drawn = append(drawn, reg.Name())
	}
	for _, r := range gradreg.Regularizers() {
		if !r.Critic && !r.Finetuning && !slices.Contains(drawn, r.Name) {
			t.Errorf("no network is drawn with %s", r.Name)
		}
	}
}

// TestCases checks that a case depends on the seed and its place only, that its results are finite, and that logits are as large
// as is said.
func TestCases(t *testing.T) {
	kinds := map[string]bool{}
	for i := range len(penalties) {
		var files [2]tensorfile.File
		var c *problem
		for k := range files {
			var err error
			if c, err = draw(rand.New(rand.NewPCG(7, uint64(i))), i); err != nil {
				t.Fatal(err)
			}
			files[k].Tensors = map[string]tensorfile.Tensor{}
			if err := c.record(i, files[k]); err != nil {
				t.Fatal(err)
			}
		}
		kinds[c.Logits.Kind] = true
		if !reflect.DeepEqual(files[0], files[1]) {
			t.Errorf("case %d, %s, is not the same twice", i, c.Penalty)
		}
		for name, v := range files[0].Tensors {
			if !v.Finite() {
				t.Errorf("case %d, %s: %s is not finite", i, c.Penalty, name)
			}
		}
	}
	if len(kinds) != 3 {
		t.Errorf("kinds of logits: %v", kinds)
	}
}

// distribution is what summary.json has of one side's errors in a group of networks.
type distribution struct {
	Quantiles    []float64 `json:"quantiles"`
	NetworksKept float64   `json:"networks_kept"`
}

// String returns cells of a table: three quantiles and the share of networks within the bound.
func (d distribution) String() string {
	var cells []string
	for _, v := range []float64{d.Quantiles[0], d.Quantiles[2], d.Quantiles[3]} {
		mantissa, exponent, _ := strings.Cut(fmt.Sprintf("%.1e", v), "e-0")
		cells = append(cells, fmt.Sprintf("%s·10⁻%s", mantissa, string([]rune("⁰¹²³⁴⁵⁶⁷⁸⁹")[exponent[0]-'0'])))
	}
	return strings.Join(cells, " | ") + fmt.Sprintf(" | %.0f %%", 100*d.NetworksKept)
}

// TestReadme compares README's table with the stored distribution, and the bound with what was found.
func TestReadme(t *testing.T) {
	data, err := os.ReadFile("summary.json")
	if err != nil {
		t.Fatal(err)
	}
	var s struct {
		Cases  int     `json:"cases"`
		Kept   float64 `json:"kept"`
		Factor float64 `json:"factor"`
		Floor  float64 `json:"floor"`
		Share  float64 `json:"largest_share_of_bound"`
		Groups map[string]struct {
			Networks      int `json:"networks"`
			Ours, PyTorch distribution
		} `json:"groups"`
	}
	if err := json.Unmarshal(data, &s); err != nil {
		t.Fatal(err)
	}
	if s.Share > 1 || s.Kept != 2e-5 || s.Factor != 4 || s.Floor != 2e-6 {
		t.Errorf("the stored summary is %+v", s)
	}
	want := []string{fmt.Sprintf("%d random networks", s.Cases), fmt.Sprintf("the largest error is %.2f of that bound", s.Share)}
	for _, row := range [][2]string{
		{"all", "all"}, {"logits plain", "logits as they come"}, {"logits scaled", "logits up to 5,000 apart"},
		{"logits shifted", "logits all near a number up to 5,000"}, {"norm none", "no norm layer"}, {"norm batch", "batch norm"},
		{"norm group", "group norm"}, {"differences", "difference quotients"},
	} {
		g, ok := s.Groups[row[0]]
		if !ok {
			t.Fatalf("the summary has no group %q", row[0])
		}
		want = append(want, fmt.Sprintf("| %s, %d | %v | %v |", row[1], g.Networks, g.Ours, g.PyTorch))
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range want {
		if !strings.Contains(string(readme), line) {
			t.Errorf("README.md lacks %q", line)
		}
	}
}
