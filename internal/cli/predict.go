package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/train"
)

// prediction is what gradreg predict prints for an image.
type prediction struct {
	Image         string             `json:"image"`
	Class         string             `json:"class"`
	Probability   float64            `json:"probability"`
	Probabilities map[string]float64 `json:"probabilities"`
}

// predictOptions are the flags of gradreg predict.
type predictOptions struct {
	run, model string
	invert     bool
}

func (a *app) predictCommand() *cobra.Command {
	o := &predictOptions{}
	cmd := &cobra.Command{
		Use:   "predict IMAGE...",
		Short: "Classify pictures",
		Long: `Classify JPEG, PNG, GIF, BMP or WebP pictures. They are scaled to the size the model takes; models of grey images
get the luma. The model is that of the newest run under runs/ unless --run or --model names another.`,
		Example: `  # The newest model under runs/
  gradreg predict digit.png

  # A digit written in black on white paper, for a model of MNIST, whose digits are white on black
  gradreg predict --run runs/mnist-2000-lenet-datagrad-s1 --invert scan.jpg`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(_ *cobra.Command, list []string) error { return a.runPredict(o, list) },
	}
	f := cmd.Flags()
	f.StringVar(&o.run, "run", "", "run folder whose model to use")
	f.StringVar(&o.model, "model", "", "model file to use")
	f.BoolVar(&o.invert, "invert", false, "exchange black and white")
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
		return filepath.Join(o.run, train.ModelFile), nil
	}
	return newestModel("runs")
}

// newestModel returns the model that was written last to a folder of runs.
func newestModel(dir string) (string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", train.ModelFile))
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
		return "", fault.Inputf("found no finished run under %s/; train one with gradreg train, or name a model with --run or --model", dir)
	}
	return newest, nil
}

func (a *app) runPredict(o *predictOptions, images []string) error {
	path, err := o.modelPath()
	if err != nil {
		return err
	}
	m, err := train.Load(path, 1, 0)
	if err != nil {
		return err
	}
	defer m.Close()
	if o.run == "" && o.model == "" && a.watched() {
		a.note("model: " + path)
	}
	var all []prediction
	for _, name := range images {
		data, err := os.ReadFile(name)
		if err != nil {
			return fault.Input(err)
		}
		probabilities, err := m.PredictPicture(data, o.invert)
		if err != nil {
			return fault.Inputf("%s: %w", name, err)
		}
		all = append(all, newPrediction(name, m.Classes, probabilities))
	}
	if a.json {
		return a.printJSON(all)
	}
	for _, p := range all {
		fmt.Fprintf(a.out, "%s: %s\n", p.Image, p.top(3))
	}
	return nil
}

func newPrediction(image string, classes []string, probabilities []float64) prediction {
	p := prediction{Image: image, Probabilities: map[string]float64{}}
	for k, v := range probabilities {
		p.Probabilities[classes[k]] = v
		if v > p.Probability {
			p.Class, p.Probability = classes[k], v
		}
	}
	return p
}

// top lists the n most probable classes.
func (p prediction) top(n int) string {
	var names []string
	for name := range p.Probabilities {
		names = append(names, name)
	}
	slices.SortFunc(names, func(x, y string) int {
		if p.Probabilities[x] != p.Probabilities[y] {
			return map[bool]int{true: -1, false: 1}[p.Probabilities[x] > p.Probabilities[y]]
		}
		return map[bool]int{true: -1, false: 1}[x < y]
	})
	s := ""
	for i, name := range names[:min(n, len(names))] {
		if i > 0 {
			s += ", "
		}
		s += fmt.Sprintf("%s %.1f %%", name, 100*p.Probabilities[name])
	}
	return s
}
