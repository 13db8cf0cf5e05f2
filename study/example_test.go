package study_test

import (
	"encoding/json"
	"fmt"
	"log"
	"os"

	"github.com/gradreg/gradreg/study"
)

// A study says how many runs it needs before the first begins.
func ExampleSpec_Plans() {
	s, err := study.Read([]byte(`
name: mine
title: DataGrad on few digits
data: [mnist]
train_sizes: [500, 2000]
methods:
  - name: none
  - name: datagrad
    regularizers: ["datagrad:$lambda"]
    parameters: {lambda: {log: [2, 500]}}
baseline: none
seeds: 10
tuning: {trials: 8, rounds: [0.25, 1], keep: 4}
`))
	if err != nil {
		log.Fatal(err)
	}
	plans, err := s.Plans()
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range plans {
		fmt.Printf("%s: tuned %v, %d trials, %d final runs, %.0f steps\n", p.Cell, p.Open, p.Trials, p.Final, p.Steps)
	}
	// Output:
	// mnist 500, none: tuned [], 0 trials, 10 final runs, 100000 steps
	// mnist 500, datagrad: tuned [lambda], 10 trials, 10 final runs, 140000 steps
	// mnist 2000, none: tuned [], 0 trials, 10 final runs, 100000 steps
	// mnist 2000, datagrad: tuned [lambda], 10 trials, 10 final runs, 140000 steps
}

// The results of a study that was run elsewhere are read back whole.
func ExampleReport() {
	data, err := os.ReadFile("../results/wd-table/" + study.ResultsFile)
	if err != nil {
		log.Fatal(err)
	}
	var r study.Report
	if err := json.Unmarshal(data, &r); err != nil {
		log.Fatal(err)
	}
	for _, c := range r.Blocks[1].Comparisons {
		fmt.Printf("%s: %.2f %%", c.Name, 100*c.Summary.Mean)
		if c.Paired != nil {
			fmt.Printf(", %+.2f points, p %.4f", 100*c.Paired.Difference.Mean, c.Paired.Corrected)
		}
		fmt.Println()
	}
	// Output:
	// none: 97.33 %
	// spectreg: 97.70 %, +0.37 points, p 0.0039
	// datagrad: 98.01 %, +0.68 points, p 0.0039
}
