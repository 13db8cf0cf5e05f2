package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/train"
)

// evaluation is what gradreg eval prints of a run.
type evaluation struct {
	TestAccuracy   float64 `json:"test_accuracy"`
	TestErrorCount int     `json:"test_error_count"`
	TestNLL        float64 `json:"test_nll"`
	TestImages     int     `json:"test_images"`
	train.Detail
	Confusion [][]int `json:"test_confusion"` // by true class, then by predicted class
	Data      string  `json:"data"`
	Model     string  `json:"model"`
}

// evalOptions are the flags of gradreg eval.
type evalOptions struct {
	dataDir string
	threads int
	out     string
}

func (a *app) evalCommand() *cobra.Command {
	o := &evalOptions{}
	cmd := &cobra.Command{
		Use:   "eval RUN",
		Short: "Evaluate the model of a run on its test images",
		Long: `Evaluate the model of a finished run on the official test images, which gives what the run itself ended with.
A run with --paper-protocol is evaluated on the images that it held out.`,
		Example: `  # Accuracy with its 95 % interval, negative log-likelihood, calibration, classes and what they are taken for
  gradreg eval runs/mnist-2000-lenet-datagrad-s1

  # The confusion matrix and the most wrong images as pictures
  gradreg eval runs/mnist-2000-lenet-datagrad-s1 --out pictures`,
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: completeFolders,
		RunE:              func(cmd *cobra.Command, list []string) error { return a.runEval(cmd, o, list[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&o.dataDir, "data-dir", "", "folder to look for the data set's files in (before GRADREG_DATA)")
	f.StringVar(&o.out, "out", "", "folder to write pictures to")
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
	if o.out != "" {
		if err := writePictures(o.out, result); err != nil {
			return err
		}
	}
	if a.json {
		return a.printJSON(newEvaluation(result))
	}
	return a.printEvaluation(result)
}

// newEvaluation returns what is printed of a result.
func newEvaluation(r train.Evaluation) evaluation {
	score, c := r.Logits.Score(), r.Logits.Confusion()
	e := evaluation{
		TestAccuracy: score.Accuracy(), TestErrorCount: score.Errors, TestNLL: score.NLL(), TestImages: score.Images,
		Detail: r.Detail(), Data: r.Config.Data, Model: r.Config.Model,
	}
	for i := range c.Classes {
		e.Confusion = append(e.Confusion, c.Counts[i*c.Classes:(i+1)*c.Classes])
	}
	return e
}

// printEvaluation prints a result in full.
func (a *app) printEvaluation(r train.Evaluation) error {
	e := newEvaluation(r)
	a.printScore(e)
	fmt.Fprintln(a.out)
	if err := classTable(e).Write(a.out, "text"); err != nil {
		return err
	}
	fmt.Fprintln(a.out)
	if len(e.Confusion) <= matrixClasses {
		return confusionTable(e).Write(a.out, "text")
	}
	return mixTable(r).Write(a.out, "text")
}
