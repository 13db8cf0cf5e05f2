package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/bench"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/report"
)

func (a *app) benchCommand() *cobra.Command {
	o, growth, cores := &bench.Options{}, "", []int(nil)
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure training steps, here and in other frameworks",
		Long: `Measure images per second of training steps: W1 LeNet at batch 50, W2 LeNetCaffe at 50 and
256, W3 a CIFAR ResNet at 128, W4 a convolutional critic at 64, W5 a ResNet-18 with fixed batch norm
at 16 photos of 160 pixels; plain and with penalties, of the critic R1, R1 with R2, Roth's and
WGAN-GP's; and W1 with the exact norms of the Jacobian (workload jacobian). W6 is no training step:
the features of 16 photos of 224 pixels by EfficientNet-Lite0.

With --peers the same steps run in PyTorch and JAX in turn, W6 in PyTorch and onnxruntime, round by
round, after their loss, penalty and all updated weights were compared with ours. Each of them runs in both memory
formats, with the process's default settings and with tuned ones; the fastest variant is marked by a
*, and it is the one to compare with. A variant that is less than half as fast as another when warm
is timed no further.

Nothing else should run on the machine. All workloads with --peers take one to two hours, most of it
compiling; without, some minutes.`,
		Example: `  # Our steps, with their share of the measured peak
  gradreg bench

  # Beside PyTorch and JAX, in a clone of the repository
  bench/peers/make-env.sh /tmp/peers
  gradreg bench --peers /tmp/peers

  # How the cost of a step grows with batch size, width and threads
  gradreg bench --growth growth.svg

  # What more cores than these could gain at most, counted and not measured
  gradreg bench --cores 8,16,64`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runBench(cmd, o, growth, cores) },
	}
	f := cmd.Flags()
	f.StringSliceVar(
		&o.Workloads, "workload", nil,
		"workloads to measure: w1, w2, w2-256, w3, w4, w5, w6, jacobian (default all)",
	)
	f.IntSliceVar(&o.Threads, "threads", []int{1, 2}, "numbers of threads")
	f.IntVar(&o.Rounds, "rounds", 7, "rounds in which all engines run in turn")
	f.Float64Var(&o.Seconds, "seconds", 0.5, "least time of a run")
	convolutionFlag(cmd, &o.Convolution)
	f.StringVar(&o.Environment, "peers", "", "Python environment made by bench/peers/make-env.sh")
	f.StringSliceVar(
		&o.Engines, "engines", nil,
		"peers to run: "+strings.Join(bench.PeerNames(), ", ")+" (default all)",
	)
	f.StringVar(&o.Scripts, "scripts", filepath.Join("bench", "peers"), "folder of the peers' scripts")
	f.StringVar(
		&growth, "growth", "",
		"instead, measure how the cost grows with batch, width and threads, and draw it in this SVG file",
	)
	f.IntSliceVar(
		&cores, "cores", nil,
		"instead, count how the work divides among these numbers of cores; nothing is run",
	)
	cmd.MarkFlagsMutuallyExclusive("growth", "cores")
	cmd.MarkFlagsMutuallyExclusive("peers", "cores")
	return cmd
}

func (a *app) runBench(cmd *cobra.Command, o *bench.Options, growth string, cores []int) error {
	if err := o.Validate(); err != nil {
		return usage{err}
	}
	if growth != "" {
		if err := checkPictureWritable("growth", growth, ".svg"); err != nil {
			return err
		}
	}
	if o.Environment != "" {
		if _, err := os.Stat(filepath.Join(o.Scripts, "serve.py")); err != nil {
			return fault.Inputf("--scripts %s: found no serve.py; run this in a clone of the repository", o.Scripts)
		}
	}
	level, err := kernel.Active()
	if err != nil {
		return fault.Input(err)
	}
	o.Level = level.String()
	if a.watched() {
		o.Log = a.note
	}
	if len(cores) > 0 {
		return a.printDivision(cmd.Context(), *o, cores)
	}
	if growth != "" {
		return a.runGrowth(cmd.Context(), *o, growth)
	}
	ctx, stop := interruptible(cmd.Context())
	defer stop()
	m, err := bench.Compare(ctx, *o)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(m)
	}
	return a.printBench(m)
}

