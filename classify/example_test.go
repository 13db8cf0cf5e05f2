package classify_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/model"
)

// A service collects images and has them classified together. Here they are the first test digits, and the model is an
// architecture of one's own, which its file is loaded with.
func ExampleSavedModel_PredictAll() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	cfg := classify.Default()
	cfg.Architecture = own{model.MLP{Hidden: []int{64}}} // embeds model.MLP, with a String of its own
	cfg.TrainSize, cfg.Steps, cfg.EvalEvery = 1000, 300, 0
	if _, err := classify.Run(context.Background(), cfg, classify.Options{Dir: filepath.Join(dir, "run")}); err != nil {
		fmt.Println(err)
		return
	}

	m, err := classify.LoadArchitecture(filepath.Join(dir, "run", classify.ModelFile), cfg.Architecture, 32, 0)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Close()
	digits, err := dataset.Open(context.Background(), "mnist")
	if err != nil {
		fmt.Println(err)
		return
	}
	test, err := digits.Test()
	if err != nil {
		fmt.Println(err)
		return
	}
	var images [][]byte // of pictures: what m.Decode makes of each
	for i := range 100 {
		images = append(images, test.Image(i))
	}
	answers, err := m.PredictAll(images)
	right := 0
	for i, probabilities := range answers {
		best := 0
		for k, p := range probabilities {
			if p > probabilities[best] {
				best = k
			}
		}
		if best == int(test.Labels[i]) {
			right++
		}
	}
	fmt.Println(len(answers), right > 80, err)
	// Output: 100 true <nil>
}
