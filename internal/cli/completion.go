package cli

import (
	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/backbone"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/dataset/augment"
	"github.com/gradreg/gradreg/dataset/picture"
	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/model/generative"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/pretrained"
)

// completeFlags completes the values of flags that name things.
func completeFlags(cmd *cobra.Command) {
	for flag, values := range map[string][]string{
		"data": dataset.Names(), "model": model.Names(), "optimizer": optim.Names(), "schedule": optim.ScheduleNames(),
		"subset": classify.Subsets(), "fit": picture.Fits(), "augment": append(
			augment.Names(), augment.None, "default",
		),
	} {
		complete(cmd, flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	complete(
		cmd, "backbone",
		cobra.FixedCompletions([]string{"safetensors", "pth", "pt", "bin"}, cobra.ShellCompDirectiveFilterFileExt),
	)
	complete(
		cmd, "preprocessing",
		cobra.FixedCompletions(pretrained.Preprocessings(), cobra.ShellCompDirectiveNoFileComp),
	)
	complete(cmd, "backbone-variant", cobra.FixedCompletions(backbone.Variants(), cobra.ShellCompDirectiveNoFileComp))
	completeRun(cmd, nil)
}

// completeRun completes what all trainings have: regularizers, some more than the table's, folders
// and the configuration.
func completeRun(cmd *cobra.Command, more []string) {
	// λ follows the colon, so no space is added.
	specs := append([]string{gradreg.None}, more...)
	for _, r := range gradreg.Regularizers() {
		if !r.Critic {
			specs = append(specs, cobra.CompletionWithDesc(r.Name+":", r.Formula))
		}
	}
	complete(
		cmd, "reg",
		cobra.FixedCompletions(specs, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveNoSpace),
	)
	for _, flag := range []string{"resume", "out", "data-dir"} {
		complete(cmd, flag, completeFolders)
	}
	complete(cmd, "config", cobra.FixedCompletions([]string{"yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt))
}

// completeGanFlags completes the values of flags of gradreg gan train.
func completeGanFlags(cmd *cobra.Command) {
	for flag, values := range map[string][]string{
		"data": append(append(dataset.Names(), "stacked:mnist"), pointSetNames()...), "network": generative.Names(),
		"preset": presetNames(), "objective": gan.ObjectiveNames(), "optimizer": optim.Names(),
		"schedule": optim.ScheduleNames(), "augment": generative.AugmentKinds(),
	} {
		complete(cmd, flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	var critics []string
	for _, s := range gradreg.Shorthands() {
		critics = append(critics, cobra.CompletionWithDesc(s.Name+":", s.Source))
	}
	completeRun(cmd, critics)
}

// complete completes the value of a flag that the command has; a misspelt flag is a bug.
func complete(cmd *cobra.Command, flag string, f cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err)
	}
}

// completeFolders completes names of folders.
func completeFolders(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}
