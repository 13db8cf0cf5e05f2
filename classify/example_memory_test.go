package classify_test

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/model"
)

// stripes makes images of 8 by 8 pixels with noise: class 0 has stripes that lie, class 1 ones that
// stand.
func stripes(images int, seed uint64) *dataset.Part {
	r := rand.New(rand.NewPCG(seed, 1))
	p := &dataset.Part{Shape: dataset.Shape{C: 1, H: 8, W: 8}}
	for i := range images {
		for k := range 64 {
			along := [2]int{k / 8, k % 8}[i%2]
			p.Images = append(p.Images, byte(along%2*150+r.IntN(100)))
		}
		p.Labels = append(p.Labels, int32(i%2))
	}
	return p
}

// Images that a program made itself are trained on without a file.
func Example_dataInMemory() {
	data, err := dataset.New(dataset.Info{
		Name: "stripes", Classes: []string{"lying", "standing"}, Shape: dataset.Shape{C: 1, H: 8, W: 8},
	}, stripes(200, 1), stripes(50, 2))
	if err != nil {
		fmt.Println(err)
		return
	}
	cfg := classify.Default()
	cfg.Data, cfg.Augment = data.Source(), ""
	cfg.Model, cfg.Regularizers = model.ParseSpec("mlp:hidden=16"), gradreg.Specs("datagrad:0.1")
	cfg.TrainSize, cfg.Steps, cfg.Batch, cfg.EvalEvery = 0, 100, 20, 0
	s, err := classify.Run(context.Background(), cfg, classify.Options{})
	fmt.Println(s.Data, s.TrainSize, s.TestImages, s.TestAccuracy > 0.9, err)
	// Output: memory:stripes 200 50 true <nil>
}
