package cli

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/internal/bug"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/model"
)

// modelsOptions are the flags of gradreg models.
type modelsOptions struct {
	data    dataset.Source
	dataDir string
	size    int
	shape   string
	classes int
}

func (a *app) modelsCommand() *cobra.Command {
	o := &modelsOptions{}
	var names []string
	for _, name := range model.Names() {
		names = append(names, cobra.CompletionWithDesc(name, model.Describe(name)))
	}
	cmd := &cobra.Command{
		Use:   "models [MODEL...]",
		Short: "List architectures and what they cost",
		Long: `List architectures: parameters, multiply-adds and memory, for images of a data set or of a given shape.

multiply-adds  of the convolutions and dense layers in a forward pass of one image
activations    bytes of what all layers put out for one image
step memory    bytes that one image takes in a training step with the regularizers and the optimizer of gradreg
               train's defaults, as the step is planned: values are dropped once no later operation reads them

A MODEL is a name with options, as --model of gradreg train takes it. Without one, every architecture is listed with
its defaults and its options.`,
		Example: `  # Every architecture, for MNIST
  gradreg models

  # Some of them, for another data set
  gradreg models resnet:depth=20,width=2 wideresnet:depth=16,width=4 --data cifar10

  # The layers of one, for the pictures of a folder at 48 x 48 pixels
  gradreg models show resnet:depth=8 --data ~/photos --size 48

  # The layers of one, for images of any shape
  gradreg models show vgg:depth=13 --shape 3x64x64 --classes 5`,
		Args:      args(cobra.ArbitraryArgs),
		ValidArgs: names,
		RunE:      func(cmd *cobra.Command, texts []string) error { return a.runModels(cmd.Context(), o, texts) },
	}
	show := &cobra.Command{
		Use: "show MODEL", Short: "Print the layers of an architecture: shapes, parameters, multiply-adds",
		Example: `  gradreg models show resnet:depth=20,width=2 --data cifar10
  gradreg models show lenet:norm=batch --json`,
		Args: args(cobra.ExactArgs(1)), ValidArgs: names,
		RunE: func(cmd *cobra.Command, texts []string) error { return a.runModelsShow(cmd.Context(), o, texts[0]) },
	}
	f := cmd.PersistentFlags()
	o.data = classify.Default().Data
	valueFlag(f, &o.data, "data", "data set, or folder of pictures, whose images and classes count")
	f.StringVar(
		&o.dataDir, "data-dir", "",
		"folder with the data set's files (instead of GRADREG_DATA and the usual places)",
	)
	f.IntVar(&o.size, "size", 0, "side of the images that a folder's pictures become (default one that suits them)")
	f.StringVar(&o.shape, "shape", "", "shape of the images, as 3x32x32, instead of a data set's")
	f.IntVar(&o.classes, "classes", 10, "classes, with --shape")
	cmd.PreRunE, show.PreRunE = o.check, o.check
	complete(cmd, "data", cobra.FixedCompletions(dataset.Names(), cobra.ShellCompDirectiveDefault))
	complete(cmd, "data-dir", completeFolders)
	complete(cmd, "shape", cobra.NoFileCompletions)
	cmd.AddCommand(show)
	return cmd
}

// check returns what is wrong with the flags together.
func (o *modelsOptions) check(cmd *cobra.Command, _ []string) error {
	switch f := cmd.Flags(); {
	case f.Changed("shape") && f.Changed("data"):
		return usage{fmt.Errorf("found --data and --shape, expected one of them")}
	case f.Changed("size") && !o.data.Resizable():
		return usage{
			fmt.Errorf("found --size without a folder of pictures as --data; the images of a data set have theirs"),
		}
	case f.Changed("classes") && !f.Changed("shape"):
		return usage{fmt.Errorf("found --classes without --shape; a data set has its own")}
	}
	return checkDataDir(cmd, o.data)
}

// images is what models are listed for.
type images struct {
	Data       string `json:"data,omitempty"`
	Shape      [3]int `json:"shape"` // channels, height, width
	ClassCount int    `json:"class_count"`
}

