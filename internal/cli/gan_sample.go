package cli

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/gan/figures"
	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/internal/plural"
)

// ganSampleOptions are the flags of gradreg gan sample.
type ganSampleOptions struct {
	count   int
	seed    uint64
	first   uint64
	out     string
	threads int
}

// mostOnSheet bounds the samples of one picture, and mostSamples those of a command.
const (
	mostOnSheet = 4096
	mostSamples = 10_000_000
)

func (a *app) ganSampleCommand() *cobra.Command {
	o := &ganSampleOptions{}
	cmd := &cobra.Command{
		Use:   "sample RUN",
		Short: "Make samples of a trained generator",
		Long: `Make samples with the generator of a run folder, as it stands, or of a generator file: one picture of all, or a folder with a PNG
for each. Sample i of a seed is the same one whatever is asked for beside it.`,
		Example: `  # A sheet of 64
  gradreg gan sample runs/gan-mnist -n 64 --seed 1 --out sheet.png

  # A thousand pictures, 000000.png to 000999.png, and then the next thousand
  gradreg gan sample runs/gan-mnist -n 1000 --out samples/
  gradreg gan sample runs/gan-mnist -n 1000 --first 1000 --out samples/

  # Points as a table
  gradreg gan sample runs/gan-gaussians-25 -n 10000 --out points.csv`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error { return a.runGanSample(cmd, o, list[0]) },
	}
	f := cmd.Flags()
	f.IntVarP(&o.count, "number", "n", 64, "how many samples")
	f.Uint64Var(&o.seed, "seed", 1, "seed of the noise")
	f.Uint64Var(&o.first, "first", 0, "place of the first sample among those of the seed")
	f.StringVar(
		&o.out, "out", "sheet.png",
		"picture of all (.png), table of points (.csv), or folder for a picture of each",
	)
	threadsFlag(cmd, &o.threads)
	cmd.ValidArgsFunction = completeRunFolders
	return cmd
}

