package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/train"
)

// evaluation is what gradreg eval prints.
type evaluation struct {
	TestAccuracy   float64    `json:"test_accuracy"`
	Interval       [2]float64 `json:"test_accuracy_interval"` // 95 %, Wilson
	TestErrorCount int        `json:"test_error_count"`
	TestNLL        float64    `json:"test_nll"`
	TestImages     int        `json:"test_images"`
	Data           string     `json:"data"`
	Model          string     `json:"model"`
}

// evalOptions are the flags of gradreg eval.
type evalOptions struct {
	dataDir string
	threads int
}

func (a *app) evalCommand() *cobra.Command {
	o := &evalOptions{}
	cmd := &cobra.Command{
		Use:   "eval RUN",
		Short: "Evaluate the model of a run on its test images",
		Long: `Evaluate the model of a finished run on the official test images, which gives what the run itself ended with.
A run with --paper-protocol is evaluated on the images that it held out.`,
		Example: `  # Accuracy, its 95 % interval, errors and negative log-likelihood
  gradreg eval runs/mnist-2000-lenet-datagrad-s1`,
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: completeFolders,
		RunE:              func(cmd *cobra.Command, list []string) error { return a.runEval(cmd, o, list[0]) },
	}
	cmd.Flags().StringVar(&o.dataDir, "data-dir", "", "folder to look for the data set's files in (before GRADREG_DATA)")
	threadsFlag(cmd, &o.threads)
	return cmd
}

func (a *app) runEval(cmd *cobra.Command, o *evalOptions, dir string) error {
	threads, err := a.threadCount(cmd, o.threads)
	if err != nil {
		return err
	}
	result, err := train.Evaluate(dir, train.Options{DataDirs: a.dataDirs(o.dataDir), Threads: threads})
	if err != nil {
		return err
	}
	score := result.Score
	low, high := score.Interval()
	e := evaluation{
		score.Accuracy(), [2]float64{low, high}, score.Errors, score.NLL(), score.Images,
		result.Config.Data, result.Config.Model,
	}
	if a.json {
		return a.printJSON(e)
	}
	fmt.Fprintf(a.out, "test accuracy   %.2f %%   (95 %% interval %.2f to %.2f; %d errors in %d images)\n",
		100*e.TestAccuracy, 100*low, 100*high, e.TestErrorCount, e.TestImages)
	fmt.Fprintf(a.out, "test NLL        %.4f nats\n", e.TestNLL)
	return nil
}
