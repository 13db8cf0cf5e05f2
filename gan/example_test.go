package gan_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/gan/features"
	"github.com/gradreg/gradreg/gan/figures"
)

// A generator of points on a circle of eight Gaussians, far too short to be a good one: its folder,
// samples of it, and what they are worth. Images are the same with Config.Data "mnist", or a folder.
func Example() {
	dir, err := os.MkdirTemp("", "gan")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	cfg := gan.DefaultFor("gaussians-8")
	cfg.Network, cfg.Batch, cfg.Steps = "mlp:width=16,layers=2", 32, 40
	run := filepath.Join(dir, "run")
	summary, err := gan.Run(context.Background(), cfg, gan.RunOptions{
		Dir: run, Sheet: figures.Sheet, Draw: figures.Draw,
		Stepped: func(p gan.Progress) {
			if p.Step == p.Steps {
				fmt.Printf("step %d; a gap between real and generated points: %t\n", p.Step, p.Latest.Gap != 0)
			}
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	g, err := gan.LoadGenerator(run, 1)
	if err != nil {
		log.Fatal(err)
	}
	defer g.Close()
	points := make([]float32, 500*2)
	if err := g.Sample(1, 0, 500, points); err != nil {
		log.Fatal(err)
	}
	set, _ := gan.PointSetOf(cfg.Data)
	scores, err := features.ScorePoints(set, cfg.Seed, points)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s, %d steps: %d modes to hit\n", summary.Objective, summary.Steps, scores.Gaussians.Modes)
	// Output:
	// step 40; a gap between real and generated points: true
	// relativistic, 40 steps: 8 modes to hit
}
