package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/internal/plural"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/task"
	"github.com/gradreg/gradreg/tune"
)

// fieldsOf are the fields of a configuration, by their names in YAML, that flags of other names set.
var fieldsOf = map[string]string{
	"lr": "learning_rate", "reg": "regularizers", "train-size": "train_size",
	"eval-every": "eval_every", "log-every": "log_every", "checkpoint-every": "checkpoint_every",
	"dev-share": "dev_share",
}

// planned completes the configuration of a run on a folder of pictures by what suits its number of
// pictures, and says what was chosen, of what, and how long it takes. What flags or a file say stays.
func (a *app) planned(
	ctx context.Context, cmd *cobra.Command, o *trainOptions, cfg classify.Config, opt classify.Options,
) (classify.Config, error) {
	if opt.Resume {
		return cfg, nil
	}
	ctx, stop := interruptible(ctx)
	defer stop()
	if !cfg.Data.Resizable() {
		return counted(ctx, cfg, opt)
	}
	reading := a.newFolderProgress(o.plain)
	defer reading.close()
	opt.Reading = reading.report
	said := o.said(cmd)
	var err error
	if cfg.Backbone != "" {
		cfg, err = plannedTransfer(ctx, cfg, opt, said)
	} else {
		cfg, err = o.plannedFromScratch(ctx, cmd, cfg, opt)
	}
	if err != nil || cfg.Frozen() || o.fast || !a.watched() {
		return cfg, err
	}
	pace, err := classify.Measure(ctx, tune.WithSome(cfg), opt)
	if err != nil {
		return cfg, err
	}
	reading.close()
	a.note(planLine(pace, cfg, !said("model") && !said("epochs") && !said("steps")))
	return cfg, nil
}

// plannedFromScratch completes the configuration of a run that begins with no pretrained network.
func (o *trainOptions) plannedFromScratch(
	ctx context.Context, cmd *cobra.Command, cfg classify.Config, opt classify.Options,
) (classify.Config, error) {
	said := o.said(cmd)
	if !said("model") {
		cfg.Model = model.Spec{} // what does not suit it would be said of the pictures' size
	}
	pictures, err := classify.Look(ctx, &cfg, opt)
	if err != nil {
		return cfg, err
	}
	recipe := classify.RecipeFor(pictures)
	given := cfg.Regularizers
	cfg = recipe.Fill(cfg, pictures, said)
	if cmd.Flags().Changed("reg") && !o.named["regularizers"] {
		given = withOthers(recipe.Regularizers, o.config.Regularizers)
	}
	if said("regularizers") {
		cfg.Regularizers = given
	}
	return cfg, nil
}

// counted returns a configuration with the steps of its epochs, if a search for λ has to know them.
func counted(ctx context.Context, cfg classify.Config, opt classify.Options) (classify.Config, error) {
	if cfg.Steps > 0 || !tune.Needed(cfg) {
		return cfg, nil
	}
	pace, err := classify.Measure(ctx, tune.WithSome(cfg), opt)
	cfg.Steps = pace.Config.Steps
	return cfg, err
}

// said returns whether flags or the file name a field of the configuration.
func (o *trainOptions) said(cmd *cobra.Command) func(field string) bool {
	flags := map[string]bool{}
	for flag, field := range fieldsOf {
		flags[field] = cmd.Flags().Changed(flag)
	}
	return func(field string) bool {
		if o.fast && (field == "steps" || field == "eval_every" || field == "log_every") {
			return true
		}
		// A file that says how long a run is may be of an earlier one, and repeats it: what it does not
		// have was not done.
		whole := o.named["steps"] && slices.Contains([]string{"dev_share", "keep", "patience", "epochs"}, field)
		return whole || o.named[field] || flags[field] || cmd.Flags().Changed(field)
	}
}

// planLine says what a run on a folder is made of, why, and how long it takes. asked is the
// configuration before it was resolved, chosen whether its network and length are the recipe's.
func planLine(p classify.Pace, asked classify.Config, chosen bool) string {
	c := p.Config
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", foreign.Line(c.Data.Name()), plural.Of(p.Train, "photo"))
	if c.Learns() == (task.Classification{}) {
		fmt.Fprintf(&b, " of %d classes", p.Classes)
	}
	b.WriteString(" to train on")
	switch {
	case c.EvalEvery == 0:
	case p.Dev > 0 && c.DevShare > 0:
		fmt.Fprintf(&b, ", %d held out to judge it on the way", p.Dev)
	case p.Dev > 0:
		fmt.Fprintf(&b, ", %d to judge it on the way", p.Dev)
	}
	fmt.Fprintf(&b, ", %d to test it; ", p.Test)
	if chosen {
		b.WriteString("chosen for so many: ")
	}
	length := plural.Of(c.Steps, "step")
	if c.Epochs > 0 {
		length = plural.Of(c.Epochs, "epoch")
	}
	if c.Finetunes() {
		fmt.Fprintf(&b, "all of %s from %s", c.Model.Name(), foreign.Line(filepath.Base(c.Backbone)))
	} else {
		fmt.Fprintf(&b, "%s from scratch", asked.Model)
	}
	fmt.Fprintf(&b, " at %d×%d pixels, %s; ", c.Size, c.Size, length)
	if c.Patience > 0 {
		b.WriteString("at most ")
	}
	fmt.Fprintf(&b, "about %v", roughly(p.Whole()))
	if cost := tune.Cost(asked); cost > 0 {
		search := time.Duration(cost * float64(p.Whole()))
		fmt.Fprintf(&b, ", after a search for λ of at most about %v", roughly(search))
	}
	return b.String()
}

// roughly rounds a time to what an estimate can say.
func roughly(d time.Duration) time.Duration {
	switch {
	case d < 10*time.Second:
		return max(d.Round(time.Second), time.Second)
	case d < 2*time.Minute:
		return d.Round(5 * time.Second)
	case d < time.Hour:
		return d.Round(time.Minute)
	}
	return d.Round(10 * time.Minute)
}

// largestSide is that of the images of a folder where nobody says it, as train takes them.
func largestSide() int { return classify.RecipeFor(classify.Pictures{}).LargestSize }
