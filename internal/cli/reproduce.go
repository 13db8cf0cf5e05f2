package cli

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/study"
	"github.com/gradreg/gradreg/study/queue"
)

// published are the published results that reproduce knows. Each is a built-in study, but toy.
var published = append(study.Published(), toyName)

// toyName is the published result that is no study.
const toyName = "toy"

func (a *app) reproduceCommand() *cobra.Command {
	o := &studyOptions{priority: queue.DefaultPriority}
	cmd := &cobra.Command{
		Use:   "reproduce [NAME]",
		Short: "Repeat a published result and set ours beside it",
		Long: `Without a name, list the published results. With one, run it and print the published values beside ours, with a verdict:
whether the published value lies inside the interval of our mean, or our interval above or below it.

An interrupted one goes on where it was when the command is repeated. By default images are normalized and divided honestly: λ
was never chosen on the test images. --paper-protocol repeats the original experiments with their quirks.`,
		Example: `  # What there is
  gradreg reproduce

  # The first table, about half an hour on two cores
  gradreg reproduce wd-table

  # A first look, some seconds; its numbers mean nothing
  gradreg reproduce wd-table --quick`,
		Args:              args(cobra.MaximumNArgs(1)),
		ValidArgsFunction: cobra.FixedCompletions(published, cobra.ShellCompDirectiveNoFileComp),
		RunE: func(cmd *cobra.Command, list []string) error {
			switch {
			case len(list) == 0:
				return a.listPublished()
			case list[0] == toyName:
				return a.reproduceToy(cmd, o)
			}
			for _, name := range published {
				if name != list[0] {
					continue
				}
				s, _, err := study.Builtin(name)
				if err != nil {
					return err
				}
				return a.runStudy(cmd, o, *s)
			}
			return fault.Input(spec.Unknown("published result", list[0], published))
		},
	}
	placeFlags(cmd, o)
	workFlags(cmd, o)
	variantFlags(cmd, o)
	showFlags(cmd, o)
	cmd.Flags().BoolVar(
		&o.paper, "paper-protocol", false,
		"divide and normalize the images as the original experiments did",
	)
	return cmd
}

// listPublished prints the published results.
func (a *app) listPublished() error {
	type row struct {
		Name  string `json:"name"`
		Title string `json:"title"`
		Runs  int    `json:"run_count"` // final ones
		Seeds int    `json:"seeds"`
	}
	var rows []row
	for _, name := range published {
		if name == toyName {
			rows = append(
				rows,
				row{
					Name:  toyName,
					Title: "Two small regressions: a penalty at the training points acts between them",
					Seeds: 5, Runs: 40,
				},
			)
			continue
		}
		s, _, err := study.Builtin(name)
		if err != nil {
			return err
		}
		rows = append(rows, row{name, s.Title, len(s.Cells()) * s.Seeds, s.Seeds})
	}
	if a.json {
		return a.printJSON(map[string]any{"published": rows})
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tRUNS\tSEEDS\tWHAT")
	for _, r := range rows {
		fmt.Fprintf(w, "%s\t%d\t%d\t%s\n", r.Name, r.Runs, r.Seeds, r.Title)
	}
	return w.Flush()
}

// reproduceToy runs gradreg toy with what the flags mean there.
func (a *app) reproduceToy(cmd *cobra.Command, o *studyOptions) error {
	if o.paper {
		return usage{fmt.Errorf("--paper-protocol is for images; %s has none", toyName)}
	}
	toy := a.toyCommand()
	set := map[string]string{}
	if o.seeds > 0 {
		set["seeds"] = fmt.Sprint(o.seeds)
	}
	if o.quick {
		set["quick"] = "true"
	}
	if o.out != "" {
		set["out"] = o.out
	}
	for name, value := range set {
		if err := toy.Flags().Set(name, value); err != nil {
			return usage{err}
		}
	}
	toy.SetContext(cmd.Context())
	return toy.RunE(toy, nil)
}
