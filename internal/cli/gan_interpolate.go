package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/gan/figures"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/internal/plural"
)

// ganInterpolateOptions are the flags of gradreg gan interpolate.
type ganInterpolateOptions struct {
	rows, columns int
	seed, first   uint64
	out           string
	threads       int
}

func (a *app) ganInterpolateCommand() *cobra.Command {
	o := &ganInterpolateOptions{}
	cmd := &cobra.Command{
		Use:   "interpolate RUN",
		Short: "Draw what lies between samples",
		Long: `Draw rows of samples, each from one noise to another on a great circle. A generator that has learned the data by heart jumps
from picture to picture; one that has learned what they have in common changes one into the other.`,
		Example: `  gradreg gan interpolate runs/gan-mnist --rows 8 --columns 12 --out between.png`,
		Args:    args(cobra.ExactArgs(1)),
		RunE:    func(cmd *cobra.Command, list []string) error { return a.runGanInterpolate(cmd, o, list[0]) },
	}
	f := cmd.Flags()
	f.IntVar(&o.rows, "rows", 8, "pairs of samples")
	f.IntVar(&o.columns, "columns", 12, "samples of a row, its ends among them")
	f.Uint64Var(&o.seed, "seed", 1, "seed of the noise")
	f.Uint64Var(&o.first, "first", 0, "place of the first end among the samples of the seed")
	f.StringVar(&o.out, "out", "interpolation.png", "picture to write (.png)")
	threadsFlag(cmd, &o.threads)
	cmd.ValidArgsFunction = completeRunFolders
	return cmd
}

func (a *app) runGanInterpolate(cmd *cobra.Command, o *ganInterpolateOptions, run string) error {
	threads, err := a.threadCount(cmd, o.threads)
	if err != nil {
		return err
	}
	switch {
	case o.rows < 1 || o.rows > mostOnSheet:
		return usage{fmt.Errorf("--rows is %d, expected 1 to %d", o.rows, mostOnSheet)}
	case o.columns < 2 || o.rows*o.columns > mostOnSheet:
		return usage{
			fmt.Errorf(
				"--columns is %d, expected 2 to %d of %s", o.columns, mostOnSheet/o.rows,
				plural.Of(o.rows, "row"),
			),
		}
	}
	g, err := loadGenerator(run, threads)
	if err != nil {
		return err
	}
	defer g.Close()
	if len(g.Shape) != 3 {
		return fault.Inputf("%s makes points, expected a generator of images", run)
	}
	if err := checkPictureWritable("out", o.out, ".png"); err != nil {
		return err
	}
	z := g.GeneratorInfo.Noise
	from, to := make([]float32, z), make([]float32, z)
	noise := make([]float32, o.rows*o.columns*z)
	for r := range o.rows {
		gan.Noise(o.seed, o.first+uint64(2*r), from)
		gan.Noise(o.seed, o.first+uint64(2*r+1), to)
		for c := range o.columns {
			at := (r*o.columns + c) * z
			gan.Interpolate(from, to, float64(c)/float64(o.columns-1), noise[at:at+z])
		}
	}
	samples := make([]float32, o.rows*o.columns*sizeOf(g.Shape))
	if err := g.FromNoise(noise, samples); err != nil {
		return err
	}
	pictures, err := figures.Pictures(samples, o.rows*o.columns, g.Shape)
	if err != nil {
		return err
	}
	if err := figures.WritePNG(o.out, figures.Grid(pictures, o.columns)); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{
			"run": run, "steps": g.Steps, "seed": o.seed, "first": o.first, "rows": o.rows,
			"columns": o.columns, "out": o.out,
		})
	}
	fmt.Fprintf(a.out, "%s of %d samples: %s\n", plural.Of(o.rows, "row"), o.columns, foreign.Line(o.out))
	return nil
}
