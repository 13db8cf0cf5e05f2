package cli

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/foreign"
)

func (a *app) dataCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "data",
		Short: "List, download and verify data sets",
		Example: `  # The known data sets, and where each is or how to get it
  gradreg data list

  # Download CIFAR-10 to the user's cache folder
  gradreg data fetch cifar10

  # Compare files with the published checksums
  gradreg data verify mnist`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var dataDir string
	list := &cobra.Command{
		Use: "list", Short: "List the known data sets", Args: args(cobra.NoArgs),
		Long: "List the known data sets, and where each is found or how to get it.",
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runDataList(cmd.Context(), dataDir) },
	}
	verify := &cobra.Command{
		Use: "verify NAME...", Short: "Compare files with the published checksums and read them",
		Args: args(cobra.MinimumNArgs(1)), ValidArgs: dataset.Names(),
		RunE: func(_ *cobra.Command, names []string) error { return a.runDataVerify(names, dataDir) },
	}
	for _, c := range []*cobra.Command{list, verify} {
		c.Flags().StringVar(&dataDir, "data-dir", "", "folder to look for the files in (instead of GRADREG_DATA)")
	}
	cmd.AddCommand(list, a.dataFetchCommand(), verify, a.dataShowCommand())
	return cmd
}

func (a *app) runDataList(ctx context.Context, dataDir string) error {
	entries, err := a.dataEntries(ctx, dataDir)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(entries)
	}
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tIMAGES\tTRAIN\tTEST\tCLASSES\tLICENCE\tWHERE\tDESCRIPTION")
	for _, d := range entries {
		where := d.Folder
		switch {
		case d.Found && where == "":
			where = "in the program"
		case !d.Found:
			where = d.Fetch
		}
		fmt.Fprintf(w, "%s\t%v\t%d\t%d\t%d\t%s\t%s\t%s\n", d.Name, dataset.Shape{
			C: d.Shape[0], H: d.Shape[1], W: d.Shape[2],
		},
			d.TrainCount, d.TestCount, len(d.Classes), d.Licence, where, d.Description)
	}
	return w.Flush()
}

// dataEntry describes a data set in JSON.
type dataEntry struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Classes     []string `json:"classes"`
	Shape       [3]int   `json:"shape"` // channels, height, width
	TrainCount  int      `json:"train_count"`
	TestCount   int      `json:"test_count"`
	Licence     string   `json:"licence"`
	Embedded    bool     `json:"embedded"`
	Source      string   `json:"source"` // where to get the files
	Found       bool     `json:"found"`
	Folder      string   `json:"folder"` // that it was found in, empty if in the program or nowhere
	Fetch       string   `json:"fetch"`  // the command that gets it, empty if embedded
}

// dataEntries describes all data sets, and looks for them.
func (a *app) dataEntries(ctx context.Context, dataDir string) ([]dataEntry, error) {
	var out []dataEntry
	for _, d := range dataset.List() {
		e := dataEntry{
			Name: d.Name, Description: d.Description, Classes: d.Classes, Shape: [3]int{
				d.Shape.C, d.Shape.H, d.Shape.W,
			},
			TrainCount: d.Train, TestCount: d.Test, Licence: d.Licence, Embedded: d.Embedded, Source: d.From,
		}
		if !d.Embedded {
			e.Fetch = "gradreg data fetch " + d.Name
		}
		switch opened, err := dataset.Open(ctx, d.Name, append(a.dataDirs(dataDir), "")...); {
		case err == nil:
			e.Found, e.Folder = true, opened.Folder
		case !errors.Is(err, dataset.ErrNotFound):
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

func (a *app) runDataVerify(names []string, dataDir string) error {
	all := map[string][]dataset.FileReport{}
	var bad error
	for _, name := range names {
		reports, err := dataset.Verify(name, a.dataDirs(dataDir)...)
		if err != nil {
			return err
		}
		all[name] = reports
		for _, r := range reports {
			word := "ok"
			if !r.OK {
				word = "differs from the published file"
				if r.Is != "" {
					word += " (this is " + r.Is + ")"
				}
				bad = fault.Inputf(
					"%s: the SHA-256 of its content, %s, is not that of the published file", r.Path,
					r.SHA256,
				)
			}
			if !a.json {
				fmt.Fprintf(a.out, "%s  %s  %s\n", r.MD5, foreign.Line(r.Path), word)
			}
		}
	}
	if a.json {
		if err := a.printJSON(all); err != nil {
			return err
		}
	}
	return bad
}
