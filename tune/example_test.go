package tune_test

import (
	"context"
	"fmt"
	"log"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/tune"
)

// The word auto in the place of a number is replaced by what short runs found best on dev images.
func ExampleLambda() {
	cfg := classify.Default()
	cfg.TrainSize, cfg.Steps, cfg.Model = 200, 320, model.ParseSpec("mlp:hidden=16")
	cfg.Regularizers = gradreg.Specs("datagrad:auto", "weight-decay:5e-4")
	found, err := tune.Lambda(context.Background(), cfg, tune.Options{})
	if err != nil {
		log.Fatal(err)
	}
	choice := found.Choices[0]
	fmt.Println("still to be found:", tune.Needed(found))
	fmt.Println("chosen by", choice.Probes[0].Steps, "and then", choice.Probes[len(choice.Probes)-1].Steps, "steps of", cfg.Steps)
	fmt.Println("at most 2.35 runs' steps:", choice.Cost <= 2.35)
	// Output:
	// still to be found: false
	// chosen by 20 and then 120 steps of 320
	// at most 2.35 runs' steps: true
}
