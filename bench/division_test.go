package bench

import (
	"os"
	"strings"
	"testing"

	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/golden"
)

// TestDivide checks what must hold of any division: one core gains nothing, more cores never gain
// less, and none gains more than its number.
func TestDivide(t *testing.T) {
	rows, err := Divide(t.Context(), Options{Level: "generic"}, []int{1, 2, 8, 16, 64})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 5*3+5+1 {
		t.Errorf("%d steps", len(rows))
	}
	for _, r := range rows {
		last := 0.0
		for _, d := range r.Divisions {
			if !(d.Speedup >= last && d.Speedup <= float64(d.Cores)) || d.Cores == 1 && d.Speedup != 1 {
				t.Errorf("%s %s: %.2f times on %d cores after %.2f", r.Workload, r.Method, d.Speedup, d.Cores, last)
			}
			if last = d.Speedup; d.Tasks < d.Meetings || d.Meetings < 1 || d.Bytes < 1000 {
				t.Errorf("%s %s: %+v", r.Workload, r.Method, d)
			}
		}
		if two := r.Divisions[1].Speedup; two < 1.8 {
			t.Errorf("%s %s: two cores gain %.2f at most", r.Workload, r.Method, two)
		}
	}
	if _, err := Divide(t.Context(), Options{}, []int{0}); err == nil {
		t.Error("no error for 0 cores")
	}
}

// TestDivideLevels checks that a step is divided alike on every level, so that the table of
// docs/performance.md is what the program prints on any machine: values that strip programs keep in
// registers, which portable Go has none of, are in no memory that cores share.
func TestDivideLevels(t *testing.T) {
	var first []Divided
	for _, level := range engine.Levels() {
		rows, err := Divide(t.Context(), Options{Level: level, Workloads: []string{"w1", "w3"}}, []int{2, 16})
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = rows
		}
		if got, want := DivisionTable(rows), DivisionTable(first); got != want {
			t.Errorf("level %s:\n%s\nlevel %s:\n%s", level, got, engine.Levels()[0], want)
		}
	}
}

// TestQuotedDivision compares the table of docs/performance.md with what is counted now.
func TestQuotedDivision(t *testing.T) {
	const file, begin, end = "../docs/performance.md", "<!-- cores -->\n\n", "\n<!-- end of cores -->"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), begin)
	quote, after, found := strings.Cut(rest, end)
	if !ok || !found {
		t.Fatalf("%s has no table of cores", file)
	}
	rows, err := Divide(t.Context(), Options{Level: "generic"}, []int{2, 8, 16, 64})
	if err != nil {
		t.Fatal(err)
	}
	table := DivisionTable(rows)
	if golden.Updating() {
		if err := os.WriteFile(file, []byte(before+begin+table+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if quote != table {
		t.Errorf("%s has another table than\n%s", file, table)
	}
}
