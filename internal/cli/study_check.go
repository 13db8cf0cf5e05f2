package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/study"
)

func (a *app) studyCheckCommand() *cobra.Command {
	o := &studyOptions{}
	cmd := &cobra.Command{
		Use:   "check FILE|NAME",
		Short: "Read a study and say what it would run",
		Long: `Read a study and say what it would run, and whether its data suit it: folders of pictures are read, data sets with a name
are known without their files.`,
		Example:           `  gradreg study check my-study.yaml`,
		Args:              args(cobra.ExactArgs(1)),
		ValidArgsFunction: cobra.FixedCompletions(study.Builtins(), cobra.ShellCompDirectiveDefault),
		RunE: func(cmd *cobra.Command, list []string) error {
			s, err := readStudy(list[0])
			if err != nil {
				return err
			}
			if s, err = o.variant(s); err != nil {
				return err
			}
			if err := a.checkData(cmd.Context(), s); err != nil {
				return err
			}
			plans, err := s.Plans()
			if err != nil {
				return err
			}
			if a.json {
				return a.printJSON(map[string]any{
					"name": s.Name, "cells": plans, "warnings": append([]string{}, s.Warnings()...),
				})
			}
			if err := a.printPlans(plans); err != nil {
				return err
			}
			a.warn(&s)
			return nil
		},
	}
	variantFlags(cmd, o)
	sizesFlag(cmd, o)
	return cmd
}

// checkData returns why a study's data cannot be what its cells need. Data sets with a name are
// known; a folder is what is in it.
func (a *app) checkData(parent context.Context, s study.Spec) error {
	known := study.KnownData()
	others := s
	others.Data = slices.DeleteFunc(slices.Clone(s.Data), func(data string) bool {
		_, ok := known[data]
		return ok
	})
	if len(others.Data) > 0 {
		ctx, stop := interruptible(parent)
		defer stop()
		reading := a.newFolderProgress(false)
		_, found, err := study.Describe(ctx, &others, classify.Options{Reading: reading.report})
		reading.close()
		if err != nil {
			return err
		}
		maps.Copy(known, found)
	}
	return s.CheckData(known)
}

func (a *app) printPlans(plans []study.Plan) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CELL\tOPEN\tTRIAL RUNS\tFINAL RUNS\tSTEPS")
	var all study.Plan
	for _, p := range plans {
		fmt.Fprintf(
			w, "%s\t%s\t%d\t%d\t%.0f\n", foreign.Line(fmt.Sprint(p.Cell)),
			foreign.Line(orNone(strings.Join(p.Open, ", "))), p.Trials, p.Final, p.Steps,
		)
		all.Shared += p.Shared
		all.Trials, all.Final, all.Steps = all.Trials+p.Trials, all.Final+p.Final, all.Steps+p.Steps
	}
	fmt.Fprintf(w, "total\t\t%d\t%d\t%.0f\n", all.Trials, all.Final, all.Steps)
	if err := w.Flush(); err != nil || all.Shared == 0 {
		return err
	}
	_, err := fmt.Fprintf(
		a.out,
		"\n%d of these %d runs are the same as another of them: trials that drew the same values, "+
			"or cells with the same configuration.\nThey are done once, and study status counts them once.\n",
		all.Shared, all.Trials+all.Final,
	)
	return err
}

// warn says what a study cannot show.
func (a *app) warn(s *study.Spec) {
	for _, text := range s.Warnings() {
		a.note("warning: " + text)
	}
}