// completeRunFolders completes an argument that is a run folder.
func completeRunFolders(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// sampled is what gradreg gan sample says in JSON.
type sampled struct {
	Run     string  `json:"run"`
	Steps   int     `json:"steps"` // that the generator was trained for
	Seed    uint64  `json:"seed"`
	First   uint64  `json:"first"`
	Count   int     `json:"sample_count"`
	Shape   []int   `json:"shape"`
	Clamped float64 `json:"clamped"` // share of values outside −1 … 1, of images
	Out     string  `json:"out"`
}

func (a *app) runGanSample(cmd *cobra.Command, o *ganSampleOptions, run string) error {
	threads, err := a.threadCount(cmd, o.threads)
	if err != nil {
		return err
	}
	if o.count < 1 || o.count > mostSamples {
		return usage{fmt.Errorf("-n is %d, expected 1 to %d", o.count, mostSamples)}
	}
	if last := o.first + uint64(o.count) - 1; last < o.first {
		return usage{
			fmt.Errorf("--first is %d, expected at most %d with -n %d",
				o.first, math.MaxUint64-uint64(o.count)+1, o.count),
		}
	}
	g, err := loadGenerator(run, threads)
	if err != nil {
		return err
	}
	defer g.Close()
	kind := strings.ToLower(filepath.Ext(o.out))
	if err := o.check(g, kind); err != nil {
		return err
	}
	ctx, stop := interruptible(cmd.Context())
	defer stop()
	done := sampled{Run: run, Steps: g.Steps, Seed: o.seed, First: o.first, Count: o.count, Shape: g.Shape, Out: o.out}
	outside := 0
	switch kind {
	case ".png":
		outside, err = o.sheet(g)
	case ".csv":
		err = o.table(ctx, g)
	default:
		outside, err = o.folder(ctx, g)
	}
	if err != nil {
		return err
	}
	done.Clamped = float64(outside) / float64(o.count*sizeOf(g.Shape))
	if a.json {
		return a.printJSON(done)
	}
	fmt.Fprintf(
		a.out, "%s of %s after %d steps: %s\n", plural.Of(o.count, "sample"), foreign.Line(g.Data),
		g.Steps, foreign.Line(o.out),
	)
	return nil
}

// check refuses what cannot be written, before the work.
func (o *ganSampleOptions) check(g *gan.Generator, kind string) error {
	images := len(g.Shape) == 3
	switch {
	case kind == ".png" || kind == ".csv":
		if kind == ".csv" && images {
			return usage{
				fmt.Errorf(
					"--out is %s, a table of points, but the generator makes images, expected a .png or a folder",
					o.out,
				),
			}
		}
		if kind == ".png" && images && o.count > mostOnSheet {
			return usage{
				fmt.Errorf(
					"-n is %d, more than the %d that one picture takes, expected --out to be a folder",
					o.count, mostOnSheet,
				),
			}
		}
		return checkFileWritable("out", o.out)
	case images && isPictureFormat(kind) && !isFolder(o.out) && !os.IsPathSeparator(o.out[len(o.out)-1]):
		return usage{fmt.Errorf("--out is %s, expected a .png or a folder", o.out)}
	case !images:
		return usage{fmt.Errorf("--out is %s, but the generator makes points, expected a .png or a .csv", o.out)}
	}
	return checkFolderWritable("out", o.out)
}

// isPictureFormat reports whether the end of a name is that of pictures of a format other than PNG,
// which nobody calls a folder.
func isPictureFormat(ext string) bool {
	return slices.Contains([]string{".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".svg", ".pdf"}, ext)
}

// chunk is how many samples are in memory at a time.
const chunk = 512

// each calls f with samples of one batch after another; at is the place of the first among those
// asked for.
func (o *ganSampleOptions) each(
	ctx context.Context, g *gan.Generator, f func(at, n int, samples []float32) error,
) error {
	size := sizeOf(g.Shape)
	samples := make([]float32, min(chunk, o.count)*size)
	for at := 0; at < o.count; at += chunk {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(chunk, o.count-at)
		if err := g.Sample(o.seed, o.first+uint64(at), n, samples[:n*size]); err != nil {
			return err
		}
		if err := f(at, n, samples[:n*size]); err != nil {
			return err
		}
	}
	return nil
}

// sheet draws all samples in one picture and returns how many values were clamped.
func (o *ganSampleOptions) sheet(g *gan.Generator) (outside int, err error) {
	samples := make([]float32, o.count*sizeOf(g.Shape))
	if err := g.Sample(o.seed, o.first, o.count, samples); err != nil {
		return 0, err
	}
	if len(g.Shape) == 1 {
		if g.Shape[0] != 2 {
			return 0, fault.Inputf("--out is %s, but points of %s have %d coordinates, expected 2 to draw, or a .csv",
				o.out, g.Data, g.Shape[0])
		}
		reach := figures.Reach(samples)
		if set, ok := gan.PointSetOf(g.Data); ok { // as sheets of the run are
			data := make([]float32, len(samples))
			set.Draw(o.seed, 0, o.count, data)
			reach = figures.Reach(data)
		}
		return 0, figures.WritePNG(o.out, figures.Scatter(samples, reach))
	}
	pictures, err := figures.Pictures(samples, o.count, g.Shape)
	if err != nil {
		return 0, err
	}
	return gan.Outside(samples), figures.WritePNG(o.out, figures.Grid(pictures, figures.Columns(o.count)))
}

// folder writes a picture of each sample.
func (o *ganSampleOptions) folder(ctx context.Context, g *gan.Generator) (outside int, err error) {
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return 0, fault.Inputf("--out: %w", err)
	}
	err = o.each(ctx, g, func(at, n int, samples []float32) error {
		outside += gan.Outside(samples)
		pictures, err := figures.Pictures(samples, n, g.Shape)
		if err != nil {
			return err
		}
		for i, m := range pictures {
			if err := o.one(o.first+uint64(at+i), m); err != nil {
				return err
			}
		}
		return nil
	})
	return outside, err
}

func (o *ganSampleOptions) one(place uint64, m image.Image) error {
	return figures.WritePNG(filepath.Join(o.out, fmt.Sprintf("%06d.png", place)), m)
}

// table writes points as a CSV.
func (o *ganSampleOptions) table(ctx context.Context, g *gan.Generator) error {
	var b bytes.Buffer
	for d := range g.Shape[0] {
		if d > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "x%d", d+1)
	}
	b.WriteByte('\n')
	err := o.each(ctx, g, func(_, _ int, samples []float32) error {
		for i, v := range samples {
			b.WriteString(strconv.FormatFloat(float64(v), 'g', -1, 32))
			b.WriteByte(",\n"[boolIndex((i+1)%g.Shape[0] == 0)])
		}
		return nil
	})
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(o.out, b.Bytes())
}

func boolIndex(b bool) int {
	if b {
		return 1
	}
	return 0
}

// sizeOf returns the numbers of a sample.
func sizeOf(shape []int) int {
	n := 1
	for _, e := range shape {
		n *= e
	}
	return n
}