// String says it in words.
func (i images) String() string {
	text := fmt.Sprintf("%dx%dx%d images of %d classes", i.Shape[0], i.Shape[1], i.Shape[2], i.ClassCount)
	if i.Data != "" {
		text += " (" + i.Data + ")"
	}
	return text
}

// images returns what the flags ask for.
func (o *modelsOptions) images(ctx context.Context, a *app) (images, error) {
	if o.shape == "" {
		info, err := o.info(ctx, a)
		s := info.Shape
		return images{o.data.String(), [3]int{s.C, s.H, s.W}, len(info.Classes)}, err
	}
	i := images{ClassCount: o.classes}
	rest := ""
	n, _ := fmt.Sscanf(o.shape+" .", "%dx%dx%d %s", &i.Shape[0], &i.Shape[1], &i.Shape[2], &rest)
	if n != 4 || rest != "." || min(i.Shape[0], i.Shape[1], i.Shape[2]) < 1 {
		return i, usage{fmt.Errorf("--shape is %q, expected channels, height and width, as 3x32x32", o.shape)}
	}
	if o.classes < 2 {
		return i, usage{fmt.Errorf("--classes is %d, expected at least 2", o.classes)}
	}
	return i, nil
}

// info returns the description of the data set. That of a known one needs none of its files.
func (o *modelsOptions) info(ctx context.Context, a *app) (dataset.Info, error) {
	if info, known := o.data.Info(); known {
		return info, nil
	}
	d, _, err := o.data.Open(ctx, dataset.Opening{
		Dirs: a.dataDirs(o.dataDir), Pictures: folder.Options{Size: o.size, Seed: 1, LargestDefault: largestSide()},
	})
	if err != nil {
		return dataset.Info{}, err
	}
	return d.Info, nil
}

// modelEntry describes a model in JSON.
type modelEntry struct {
	Model             string `json:"model"`
	Description       string `json:"description,omitempty"`
	Parameters        int    `json:"parameters"`
	MultiplyAdds      int    `json:"multiply_adds"`
	ActivationBytes   int    `json:"activation_bytes"`
	StepBytesPerImage int    `json:"step_bytes_per_image,omitempty"`
	StepMultiplyAdds  int    `json:"step_multiply_adds,omitempty"`
	Error             string `json:"error,omitempty"` // why it does not take the images
}

func (a *app) runModels(ctx context.Context, o *modelsOptions, texts []string) error {
	im, err := o.images(ctx, a)
	if err != nil {
		return err
	}
	// A model that was asked for has to take the images; one that is merely listed may be too large
	// for them.
	asked := len(texts) > 0
	if !asked {
		texts = model.Names()
	}
	entries, errs := describeModels(texts, im)
	for i, err := range errs {
		if err != nil && asked {
			return fault.Input(err)
		}
		if err != nil {
			entries[i].Error = a.message(err)
		}
		if !asked {
			entries[i].Description = model.Describe(texts[i])
		}
	}
	if a.json {
		return a.printJSON(struct {
			images
			Models []modelEntry `json:"models"`
		}{im, entries})
	}
	return a.printModels(im, entries)
}

// describeModels measures models for images, as many at a time as there are processors: planning
// the step of a deep one takes a processor's second. Each has an error of its own.
func describeModels(texts []string, im images) ([]modelEntry, []error) {
	entries, errs := make([]modelEntry, len(texts)), make([]error, len(texts))
	var g errgroup.Group
	var bugs bug.Keeper
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, text := range texts {
		g.Go(func() error {
			defer bugs.Keep()
			entries[i], errs[i] = describeModel(text, im)
			return nil
		})
	}
	g.Wait()
	bugs.Raise()
	return entries, errs
}

