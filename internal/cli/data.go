package cli

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/fault"
)

func (a *app) dataCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "data",
		Short: "List and verify data sets",
		Example: `  gradreg data list
  gradreg data verify mnist`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	var dataDir string
	list := &cobra.Command{
		Use: "list", Short: "List the known data sets", Args: args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error { return a.runDataList() },
	}
	verify := &cobra.Command{
		Use: "verify NAME...", Short: "Compare files with the published checksums and read them",
		Args: args(cobra.MinimumNArgs(1)), ValidArgs: dataset.Names(),
		RunE: func(_ *cobra.Command, names []string) error { return a.runDataVerify(names, dataDir) },
	}
	verify.Flags().StringVar(&dataDir, "data-dir", "", "folder to look for the files in (before GRADREG_DATA)")
	cmd.AddCommand(list, verify)
	return cmd
}

func (a *app) runDataList() error {
	if a.json {
		return a.printJSON(dataEntries())
	}
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tIMAGES\tTRAIN\tTEST\tCLASSES\tEMBEDDED\tLICENCE\tDESCRIPTION\tSOURCE")
	for _, d := range dataset.List() {
		embedded := "no"
		if d.Embedded {
			embedded = "yes"
		}
		fmt.Fprintf(w, "%s\t%v\t%d\t%d\t%d\t%s\t%s\t%s\t%s\n", d.Name, d.Shape, d.Train, d.Test, len(d.Classes), embedded, d.Licence, d.Description, d.From)
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
}

func dataEntries() []dataEntry {
	var out []dataEntry
	for _, d := range dataset.List() {
		out = append(out, dataEntry{
			d.Name, d.Description, d.Classes, [3]int{d.Shape.C, d.Shape.H, d.Shape.W}, d.Train, d.Test, d.Licence, d.Embedded, d.From,
		})
	}
	return out
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
				bad = fault.Inputf("%s: MD5 %s is not that of the published file", r.Path, r.MD5)
			}
			if !a.json {
				fmt.Fprintf(a.out, "%s  %s  %s\n", r.MD5, r.Path, word)
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
