package cli

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/internal/strictyaml"
)

// configuration merges defaults, preset or file, and flags, in this order.
func (o *ganTrainOptions) configuration(cmd *cobra.Command) (gan.Config, error) {
	changed := cmd.Flags().Changed
	if o.resume != "" {
		for _, name := range append(o.determining(), "config", "out", "preset", "width") {
			if changed(name) {
				return gan.Config{}, usage{
					fmt.Errorf("--%s cannot go with --resume: the run's configuration is fixed", name),
				}
			}
		}
		if isClassifier(o.resume) {
			return gan.Config{}, fault.Inputf(
				"%s is the run of a classifier; gradreg train --resume %s goes on with it", o.resume, quoted(o.resume),
			)
		}
		return gan.FolderConfig(o.resume)
	}
	if o.preset != "" && o.file != "" {
		return gan.Config{}, usage{errors.New("found --preset and --config, expected one of them")}
	}
	if changed("network") && changed("width") {
		return gan.Config{}, usage{
			errors.New("found --network and --width, expected one of them: width is an option of the network"),
		}
	}
	if changed("batch") && o.config.Batch < 1 {
		return gan.Config{}, usage{fmt.Errorf("--batch is %d, expected at least 1", o.config.Batch)}
	}
	base, err := o.base()
	if err != nil {
		return base, err
	}
	if o.preset != "" && changed("train-size") && o.config.TrainSize > 0 {
		base.Batch = min(base.Batch, o.config.TrainSize)
	}
	for _, name := range o.determining() {
		if changed(name) {
			o.setters(&base)[name]()
		}
	}
	if changed("width") {
		base.Network, err = withWidth(base.Network, o.width)
	}
	return base, err
}

// base returns what stands where flags say nothing.
func (o *ganTrainOptions) base() (gan.Config, error) {
	if o.file == "" {
		base := gan.DefaultFor(o.config.Data)
		if o.preset == "" {
			return base, nil
		}
		for _, p := range gan.Presets() {
			if p.Name == o.preset {
				p.Set(&base)
				return base, nil
			}
		}
		return base, usage{spec.Unknown("preset", o.preset, presetNames())}
	}
	data, err := boundedfile.Read(o.file, strictyaml.MaxBytes)
	if err != nil {
		return gan.Config{}, fault.Inputf("--config: %w", err)
	}
	base, err := gan.ReadConfig(gan.Default(), data)
	if err != nil {
		return base, fault.Inputf("%s: %w", o.file, err)
	}
	// What the file leaves out suits the data that it names.
	base, err = gan.ReadConfig(gan.DefaultFor(base.Data), data)
	return base, err
}

// setters copy the values of flags that determine a run over those of a configuration.
func (o *ganTrainOptions) setters(c *gan.Config) map[string]func() {
	f := o.config
	return map[string]func(){
		"data":             func() { c.Data, c.DataDir = f.Data, "" },
		"train-size":       func() { c.TrainSize = f.TrainSize },
		"size":             func() { c.Size = f.Size },
		"flip":             func() { c.Flip = f.Flip },
		"objective":        func() { c.Objective = f.Objective },
		"reg":              func() { c.Regularizers = f.Regularizers },
		"network":          func() { c.Network = f.Network },
		"z":                func() { c.Noise = f.Noise },
		"ema":              func() { c.HalfLife = f.HalfLife },
		"augment":          func() { c.Augment = f.Augment },
		"optimizer":        func() { c.Optimizer = f.Optimizer },
		"lr":               func() { c.LearningRate = f.LearningRate },
		"schedule":         func() { c.Schedule = f.Schedule },
		"steps":            func() { c.Steps = f.Steps },
		"critic-steps":     func() { c.CriticSteps = f.CriticSteps },
		"batch":            func() { c.Batch = f.Batch },
		"seed":             func() { c.Seed = f.Seed },
		"convolution":      func() { c.Convolution = f.Convolution },
		"log-every":        func() { c.LogEvery = f.LogEvery },
		"sheet-every":      func() { c.SheetEvery = f.SheetEvery },
		"checkpoint-every": func() { c.CheckpointEvery = f.CheckpointEvery },
	}
}

// determining lists the flags that determine a run's numbers.
func (o *ganTrainOptions) determining() []string {
	return slices.Sorted(maps.Keys(o.setters(&gan.Config{})))
}

// withWidth returns the text form of a network with another width.
func withWidth(network string, width int) (string, error) {
	if width < 1 {
		return network, usage{fmt.Errorf("--width is %d, expected at least 1", width)}
	}
	s, err := spec.Parse(network)
	if err != nil {
		return network, fault.Input(err)
	}
	set := false
	for i := range s.Pairs {
		if s.Pairs[i].Key == "width" {
			s.Pairs[i].Value, set = fmt.Sprint(width), true
		}
	}
	if !set {
		s.Pairs = append(s.Pairs, spec.Pair{Key: "width", Value: fmt.Sprint(width)})
	}
	return s.String(), nil
}