// describeModel measures a model for images. Its entry has the model's name even if the model does
// not take the images.
func describeModel(text string, im images) (modelEntry, error) {
	m, err := model.Parse(text)
	if err != nil {
		return modelEntry{}, err
	}
	e := modelEntry{Model: m.String()}
	s, err := model.Summarize(m, im.Shape[0], im.Shape[1], im.Shape[2], im.ClassCount)
	if err != nil {
		return e, err
	}
	cfg := classify.Default()
	cfg.Model = model.SpecOf(m)
	cfg.Batch = 64 // of an image's share alone: a batch that Cost measures anyway
	cost, err := classify.Cost(cfg, dataset.Shape{C: im.Shape[0], H: im.Shape[1], W: im.Shape[2]}, im.ClassCount)
	if err != nil {
		return e, err
	}
	e.Parameters, e.MultiplyAdds, e.ActivationBytes = s.Parameters, s.MACs, s.ActivationBytes()
	e.StepBytesPerImage, e.StepMultiplyAdds = cost.BytesPerImage, cost.MACsPerImage
	return e, nil
}

func (a *app) printModels(im images, entries []modelEntry) error {
	fmt.Fprintf(a.out, "For %v; per image but the parameters.\n\n", im)
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "MODEL\tPARAMETERS\tMULTIPLY-ADDS\tACTIVATIONS\tSTEP MEMORY")
	for _, e := range entries {
		if e.Error != "" {
			fmt.Fprintf(w, "%s\t-\t-\t-\t-\n", e.Model)
			fmt.Fprintf(a.err, "gradreg: %s\n", foreign.Short(foreign.Line(e.Error), longestMessage))
			continue
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%sB\t%sB\n", e.Model,
			count(e.Parameters), count(e.MultiplyAdds), count(e.ActivationBytes), count(e.StepBytesPerImage))
	}
	if entries[0].Description == "" {
		return w.Flush()
	}
	fmt.Fprintln(w)
	for _, e := range entries {
		fmt.Fprintf(w, "%s\t%s\n", spec.NameOf(e.Model), e.Description)
	}
	return w.Flush()
}

func (a *app) runModelsShow(ctx context.Context, o *modelsOptions, text string) error {
	im, err := o.images(ctx, a)
	if err != nil {
		return err
	}
	m, err := model.Parse(text)
	if err != nil {
		return fault.Input(err)
	}
	s, err := model.Summarize(m, im.Shape[0], im.Shape[1], im.Shape[2], im.ClassCount)
	if err != nil {
		return fault.Input(err)
	}
	if a.json {
		return a.printJSON(modelLayers(m, im, s))
	}
	fmt.Fprintf(a.out, "%v for %v\n\n", m, im)
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	fmt.Fprintln(w, "LAYER\tKIND\tOUTPUT\tPARAMETERS\tMULTIPLY-ADDS")
	for _, l := range s.Layers {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\n", l.Name, l.Kind, extents(l.Shape[1:]), l.Parameters, l.MACs)
	}
	fmt.Fprintf(w, "total\t\t\t%d\t%d\n", s.Parameters, s.MACs)
	return w.Flush()
}

// layerEntry describes a layer in JSON.
type layerEntry struct {
	Name         string `json:"name"`
	Kind         string `json:"kind"`
	Shape        []int  `json:"shape"` // of its output for one image
	Parameters   int    `json:"parameters"`
	MultiplyAdds int    `json:"multiply_adds"`
}

// modelLayers describes a model with its layers in JSON.
func modelLayers(m model.Model, im images, s model.Summary) any {
	layers := []layerEntry{}
	for _, l := range s.Layers {
		layers = append(layers, layerEntry{l.Name, l.Kind, l.Shape[1:], l.Parameters, l.MACs})
	}
	return struct {
		images
		modelEntry
		Layers []layerEntry `json:"layers"`
	}{
		im, modelEntry{
			Model: m.String(), Parameters: s.Parameters, MultiplyAdds: s.MACs,
			ActivationBytes: s.ActivationBytes(),
		}, layers,
	}
}

// extents writes a shape as 16x32x32.
func extents(shape []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(shape), "[]"), " ", "x")
}

// count writes a number to four digits with the prefix of its thousands, as 40.55 M.
func count(n int) string {
	v, prefix := float64(n), ""
	for _, p := range []string{"k", "M", "G", "T"} {
		if v < 999.95 {
			break
		}
		v, prefix = v/1000, p
	}
	return fmt.Sprintf("%.4g %s", v, prefix)
}
