package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/kernel"
)

// build describes the program.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go"`
	System  string `json:"system"`
	CPU     string `json:"cpu"`
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print version, commit, Go version and CPU level", Args: args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			b, err := newBuild()
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(b)
			}
			fmt.Fprintf(a.out, "gradreg %s %s (%s, %s, kernels %s)\n", b.Version, b.Commit, b.Go, b.System, b.CPU)
			return nil
		},
	}
}

func newBuild() (build, error) {
	level, err := kernel.Active()
	if err != nil {
		return build{}, fault.Input(err)
	}
	b := build{Version: "(devel)", Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH, CPU: level.String()}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Version = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Commit = s.Value
			}
		}
	}
	return b, nil
}