// runGrowth measures, prints and draws how the cost of a step grows.
func (a *app) runGrowth(ctx context.Context, o bench.Options, file string) error {
	points, err := bench.Growth(ctx, o)
	if err != nil {
		return err
	}
	if err := report.WritePanels(file, bench.GrowthPanels(points)); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(points)
	}
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "MODEL\tBATCH\tWIDTH\tTHREADS\tMETHOD\tMICROSECONDS AN IMAGE\tSPREAD")
	for _, p := range points {
		fmt.Fprintf(
			w, "%s\t%d\t%d\t%d\t%s\t%.1f\t%.1f … %.1f\n", p.Model, p.Batch, p.Width, p.Threads,
			p.Method, p.Microseconds, p.Low, p.High,
		)
	}
	return w.Flush()
}

// printDivision prints how the work of steps divides among numbers of cores.
func (a *app) printDivision(ctx context.Context, o bench.Options, cores []int) error {
	rows, err := bench.Divide(ctx, o, cores)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(rows)
	}
	fmt.Fprintln(a.out, "times as fast as one core at most, if memory and meetings of cores cost nothing:")
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	fmt.Fprint(w, "WORKLOAD\tMETHOD\tBATCH\tTASKS\tMEETINGS\tSHARED MB")
	for _, n := range cores {
		fmt.Fprintf(w, "\t%d CORES", n)
	}
	fmt.Fprintln(w)
	for _, r := range rows {
		d := r.Divisions[0]
		fmt.Fprintf(w, "%s\t%s\t%d", r.Workload, r.Method, r.Batch)
		fmt.Fprintf(w, "\t%d\t%d\t%.1f", d.Tasks, d.Meetings, float64(d.Bytes)/1e6)
		for _, d := range r.Divisions {
			fmt.Fprintf(w, "\t%.1f", d.Speedup)
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

// printBench prints rows as a table: our rates, how many times as fast as each variant of each peer
// we are, and how many of its own plain steps a step takes here and in the best variant.
func (a *app) printBench(m bench.Measurement) error {
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "register-only peak of a core: %.0f GFLOP/s (%v); memory: %.1f GB/s\n", m.Peak, m.Level, m.Bandwidth)
	fmt.Fprintln(
		w, "WORKLOAD\tMETHOD\tTHREADS\tENGINE\tIMAGES/S\tSPREAD\tOURS ÷ IT\tPLAIN STEPS\t"+
			"GFLOP/S\tOF PEAK\tMiB",
	)
	for _, c := range m.Cells() {
		ours, opponent := m.PlainSteps(c)
		fmt.Fprintf(
			w, "%s\t%s\t%d\t%s\t%.0f\t%.0f … %.0f\t\t%s\t%.1f\t%.0f %%\t%.0f\n",
			c.Workload, c.Method, c.Threads, c.Ours.Name()+" "+c.Ours.Version,
			c.Ours.ImagesPerSecond, c.Ours.Low, c.Ours.High, plainSteps(ours),
			c.Ours.GFLOPs, 100*c.Ours.PeakShare, float64(c.Ours.Bytes)/(1<<20),
		)
		for _, r := range c.Peers {
			name := r.Name() + " " + r.Version
			if r.Error != "" {
				fmt.Fprintf(
					w, "%s\t%s\t%d\t%s\t%s\n", r.Workload, r.Method, r.Threads, name,
					strings.TrimSpace(r.Error),
				)
				continue
			}
			relative := 0.0
			if r.Best {
				name += " *"
				relative = opponent
			}
			fmt.Fprintf(
				w, "%s\t%s\t%d\t%s\t%.0f\t%.0f … %.0f\t%.2f\t%s\t\t\t%.0f\n",
				r.Workload, r.Method, r.Threads, name, r.ImagesPerSecond, r.Low, r.High,
				c.Ours.ImagesPerSecond/r.ImagesPerSecond, plainSteps(relative), float64(r.Bytes)/(1<<20),
			)
		}
	}
	return w.Flush()
}

// plainSteps writes how many plain steps a step takes, if that is known.
func plainSteps(n float64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", n)
}
