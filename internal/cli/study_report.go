package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/report"
	"github.com/gradreg/gradreg/study"
	"github.com/gradreg/gradreg/study/queue"
)

func (a *app) studyReportCommand() *cobra.Command {
	o := &studyOptions{}
	format := "text"
	cmd := &cobra.Command{
		Use:   "report NAME",
		Short: "Report a study, also one that is not finished",
		Long: `Print a study's tables, and write its report to a folder: report.html with everything, results.json, the tables as text,
Markdown and LaTeX, each as a CSV file, the figures as SVG and PNG.`,
		Args: args(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			if !slices.Contains(report.Formats(), format) {
				return usage{spec.Unknown("format", format, report.Formats())}
			}
			if o.out != "" {
				if err := checkFolderWritable("out", o.out); err != nil {
					return err
				}
			}
			return a.lookingAt(
				cmd, o,
				func(q *queue.Queue) error { return a.reportStudy(cmd.Context(), o, q, list[0], format) },
			)
		},
	}
	placeFlags(cmd, o)
	cmd.Flags().StringVar(&format, "format", format, "of the printed tables: "+strings.Join(report.Formats(), ", "))
	complete(cmd, "format", cobra.FixedCompletions(report.Formats(), cobra.ShellCompDirectiveNoFileComp))
	cmd.Flags().StringVar(&o.out, "out", "", "folder of the report (default the study's in --dir)")
	complete(cmd, "out", completeFolders)
	return cmd
}

// reportFolder returns where the report of a study goes.
func (o *studyOptions) reportFolder(name string) string {
	if o.out != "" {
		return o.out
	}
	return filepath.Join(o.dir, name)
}

// reportStudy prints the tables of a study and writes its report.
func (a *app) reportStudy(ctx context.Context, o *studyOptions, q *queue.Queue, name, format string) error {
	entry, err := q.Study(ctx, name)
	if err != nil {
		return err
	}
	results := study.Results{}
	if _, err := q.Progress(ctx, &entry.Study, results); err != nil {
		return err
	}
	r, err := study.NewReport(&entry.Study, results)
	if err != nil {
		return err
	}
	out := o.reportFolder(name)
	if err := r.Write(
		out,
		study.NewOrigin(commandLine(entry.Command(filepath.ToSlash(filepath.Join(out, study.SpecFile)))), a.now()),
	); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(r)
	}
	if err := r.Print(a.out, format); err != nil {
		return err
	}
	if text := r.Banner(); text != "" && format == "csv" { // elsewhere it stands above the tables
		fmt.Fprintln(a.err, a.clean(text))
	}
	if text := r.Unfinished(); text != "" {
		fmt.Fprintln(a.err, a.clean(text))
	}
	fmt.Fprintf(a.err, "Report: %s\n", foreign.Line(filepath.Join(out, study.PageFile)))
	return nil
}
