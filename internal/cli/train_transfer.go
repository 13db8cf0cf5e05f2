package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/backbone"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/pretrained"
)

// transferFlags adds the flags of pretrained networks.
func (o *trainOptions) transferFlags(cmd *cobra.Command) {
	f, c := cmd.Flags(), &o.config
	f.StringVar(
		&c.Backbone, "backbone", "",
		"file of pretrained weights, .safetensors or .pth: a head on its features is fitted to the "+
			"pictures of a folder",
	)
	f.BoolVar(&o.finetune, "finetune", false, "with --backbone: train the whole network, not a head on its features")
	f.StringVar(
		&c.Preprocessing, "preprocessing", "",
		"how pictures are prepared for --backbone, where its file does not say it: "+
			strings.Join(pretrained.Preprocessings(), ", ")+", or as timm:crop=0.95,size=288",
	)
	f.StringVar(
		&c.BackboneVariant, "backbone-variant", "",
		"what timm calls the network of --backbone, where its file does not say it",
	)
	f.Float64Var(
		&c.HeadL2, "head-l2", 0, "L2 penalty of the head on features (default found by cross-validation)",
	)
	f.Float64Var(
		&c.DepthRate, "depth-rate", 0,
		"with --finetune: the learning rate of each part of the network over that of the part behind it (default 1)",
	)
	featureCacheFlag(cmd, &o.featureCache)
}

// featureCacheFlag adds the flag of the folder that keeps features.
func featureCacheFlag(cmd *cobra.Command, to *string) {
	cmd.Flags().StringVar(
		to, "feature-cache", "",
		"folder that keeps the features of pictures, or none (default gradreg/embeddings in the user's cache folder)",
	)
}

// ofSteps are the flags that mean nothing for a head on features, which has one step.
var ofSteps = []string{
	"reg", "augment", "optimizer", "lr", "schedule", "steps", "epochs", "patience", "keep", "batch", "model",
	"eval-every", "log-every", "checkpoint-every", "fast-dev-run", "depth-rate", "convolution",
}

// transfer completes a configuration with a pretrained network.
func (o *trainOptions) transfer(cmd *cobra.Command, cfg *classify.Config) error {
	changed := cmd.Flags().Changed
	if o.finetune {
		if cfg.Backbone == "" {
			return usage{errors.New("--finetune begins with a pretrained network, expected --backbone FILE with it")}
		}
		if o.file != "" && cfg.Transfer == classify.TransferFeatures {
			return usage{fmt.Errorf(
				"found --finetune and %s of a head on features, whose one step and other settings are not for it: "+
					"expected --data and --backbone in the place of --config", o.file,
			)}
		}
		cfg.Transfer = classify.TransferFinetune
	}
	if cfg.Backbone == "" {
		return nil
	}
	if changed("model") {
		return usage{errors.New("found --model and --backbone, expected one of them: the file says what network it is")}
	}
	if !cfg.Frozen() {
		if changed("reg") && !o.named["regularizers"] {
			cfg.Regularizers = o.config.Regularizers // there are no defaults to add to
		}
		return nil
	}
	for _, name := range ofSteps {
		if changed(name) {
			return usage{fmt.Errorf(
				"--%s is about steps of training, and a head on the features of --backbone has "+
					"none: expected --finetune with it",
				name,
			)}
		}
	}
	if o.file == "" {
		cfg.Regularizers, cfg.Augment = nil, ""
	}
	return nil
}

// saidByFlag adds to an error of a file of weights that does not say something the flag that does.
func saidByFlag(err error, variant string) error {
	switch {
	case errors.Is(err, pretrained.ErrPreprocessing):
		return fmt.Errorf("%w (--preprocessing %s)", err, pretrained.TorchVision)
	case errors.Is(err, backbone.ErrVariant):
		return fmt.Errorf("%w (--%s NAME)", err, variant)
	}
	return err
}

// plannedTransfer completes the configuration of a run with a pretrained network. A head on features
// needs nothing; what trains all of the network gets what suits one that knows much already: a low
// rate, few epochs, pictures that are changed at random. What flags or a file say stays.
func plannedTransfer(
	ctx context.Context, cfg classify.Config, opt classify.Options, said func(field string) bool,
) (classify.Config, error) {
	if cfg.Frozen() {
		return cfg, nil
	}
	pictures, err := classify.Look(ctx, &cfg, opt)
	if err != nil {
		return cfg, err
	}
	recipe := classify.FinetuneRecipe(pictures, cfg.Model)
	given := cfg.Regularizers
	if cfg = recipe.Fill(cfg, pictures, said); said("regularizers") {
		cfg.Regularizers = given
	}
	return cfg, nil
}

// noteTransfer says what is trained of a pretrained network, and what else could be.
func (a *app) noteTransfer(s classify.Start) {
	c := s.Config
	if !c.Frozen() || a.json {
		return
	}
	a.note(fmt.Sprintf("a head on the features of %s, which stays as it is; "+
		"--finetune trains all of the network, which takes longer and may learn more", filepath.Base(c.Backbone)))
}
