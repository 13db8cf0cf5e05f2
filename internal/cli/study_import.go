package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/study"
	"github.com/gradreg/gradreg/study/queue"
)

func (a *app) studyImportCommand() *cobra.Command {
	o := &studyOptions{}
	cmd := &cobra.Command{
		Use:   "import FOLDER|FILE...",
		Short: "Take in finished runs from reports, so that they are not done again",
		Long: `Take in the finished runs of reports that were made elsewhere, from the file runs.jsonl in a report's folder. A study that needs
one of them, of the same program, kernels and images, then has it: it goes on where the report ends.`,
		Example: `  # Go on with what somebody else began
  gradreg study import results/fair-2000
  gradreg study run fair-2000

  # Onto a server
  gradreg study import results/* --db postgres://user@host/database`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			var runs []study.Result
			for _, path := range list {
				some, err := readRuns(path)
				if err != nil {
					return err
				}
				runs = append(runs, some...)
			}
			return a.withQueue(cmd, o, false, func(q *queue.Queue) error {
				added, err := q.Import(cmd.Context(), runs)
				if err != nil {
					return err
				}
				if a.json {
					return a.printJSON(map[string]int{"run_count": len(runs), "new_count": added})
				}
				_, err = fmt.Fprintf(a.out, "%d runs read, %d of them new\n", len(runs), added)
				return err
			})
		},
	}
	placeFlags(cmd, o)
	return cmd
}

// readRuns reads the finished runs of a report's folder, or of a file.
func readRuns(path string) ([]study.Result, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, study.RunsFile)
	}
	return study.ReadRunsFile(path)
}
