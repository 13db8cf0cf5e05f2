package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gradreg/gradreg/dataset"
)

// checkGiven refuses flags and arguments that are given and empty, as an unset variable of a shell
// makes them: nothing here has a meaning for an empty name, and what stands for it where nothing is
// given is not what was meant.
func checkGiven(cmd *cobra.Command, list []string) error {
	var empty error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if empty == nil && isEmpty(f.Value) {
			empty = usage{fmt.Errorf("--%s is empty, expected a value, or the flag left out", f.Name)}
		}
	})
	// The arguments of that one are a line as far as it is typed.
	completes := cmd.Name() == cobra.ShellCompRequestCmd
	if n := slices.Index(list, ""); empty == nil && n >= 0 && !completes {
		_, expected, _ := strings.Cut(cmd.Use, " ")
		empty = usage{fmt.Errorf("argument %d of %s is empty, expected %s", n+1, cmd.CommandPath(), expected)}
	}
	return empty
}

// isEmpty reports whether the value of a flag that was given is no text, or a list with none in it
// or an empty one. Values of other types are not taken when they are empty.
func isEmpty(v pflag.Value) bool {
	switch v := v.(type) {
	case pflag.SliceValue:
		list := v.GetSlice()
		return len(list) == 0 || slices.Contains(list, "")
	default:
		return v.Type() == "string" && v.String() == ""
	}
}

// checkDataDir refuses --data-dir where all data are folders of pictures: nothing would be looked
// for in it.
func checkDataDir(cmd *cobra.Command, data ...dataset.Source) error {
	lookedUp := slices.ContainsFunc(data, dataset.Source.LookedUp)
	if !cmd.Flags().Changed("data-dir") || len(data) == 0 || lookedUp {
		return nil
	}
	var names []string
	for _, d := range data {
		names = append(names, d.String())
	}
	return usage{fmt.Errorf("found --data-dir, which is for data sets with a name (%s), but %s is a folder of pictures",
		strings.Join(dataset.Names(), ", "), strings.Join(names, ", "))}
}
