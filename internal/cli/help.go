package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/internal/spec"
)

// helpCommand prints the help of a command or a topic. Another name is an error, where cobra's own
// prints the program's help.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "Help about a command or a topic",
		ValidArgsFunction: func(cmd *cobra.Command, list []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			if at, rest, err := cmd.Root().Find(list); err == nil && len(rest) == 0 {
				for _, c := range at.Commands() {
					names = append(names, cobra.CompletionWithDesc(c.Name(), c.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, list []string) error {
			at, rest, err := cmd.Root().Find(list)
			switch {
			case err != nil:
				return usage{err}
			case len(rest) > 0 && !at.HasSubCommands():
				return usage{fmt.Errorf("found %q, but %s has no commands", rest[0], at.CommandPath())}
			case len(rest) > 0:
				var names []string
				for _, c := range at.Commands() {
					names = append(names, c.Name())
				}
				return usage{spec.Unknown("command or topic", rest[0], names)}
			}
			at.InitDefaultHelpFlag()
			return at.Help()
		},
	}
}
