package cli

import (
	"fmt"
	"text/tabwriter"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/study"
)

func (a *app) studyListCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the built-in studies",
		Args:  args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			type row struct {
				Name  string `json:"name"`
				Title string `json:"title"`
				About string `json:"about"`
				Cells int    `json:"cell_count"`
				Runs  int    `json:"run_count"` // final ones
			}
			var rows []row
			for _, name := range study.Builtins() {
				s, _, err := study.Builtin(name)
				if err != nil {
					return err
				}
				n := len(s.Cells())
				rows = append(rows, row{s.Name, s.Title, s.About, n, n * s.Seeds})
			}
			if a.json {
				return a.printJSON(map[string]any{"studies": rows})
			}
			w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "NAME\tRUNS\tWHAT")
			for _, r := range rows {
				fmt.Fprintf(w, "%s\t%d\t%s\n", r.Name, r.Runs, r.Title)
			}
			return w.Flush()
		},
	}
	return cmd
}

func (a *app) studyShowCommand() *cobra.Command {
	return &cobra.Command{
		Use:               "show NAME",
		Short:             "Print the file of a built-in study, to make one of your own",
		Example:           `  gradreg study show wd-table > my.yaml`,
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: cobra.FixedCompletions(study.Builtins(), cobra.ShellCompDirectiveNoFileComp),
		RunE: func(_ *cobra.Command, list []string) error {
			s, text, err := study.Builtin(list[0])
			if err != nil {
				return err
			}
			if a.json {
				var fields map[string]any
				if err := yaml.Unmarshal(text, &fields); err != nil {
					return err
				}
				return a.printJSON(fields)
			}
			_, err = a.out.Write(text)
			a.warn(s)
			return err
		},
	}
}
