package stats_test

import (
	"fmt"

	"github.com/gradreg/gradreg/stats"
)

func ExampleCompare() {
	none := stats.Group{Name: "none", Runs: []stats.Observation{{Seed: 1, Value: 0.970}, {Seed: 2, Value: 0.972}, {Seed: 3, Value: 0.968}, {Seed: 4, Value: 0.971}, {Seed: 5, Value: 0.969}}}
	datagrad := stats.Group{Name: "datagrad", Runs: []stats.Observation{{Seed: 1, Value: 0.975}, {Seed: 2, Value: 0.978}, {Seed: 3, Value: 0.974}, {Seed: 4, Value: 0.976}, {Seed: 5, Value: 0.973}}}
	list, err := stats.Compare([]stats.Group{none, datagrad}, "none", stats.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	c := list[1]
	fmt.Printf("%s: %.4f ± %.4f, %+.4f to none, p = %.4f\n", c.Name, c.Summary.Mean, c.Summary.SD, c.Paired.Difference.Mean, c.Paired.P)
	// Output: datagrad: 0.9752 ± 0.0019, +0.0052 to none, p = 0.0625
}
