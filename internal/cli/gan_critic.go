package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/gan/figures"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/internal/plural"
	"github.com/gradreg/gradreg/report"
)

// ganCriticOptions are the flags of gradreg gan critic.
type ganCriticOptions struct {
	out     string
	threads int
}

func (a *app) ganCriticCommand() *cobra.Command {
	o := &ganCriticOptions{}
	cmd := &cobra.Command{
		Use:   "critic RUN...",
		Short: "Draw the critics of points: scores and slopes",
		Long: `Draw the critic of each run on points of the plane: its score, with samples of the generator, and its slope, with points of the
data. What no penalty holds grows steep between the modes, and the generator's samples run after it.`,
		Example: `  gradreg gan critic runs/gan-gaussians-25 --out critic.png`,
		Args:    args(cobra.MinimumNArgs(1)),
		RunE:    func(cmd *cobra.Command, list []string) error { return a.runGanCritic(cmd, o, list) },
	}
	cmd.Flags().StringVar(&o.out, "out", "critic.png", "picture to write (.png or .svg)")
	threadsFlag(cmd, &o.threads)
	cmd.ValidArgsFunction = completeRunFolders
	return cmd
}

func (a *app) runGanCritic(cmd *cobra.Command, o *ganCriticOptions, runs []string) error {
	threads, err := a.threadCount(cmd, o.threads)
	if err != nil {
		return err
	}
	for _, run := range runs {
		if err := wantsGenerator(run, ""); err != nil {
			return err
		}
	}
	if err := checkPictureWritable("out", o.out, ".png", ".svg"); err != nil {
		return err
	}
	sheet, err := figures.Landscape(runs, threads)
	if err != nil {
		return err
	}
	if err := report.WriteFigure(o.out, sheet); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"runs": runs, "out": o.out})
	}
	fmt.Fprintf(a.out, "%s: %s\n", plural.Of(len(runs), "critic"), foreign.Line(o.out))
	return nil
}
