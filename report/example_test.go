package report_test

import (
	"fmt"
	"os"

	"github.com/gradreg/gradreg/report"
	"github.com/gradreg/gradreg/stats"
)

func ExampleComparisonTable() {
	runs := func(values ...float64) (out []stats.Observation) {
		for i, v := range values {
			out = append(out, stats.Observation{Seed: uint64(i), Value: v})
		}
		return out
	}
	list, err := stats.Compare([]stats.Group{
		{Name: "none", Runs: runs(0.970, 0.972, 0.968, 0.971, 0.969)},
		{Name: "datagrad:50", Runs: runs(0.975, 0.978, 0.974, 0.976, 0.973)},
	}, "none", stats.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	table := report.ComparisonTable(list, report.ComparisonOptions{Value: "test_accuracy", Percent: true})
	table.Notes = nil
	if err := table.Write(os.Stdout, "markdown"); err != nil {
		fmt.Println(err)
	}
	// Output:
	// | method      | test accuracy, % |   n |          to baseline | p (Holm) |
	// |-------------|-----------------:|----:|---------------------:|---------:|
	// | none        |     97.00 ± 0.16 |   5 |                    – |        – |
	// | datagrad:50 | **97.52 ± 0.19** |   5 | +0.52 [+0.42, +0.62] |    0.062 |
}
