package cli

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/gan"
)

// ganCommand holds the commands of generative models.
func (a *app) ganCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "gan",
		Short: "Train generators of images, and judge them",
		Long: `A generator learns to make images like those of a data set from a critic, which learns to tell them from real ones and is kept
smooth by a penalty on its slope.`,
		Example: `  # Digits: the first sheet of samples within a minute
  gradreg gan train

  # 64 samples of the generator as it stands
  gradreg gan sample runs/gan-mnist -n 64 --seed 1 --out sheet.png

  # How good they are
  gradreg gan score runs/gan-mnist`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		a.ganTrainCommand(), a.ganSampleCommand(), a.ganInterpolateCommand(), a.ganScoreCommand(),
		a.ganNearestCommand(), a.ganCriticCommand(), a.ganStudyCommand(),
	)
	return cmd
}

// sourceOf returns where data of a configuration come from, those of stacked images, too.
func sourceOf(data string) dataset.Source {
	return dataset.ParseSource(strings.TrimPrefix(data, gan.StackedPrefix))
}

// isPoints reports whether data are points of a set of package gan.
func isPoints(data string) bool {
	_, ok := gan.PointSetOf(data)
	return ok
}
