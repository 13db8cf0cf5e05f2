package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
)

// predictBatch is the number of pictures that are decoded, and then classified, at a time.
const predictBatch = 32

// predictOptions are the flags of gradreg predict.
type predictOptions struct {
	run, model string
	invert     bool
	top        int
}

func (a *app) predictCommand() *cobra.Command {
	o := &predictOptions{}
	cmd := &cobra.Command{
		Use:   "predict IMAGE|FOLDER...",
		Short: "Classify pictures",
		Long: `Classify JPEG, PNG, GIF, BMP or WebP pictures, of a folder all in it and in the folders in it, in the order of their names.
They are scaled to the size the model takes; models of grey images get the luma. Each is answered by a line with its most
probable classes. One that cannot be read is named, the others are answered nevertheless, and the exit code is 2. Pictures
of a folder in other formats, such as TIFF and HEIC, are left out, and one line says how many. The model is that of the newest run under runs/ unless --run or --model names another.`,
		Example: `  # The newest model under runs/
  gradreg predict digit.png

  # A digit written in black on white paper, for a model of MNIST, whose digits are white on black
  gradreg predict --run runs/mnist-2000-lenet-datagrad-s1 --invert scan.jpg

  # All pictures of a folder, the most probable class of each
  gradreg predict --run runs/photos-all-resnet-datagrad-s1 --top 1 ~/photos`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error { return a.runPredict(cmd.Context(), o, list) },
	}
	f := cmd.Flags()
	f.StringVar(&o.run, "run", "", "run folder whose model to use")
	f.StringVar(&o.model, "model", "", "model file to use")
	f.BoolVar(&o.invert, "invert", false, "exchange black and white")
	f.IntVar(&o.top, "top", 3, "most probable classes that a line lists")
	return cmd
}

// modelPath returns the model file that the flags ask for.
func (o *predictOptions) modelPath() (string, error) {
	switch {
	case o.model != "" && o.run != "":
		return "", usage{fmt.Errorf("--run and --model exclude each other")}
	case o.model != "":
		return o.model, nil
	case o.run != "":
		return filepath.Join(o.run, classify.ModelFile), nil
	}
	return newestModel(defaultRuns)
}

// newestModel returns the model that was written last to a folder of runs.
func newestModel(dir string) (string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", classify.ModelFile))
	if err != nil {
		return "", err
	}
	var newest string
	var when time.Time
	for _, path := range files {
		if info, err := os.Stat(path); err == nil && info.ModTime().After(when) {
			newest, when = path, info.ModTime()
		}
	}
	if newest == "" {
		return "", fault.Inputf(
			"found no finished run under %s/; train one with gradreg train, or name a model with --run or --model",
			dir,
		)
	}
	return newest, nil
}

func (a *app) runPredict(ctx context.Context, o *predictOptions, names []string) error {
	if o.top < 1 {
		return usage{fmt.Errorf("--top is %d, expected at least 1", o.top)}
	}
	if err := wantsClassifier(o.run, "gradreg gan sample %s makes samples of it"); err != nil {
		return err
	}
	path, err := o.modelPath()
	if err != nil {
		return err
	}
	batch := predictBatch
	if len(names) == 1 && !isFolder(names[0]) {
		batch = 1
	}
	m, err := classify.Load(path, batch, 0)
	if err != nil {
		return err
	}
	defer m.Close()
	if o.run == "" && o.model == "" && a.watched() {
		a.note("model: " + path)
	}
	p := &predicting{app: a, model: m, options: o}
	if err := p.all(ctx, names); err != nil {
		return err
	}
	return p.end()
}
