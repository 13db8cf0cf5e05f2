package cli

import (
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/gradreg/gradreg/internal/fault"
)

// manCommand writes the manual pages, for those who package the program.
func (a *app) manCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "docs", Short: "Write documentation files", Hidden: true, Args: args(cobra.NoArgs)}
	cmd.AddCommand(&cobra.Command{
		Use: "man DIR", Short: "Write a manual page for every command to a folder", Args: args(cobra.ExactArgs(1)),
		ValidArgsFunction: completeFolders,
		RunE:              func(cmd *cobra.Command, list []string) error { return a.runMan(cmd.Root(), list[0]) },
	})
	return cmd
}

func (a *app) runMan(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fault.Input(err)
	}
	root.DisableAutoGenTag = true // pages are the same on every day
	return doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "gradreg", Manual: "GradReg"}, dir)
}
