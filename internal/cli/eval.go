package cli

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/train"
)

// evalBatch is the number of images that are classified at a time.
const evalBatch = 250

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

func (a *app) evalCommand() *cobra.Command {
	var dataDir string
	cmd := &cobra.Command{
		Use:   "eval RUN",
		Short: "Evaluate the model of a run on the official test images",
		Example: `  # Accuracy, its 95 % interval, errors and negative log-likelihood
  gradreg eval runs/mnist-2000-lenet-datagrad-s1`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, list []string) error { return a.runEval(list[0], dataDir) },
	}
	cmd.Flags().StringVar(&dataDir, "data-dir", "", "folder to look for the data set's files in (before GRADREG_DATA)")
	return cmd
}

func (a *app) runEval(dir, dataDir string) error {
	cfg, err := train.FolderConfig(dir)
	if err != nil {
		return err
	}
	m, err := train.Load(filepath.Join(dir, train.ModelFile), evalBatch)
	if err != nil {
		return err
	}
	defer m.Close()
	if m.Model != cfg.Model || m.Data != cfg.Data {
		return fault.Inputf("%s holds the model %s of %s, but its config.yaml says %s of %s", dir, m.Model, m.Data, cfg.Model, cfg.Data)
	}
	d, err := dataset.Open(cfg.Data, a.dataDirs(dataDir)...)
	if err != nil {
		return err
	}
	part, err := d.Test()
	if err != nil {
		return err
	}
	score, err := m.Score(dataset.Whole(part))
	if err != nil {
		return err
	}
	low, high := score.Interval()
	e := evaluation{score.Accuracy(), [2]float64{low, high}, score.Errors, score.NLL(), score.Images, cfg.Data, cfg.Model}
	if a.json {
		return a.printJSON(e)
	}
	fmt.Fprintf(a.out, "test accuracy   %.2f %%   (95 %% interval %.2f to %.2f; %d errors in %d images)\n",
		100*e.TestAccuracy, 100*low, 100*high, e.TestErrorCount, e.TestImages)
	fmt.Fprintf(a.out, "test NLL        %.4f nats\n", e.TestNLL)
	return nil
}
