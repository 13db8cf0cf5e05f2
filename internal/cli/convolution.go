package cli

import (
	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/engine"
)

// convolutionFlag adds --convolution with its completion.
func convolutionFlag(cmd *cobra.Command, choice *engine.Convolution) {
	cmd.Flags().StringVar(
		(*string)(choice), "convolution", string(engine.AutoConvolution),
		"how convolutions are computed: auto, by Winograd's algorithm where that takes less time; or direct, by "+
			"their definition everywhere, to the same within rounding",
	)
	complete(
		cmd, "convolution",
		cobra.FixedCompletions(engine.Convolutions(), cobra.ShellCompDirectiveNoFileComp),
	)
}
