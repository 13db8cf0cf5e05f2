package cli

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/strictyaml"
)

// configuration merges defaults, file and flags, in this order.
func (o *trainOptions) configuration(cmd *cobra.Command) (classify.Config, error) {
	changed := cmd.Flags().Changed
	if changed("epochs") && changed("steps") {
		return classify.Config{}, usage{errors.New(
			"found --epochs and --steps, expected one of them: an epoch has as many steps as its images need",
		)}
	}
	if o.resume != "" {
		for _, name := range []string{"config", "out", "data", "task", "train-size", "subset",
			"size", "fit", "augment", "model", "reg", "optimizer", "lr", "schedule",
			"batch", "seed", "paper-protocol", "dev-share", "patience", "keep", "eval-every",
			"log-every", "checkpoint-every", "convolution",
			"fast-dev-run", "finetune", "preprocessing", "backbone-variant", "head-l2", "depth-rate"} {
			if changed(name) {
				return classify.Config{}, usage{
					fmt.Errorf("--%s cannot go with --resume: the run's configuration is fixed", name),
				}
			}
		}
		if o.finish && (changed("steps") || changed("epochs")) {
			return classify.Config{}, usage{errors.New("found --finish and --steps or --epochs, expected one of them")}
		}
		if err := wantsClassifier(o.resume, "gradreg gan train --resume %s goes on with it"); err != nil {
			return classify.Config{}, err
		}
		return classify.FolderConfig(o.resume)
	}
	if o.finish {
		return classify.Config{}, usage{
			errors.New("--finish is for a run that was interrupted, expected --resume RUN with it"),
		}
	}
	cfg, base := o.config, classify.Default()
	sized, batched, penalized := changed("train-size"), changed("batch"), false
	if o.file != "" {
		base.TrainSize, base.Batch, base.Regularizers = unsaid, unsaid, nil
		data, err := boundedfile.Read(o.file, strictyaml.MaxBytes)
		if err != nil {
			return cfg, fault.Inputf("--config: %w", err)
		}
		if base, err = classify.ReadConfig(base, data); err != nil {
			return cfg, fault.Inputf("%s: %w", o.file, err)
		}
		sized = sized || base.TrainSize != unsaid
		batched = batched || base.Batch != unsaid
		if o.named, err = fieldsNamed(data); err != nil {
			return cfg, fault.Inputf("%s: %w", o.file, err)
		}
		penalized = base.Regularizers != nil
		cfg = base
		o.override(&cfg, changed)
	}
	if !sized {
		cfg.TrainSize = defaultTrainSize(cfg.Data)
	}
	switch {
	case !batched:
		cfg.Batch = 0 // for as many as the training images allow
	case cfg.Batch < 1:
		return cfg, fault.Fieldf("batch is %d, expected at least 1", cfg.Batch)
	}
	if !penalized {
		images := cfg.TrainSize
		if cfg.PerClass > 0 {
			images = 10 * cfg.PerClass // about: most sets have ten classes
		}
		base.Regularizers = classify.DefaultRegularizers(cfg.Data, images)
		cfg.Regularizers = base.Regularizers
	}
	if changed("reg") {
		cfg.Note, cfg.Choices = "", nil // of the file's λ
		cfg.Regularizers = withOthers(base.Regularizers, o.config.Regularizers)
	}
	if changed("steps") || o.fast { // the file's is the history of a run of other steps
		cfg.StopAfter, cfg.Extended = 0, nil
	}
	if changed("epochs") || cfg.Epochs > 0 && o.lengthOpen(changed) {
		cfg.Steps, cfg.StopAfter, cfg.Extended = 0, 0, nil // they follow from the images
	}
	if changed("steps") || o.fast {
		cfg.Epochs = 0
	}
	if o.fast {
		cfg.Steps, cfg.EvalEvery, cfg.LogEvery = 10, 5, 5
	}
	return cfg, o.transfer(cmd, &cfg)
}

// lengthOpen reports whether flags change how many steps the file's epochs have.
func (o *trainOptions) lengthOpen(changed func(string) bool) bool {
	return slices.ContainsFunc([]string{"data", "train-size", "batch", "dev-share"}, changed)
}

// fieldsNamed returns the fields that a configuration's text has.
func fieldsNamed(data []byte) (map[string]bool, error) {
	var fields map[string]any
	if err := yaml.Unmarshal(data, &fields); err != nil {
		return nil, err
	}
	named := map[string]bool{}
	for name := range fields {
		named[name] = true
	}
	return named, nil
}

// unsaid is the train size, or the batch, of a configuration that does not give one.
const unsaid = math.MinInt

// defaultTrainSize returns the train size where none is given: that of the main job, but all
// pictures of a folder, of which there may be any number.
func defaultTrainSize(data dataset.Source) int {
	if data.Resizable() {
		return 0
	}
	return classify.Default().TrainSize
}

// withOthers returns the regularizers of the command line behind those of the file or the defaults,
// less the ones whose name is given again. none, which clears all before it, stays for train to
// understand.
func withOthers(base, given []gradreg.Spec) []gradreg.Spec {
	var out []gradreg.Spec
	for _, r := range base {
		again := slices.ContainsFunc(given, func(g gradreg.Spec) bool { return g.Name() == r.Name() })
		if !again {
			out = append(out, r)
		}
	}
	return append(out, given...)
}

// override copies the flags that were set over a file's values.
func (o *trainOptions) override(cfg *classify.Config, changed func(string) bool) {
	f := o.config
	for name, set := range map[string]func(){
		"data":             func() { cfg.Data, cfg.DataDir, cfg.Division = f.Data, "", "" },
		"train-size":       func() { cfg.TrainSize, cfg.PerClass = f.TrainSize, f.PerClass },
		"subset":           func() { cfg.Subset = f.Subset },
		"task":             func() { cfg.Task = f.Task },
		"size":             func() { cfg.Size = f.Size },
		"fit":              func() { cfg.Fit = f.Fit },
		"augment":          func() { cfg.Augment = f.Augment },
		"model":            func() { cfg.Model = f.Model },
		"optimizer":        func() { cfg.Optimizer = f.Optimizer },
		"lr":               func() { cfg.LearningRate = f.LearningRate },
		"schedule":         func() { cfg.Schedule = f.Schedule },
		"steps":            func() { cfg.Steps = f.Steps },
		"epochs":           func() { cfg.Epochs = f.Epochs },
		"dev-share":        func() { cfg.DevShare = f.DevShare },
		"patience":         func() { cfg.Patience = f.Patience },
		"keep":             func() { cfg.Keep = f.Keep },
		"batch":            func() { cfg.Batch = f.Batch },
		"seed":             func() { cfg.Seed = f.Seed },
		"paper-protocol":   func() { cfg.PaperProtocol = f.PaperProtocol },
		"eval-every":       func() { cfg.EvalEvery = f.EvalEvery },
		"log-every":        func() { cfg.LogEvery = f.LogEvery },
		"checkpoint-every": func() { cfg.CheckpointEvery = f.CheckpointEvery },
		"convolution":      func() { cfg.Convolution = f.Convolution },
		"backbone":         func() { cfg.Backbone, cfg.BackboneSHA256 = f.Backbone, "" },
		"preprocessing":    func() { cfg.Preprocessing = f.Preprocessing },
		"backbone-variant": func() { cfg.BackboneVariant = f.BackboneVariant },
		"head-l2":          func() { cfg.HeadL2 = f.HeadL2 },
		"depth-rate":       func() { cfg.DepthRate = f.DepthRate },
	} {
		if changed(name) {
			set()
		}
	}
}
