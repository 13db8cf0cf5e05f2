package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/internal/plural"
	"github.com/gradreg/gradreg/pretrained"
)

// embedOptions are the flags of gradreg embed.
type embedOptions struct {
	backbone string
	out      string
	embed    classify.EmbedOptions
	plain    bool
}

func (a *app) embedCommand() *cobra.Command {
	o := &embedOptions{}
	cmd := &cobra.Command{
		Use:   "embed IMAGE|FOLDER... --backbone FILE",
		Short: "Compute feature vectors of pictures",
		Long: `Compute the feature vectors of JPEG, PNG, GIF, BMP or WebP pictures by a pretrained network: what its last layer sees,
the means over the pixels of its last channels. Pictures of like things have like vectors; compare them by the cosine of
their angle, or train any model on them.

A vector is a row of CSV on standard output: the picture and then its numbers, under a header. --json prints an array of
objects. --out writes a file instead, of a kind that its name says: .csv, .json, or .npz for NumPy with the arrays "files"
and "features", a row for each file. A picture that cannot be read is named and left out, and the exit code is 2.

Vectors are kept in your cache folder by the SHA-256 of weights, picture and preprocessing, at most 1 GiB; --feature-cache
names another folder, or none.`,
		Example: `  # A row for each picture of a folder
  gradreg embed ~/photos --backbone resnet18.safetensors > vectors.csv

  # For NumPy: d = numpy.load("vectors.npz"); d["files"], d["features"]
  gradreg embed ~/photos --backbone efficientnet-lite0-57934424.pth --out vectors.npz

  # Weights of torchvision, which do not say how pictures are prepared; smaller images, a third of the time
  gradreg embed ~/photos --backbone resnet18-f37072fd.pth --preprocessing torchvision --size 128`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			return saidByFlag(a.runEmbed(cmd, o, list), "backbone-variant")
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.backbone, "backbone", "", "file of pretrained weights, .safetensors or .pth")
	f.StringVar(&o.out, "out", "", "file to write, .csv, .json or .npz (default standard output)")
	f.IntVar(
		&o.embed.Size, "size", 0,
		"side of the images that pictures become (default that of the network's training)",
	)
	f.StringVar(
		&o.embed.Network.Preprocessing, "preprocessing", "",
		"how pictures are prepared, where the file does not say it: "+
			strings.Join(pretrained.Preprocessings(), ", ")+", or as timm:crop=0.95,size=288",
	)
	f.StringVar(
		&o.embed.Network.Variant, "backbone-variant", "", "what timm calls the network, where the file does not say it",
	)
	featureCacheFlag(cmd, &o.embed.Cache)
	threadsFlag(cmd, &o.embed.Threads)
	f.BoolVar(&o.plain, "plain", false, "no progress bar")
	return cmd
}

// embedded is what gradreg embed prints of a picture.
type embedded struct {
	Image    string    `json:"image"`
	Features []float32 `json:"features"`
}

func (a *app) runEmbed(cmd *cobra.Command, o *embedOptions, names []string) error {
	if o.backbone == "" {
		return usage{errors.New("expected --backbone FILE, the weights of a pretrained network")}
	}
	write, err := a.vectorWriter(o.out)
	if err != nil {
		return err
	}
	if o.embed.Threads, err = a.threadCount(cmd, o.embed.Threads); err != nil {
		return err
	}
	paths, failed, err := a.picturesOf(names)
	if err != nil {
		return err
	}
	e, err := classify.OpenEmbedder(o.backbone, o.embed)
	if err != nil {
		return err
	}
	defer e.Close()
	list, more, err := a.embedFiles(cmd.Context(), e, paths, o.plain)
	if err != nil {
		return err
	}
	e.Flush()
	for _, note := range e.Notes() {
		a.note(note)
	}
	failed = append(failed, more...)
	said := failed
	if len(list) == 0 { // the first is the error of the command
		said = failed[1:]
	}
	for _, err := range said {
		a.note(err.Error())
	}
	if len(list) == 0 {
		return fault.Input(failed[0])
	}
	if err := write(list); err != nil {
		return err
	}
	if n := len(failed); n > 0 {
		return fault.Inputf(
			"%s of %d cannot be read; the others have their vectors", plural.Of(n, "picture"),
			n+len(list),
		)
	}
	return nil
}

// picturesOf lists the pictures of arguments, which are files and folders, and what of folders could
// not be read. A folder without a picture is an error.
func (a *app) picturesOf(names []string) (paths []string, failed []error, err error) {
	for _, name := range names {
		if !isFolder(name) {
			paths = append(paths, name)
			continue
		}
		before := len(paths) + len(failed)
		var out leftOut
		err := folder.EachPicture(
			name, func(path string) error { paths = append(paths, path); return nil },
			func(path string, err error) { failed = append(failed, fmt.Errorf("%s: %w", path, err)) }, out.add,
		)
		if text := out.String(); text != "" {
			a.note(foreign.Line(name) + ": " + text)
		}
		if err != nil {
			return nil, nil, err
		}
		if len(paths)+len(failed) == before {
			return nil, nil, fault.Inputf("%s: found no picture in the folder", name)
		}
	}
	return paths, failed, nil
}

// embedFiles computes the vectors of pictures, less those that cannot be read.
func (a *app) embedFiles(
	ctx context.Context, e *classify.Embedder, paths []string, plain bool,
) (list []embedded, failed []error, err error) {
	show := a.newEmbeddingProgress(plain)
	defer show.close()
	show.report(0, len(paths))
	vectors, errs, err := e.EmbedFiles(ctx, paths, func(done int) { show.report(done, len(paths)) })
	if err != nil {
		if ctx.Err() != nil {
			err = classify.Interrupted(ctx)
		}
		return nil, nil, err
	}
	for i, path := range paths {
		if errs[i] != nil {
			failed = append(failed, errs[i])
			continue
		}
		list = append(list, embedded{filepath.ToSlash(path), vectors[i]})
	}
	return list, failed, nil
}

// vectorWriter returns what writes vectors: to standard output, or to a file of the kind that its
// name says.
func (a *app) vectorWriter(out string) (func([]embedded) error, error) {
	if out == "" {
		return func(list []embedded) error {
			if a.json {
				return a.printJSON(list)
			}
			return writeVectorsCSV(a.out, list)
		}, nil
	}
	kinds := map[string]func(io.Writer, []embedded) error{
		".csv": writeVectorsCSV, ".npz": writeVectorsNPZ,
		".json": func(w io.Writer, list []embedded) error { return json.NewEncoder(w).Encode(list) },
	}
	write := kinds[strings.ToLower(filepath.Ext(out))]
	if write == nil {
		return nil, usage{fmt.Errorf("--out is %s, expected a file that ends in .csv, .json or .npz", out)}
	}
	if info, err := os.Stat(filepath.Dir(out)); err != nil || !info.IsDir() {
		return nil, fault.Inputf("--out: %s is no folder", filepath.Dir(out))
	}
	return func(list []embedded) error {
		var b bytes.Buffer
		if err := write(&b, list); err != nil {
			return err
		}
		if err := atomicfile.WriteBytes(out, b.Bytes()); err != nil {
			return err
		}
		if a.json {
			return a.printJSON(struct {
				Out      string `json:"out"`
				Images   int    `json:"image_count"`
				Features int    `json:"feature_count"`
			}{out, len(list), len(list[0].Features)})
		}
		fmt.Fprintf(a.out, "%s: %s of %d numbers\n", out, plural.Of(len(list), "vector"), len(list[0].Features))
		return nil
	}, nil
}
