package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/internal/build"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/kernel"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print version, commit, Go version, machine and CPU level", Args: args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return a.runVersion() },
	}
}

func (a *app) runVersion() error {
	level, err := kernel.Active()
	if err != nil {
		return fault.Input(err)
	}
	b := build.Current()
	if a.json {
		return a.printJSON(struct {
			build.Info
			CPU     string `json:"cpu"`
			Machine string `json:"machine"`
		}{b, level.String(), build.Machine()})
	}
	fmt.Fprintf(a.out, "gradreg %s (%s, %s, kernels %s)\n", b.Version, b.Go, b.System, level)
	if b.Commit != "" {
		fmt.Fprintf(a.out, "commit %s\n", b.Commit)
	}
	fmt.Fprintln(a.out, build.Machine())
	return nil
}
