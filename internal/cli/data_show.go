package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/dataset/augment"
	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/dataset/picture"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/report"
	"github.com/gradreg/gradreg/task"
)

// dataShowOptions are the flags of gradreg data show.
type dataShowOptions struct {
	folder    folder.Options
	fit       string
	noCache   bool
	dataDir   string
	out       string
	augmented bool
	augment   string
	plain     bool
}

func (a *app) dataShowCommand() *cobra.Command {
	o := &dataShowOptions{}
	cmd := &cobra.Command{
		Use:   "show DIR|NAME",
		Short: "Show what is in a folder of pictures or a data set, with a contact sheet",
		Long: `Show the classes, counts, sizes and problems of a folder of pictures, or the classes and counts of a known data
set, and write a contact sheet: a PNG with a row of training images for each class, as a model sees them.

A folder has a folder of JPEG, PNG, GIF, BMP or WebP pictures for each class, or train/ with such folders and test/ or
val/ beside it, also under names such as training_set or seg_train. Without those, a fifth of each class's pictures are test
images, at least one of two, chosen by the seed and each file's content. Links are followed wherever they lead.
Pictures that cannot be read are named and left out. Of pictures with the same bytes one is used: the one in the test
part, where parts share it; none, where classes share it.

A picture may have 256 megapixels and 288 MiB. Of animations the first frame is used; 16-bit values that need at most
14 bits are taken for ones of 8, 10, 12 or 14 bits.`,
		Example: `  # What is in a folder of photos
  gradreg data show photos

  # The training images of CIFAR-10 as they are changed from step to step
  gradreg data show cifar10 --augmented --out augmented.png

  # Whole pictures of 96 pixels, and nothing that cannot be read
  gradreg data show photos --size 96 --fit pad --strict`,
		Args: args(cobra.ExactArgs(1)),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return dataset.Names(), cobra.ShellCompDirectiveDefault
		},
		RunE: func(cmd *cobra.Command, list []string) error {
			return a.runDataShow(cmd, o, dataset.ParseSource(list[0]))
		},
	}
	f := cmd.Flags()
	f.StringVar(
		&o.out, "out", "",
		"PNG file to write (default NAME-sheet.png or NAME-augmented.png; none for no sheet)",
	)
	f.BoolVar(&o.augmented, "augmented", false, "show one training image of each class as augmentation changes it")
	f.StringVar(
		&o.augment, "augment", "default",
		"with --augmented: changes as gradreg train takes them, or default for the data set's",
	)
	f.Uint64Var(
		&o.folder.Seed, "seed", classify.Default().Seed,
		"seed of the division of a folder, and of augmentation",
	)
	f.IntVar(&o.folder.Size, "size", 0, "side of a folder's images in pixels (default: from the pictures, at most 64)")
	f.StringVar(
		&o.fit, "fit", string(picture.Crop),
		"how a folder's pictures become squares: "+strings.Join(picture.Fits(), ", "),
	)
	f.IntVar(
		&o.folder.Channels, "channels", 0,
		"1 for grey or 3 for colour (default: 1 if all of a folder's pictures are grey)",
	)
	f.BoolVar(&o.folder.Strict, "strict", false, "refuse a folder with pictures that cannot be read")
	f.BoolVar(&o.noCache, "no-cache", false, "decode all pictures, and keep no images in the cache folder")
	f.StringVar(
		&o.dataDir, "data-dir", "",
		"folder with a known data set's files (instead of GRADREG_DATA and the usual places)",
	)
	f.BoolVar(&o.plain, "plain", false, "no progress bar")
	complete(cmd, "fit", cobra.FixedCompletions(picture.Fits(), cobra.ShellCompDirectiveNoFileComp))
	complete(cmd, "data-dir", completeFolders)
	return cmd
}

// shownData is what gradreg data show prints.
type shownData struct {
	Data  string     `json:"data"`
	Task  string     `json:"task,omitempty"` // none of classes
	Shape [3]int     `json:"shape"`          // channels, height, width
	Train int        `json:"train_count"`
	Val   int        `json:"val_count"`
	Test  int        `json:"test_count"`
	Fit   string     `json:"fit,omitempty"`     // of a folder
	Sheet string     `json:"sheet,omitempty"`   // the file
	Aug   string     `json:"augment,omitempty"` // what the sheet shows
	Took  float64    `json:"seconds"`           // to open it
	Found foundInDir `json:"found"`
}

// foundInDir is the report of a folder; of a known data set the classes alone.
type foundInDir = folder.Report

func (a *app) runDataShow(cmd *cobra.Command, o *dataShowOptions, data dataset.Source) error {
	if cmd.Flags().Changed("augment") && !o.augmented {
		return usage{errors.New("--augment needs --augmented")}
	}
	if err := checkDataDir(cmd, data); err != nil {
		return err
	}
	if !data.Resizable() {
		if _, known := data.Info(); !known { // first of all a name that nothing has
			_, _, err := data.Open(cmd.Context(), dataset.Opening{})
			return err
		}
		for _, flag := range []string{"size", "fit", "channels", "strict", "no-cache"} {
			if cmd.Flags().Changed(flag) {
				return usage{fmt.Errorf("--%s is for folders of pictures, and %s is none", flag, data)}
			}
		}
	}
	if o.out != "" && o.out != "none" {
		if err := checkPictureWritable("out", o.out, ".png"); err != nil {
			return err
		}
	}
	start := a.now()
	d, found, err := a.openShown(cmd.Context(), o, data)
	if err != nil {
		return err
	}
	training, official, err := d.Parts()
	if err != nil {
		return err
	}
	s := shownData{
		Data: data.String(), Shape: [3]int{d.Shape.C, d.Shape.H, d.Shape.W}, Train: training.Len(),
		Test: official.Len(), Found: found,
	}
	s.Took = a.now().Sub(start).Seconds()
	s.Task = task.Recorded(task.OrClassification(d.Task))
	if val := d.Val(); val != nil {
		s.Val = val.Len()
	}
	if data.Resizable() {
		s.Fit = o.fit
	} else {
		s.Found.Classes = countClasses(d.Classes, training, official)
		s.Found.Problems = namedProblems(data.String(), s.Found.Classes, training, official)
	}
	if o.out != "none" {
		if err := o.writeSheet(&s, data, d, training); err != nil {
			return err
		}
	}
	if a.json {
		return a.printJSON(s)
	}
	return a.printShown(s)
}

// openShown opens what is to be shown.
func (a *app) openShown(
	parent context.Context, o *dataShowOptions, data dataset.Source,
) (*dataset.Dataset, folder.Report, error) {
	ctx, stop := interruptible(parent)
	defer stop()
	show := a.newFolderProgress(o.plain)
	defer show.close()
	opt := o.folder
	opt.Fit, opt.Progress = picture.Fit(o.fit), show.report
	if o.noCache {
		opt.Cache = dataset.NoCache
	}
	opt.LargestDefault = largestSide()
	d, found, err := data.Open(ctx, dataset.Opening{Dirs: a.dataDirs(o.dataDir), Pictures: opt})
	if errors.Is(err, context.Canceled) {
		return nil, found, classify.ErrInterrupted
	}
	return d, found, err
}

// sheetColumns is the number of images in a row of a sheet.
const sheetColumns = 12

// writeSheet writes the contact sheet.
func (o *dataShowOptions) writeSheet(
	s *shownData, data dataset.Source, d *dataset.Dataset, training *dataset.Part,
) error {
	var pipeline augment.Pipeline
	kind := "sheet"
	if o.augmented {
		kind = "augmented"
		if s.Aug = o.augment; s.Aug == "default" {
			s.Aug = classify.DefaultAugment(data)
		}
		var err error
		if pipeline, err = augment.Parse(s.Aug); err != nil {
			return usage{err}
		}
		s.Aug = pipeline.String()
	}
	if s.Sheet = o.out; s.Sheet == "" {
		full, err := data.Abs() // what . is called
		if err != nil {
			return err
		}
		s.Sheet = shortened(full.Name()) + "-" + kind + ".png"
	}
	title := fmt.Sprintf("%s: training images, %v", foreign.Line(data.Name()), d.Shape)
	if o.augmented {
		title = fmt.Sprintf(
			"%s: one image of each class, and as %s changes it",
			foreign.Line(data.Name()), s.Aug,
		)
	}
	sheet := report.Tiles{Title: title, Columns: sheetColumns}
	for k, c := range s.Found.Classes {
		sheet.Labels = append(
			sheet.Labels,
			[]string{foreign.Line(c.Name), fmt.Sprintf("%d train, %d test", c.Train, c.Test)},
		)
		row := make([]report.Tile, sheetColumns)
		for i, img := range o.row(training, k, pipeline) {
			row[i].Picture = classify.Picture(img, d.Shape)
		}
		sheet.List = append(sheet.List, row...)
	}
	return report.WriteTiles(s.Sheet, sheet)
}

// row returns the images of a class's row: its first training images, or the first one as
// augmentation changes it.
func (o *dataShowOptions) row(training *dataset.Part, class int, pipeline augment.Pipeline) [][]byte {
	var row [][]byte
	for i, label := range training.Labels {
		if int(label) != class {
			continue
		}
		row = append(row, training.Image(i))
		if o.augmented {
			return append(row, changed(pipeline, training.Image(i), training.Shape, o.folder.Seed, class)...)
		}
		if len(row) == sheetColumns {
			break
		}
	}
	return row
}

// changed returns an image as augmentation changes it in the first steps of a run, less mixup,
// which takes two.
func changed(p augment.Pipeline, img []byte, shape dataset.Shape, seed uint64, place int) [][]byte {
	mean := make([]byte, shape.C)
	area := shape.H * shape.W
	for c := range mean {
		sum := 0
		for _, v := range img[c*area:][:area] {
			sum += int(v)
		}
		mean[c] = byte(sum / area)
	}
	p = p.WithBackground(mean)
	var out [][]byte
	for step := range sheetColumns - 1 {
		dst := make([]byte, len(img))
		p.Apply(dst, img, shape.C, shape.H, shape.W, augment.Key{Seed: seed, Step: uint64(step), Image: uint32(place)})
		out = append(out, dst)
	}
	return out
}

// problemLines is how many problems of a kind are printed.
const problemLines = 10

// printShown prints what a person wants to know.
func (a *app) printShown(s shownData) error {
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	kinds, columns := s.words()
	head := fmt.Sprintf("%s: %d %s, %d training", foreign.Line(s.Data), len(s.Found.Classes), kinds, s.Train)
	if s.Val > 0 {
		head += fmt.Sprintf(", %d validation", s.Val)
	}
	fmt.Fprintf(
		w, "%s and %d test images of %v", head, s.Test,
		dataset.Shape{C: s.Shape[0], H: s.Shape[1], W: s.Shape[2]},
	)
	if s.Fit != "" {
		r := s.Found
		fmt.Fprintf(w, " (%s)\npictures %d to %d wide (median %d), %d to %d high (median %d)\n", s.Fit,
			r.Width.Min, r.Width.Max, r.Width.Median, r.Height.Min, r.Height.Max, r.Height.Median)
		fmt.Fprintf(
			w, "divided %s; ready in %.1f s, %d pictures decoded, %d from the cache", r.Divided,
			s.Took, r.Decoded, r.Cached,
		)
	}
	heads := "\n\n" + columns
	if s.Val > 0 {
		heads += "\tVALIDATION"
	}
	fmt.Fprintln(w, heads)
	for _, c := range s.Found.Classes {
		fmt.Fprintf(w, "%s\t%d\t%d", foreign.Line(c.Name), c.Train, c.Test)
		if s.Val > 0 {
			fmt.Fprintf(w, "\t%d", c.Val)
		}
		fmt.Fprintln(w)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	a.printProblems(s.Found.Problems)
	for _, note := range s.Found.Notes {
		fmt.Fprintf(a.err, "note: %s\n", a.clean(note))
	}
	if s.Sheet != "" {
		fmt.Fprintf(a.out, "\nsheet    %s\n", foreign.Line(s.Sheet))
	}
	return nil
}

// words returns what the counted things are, and the heads of their counts in training and test
// images: of numbers the images where they are not 0.
func (s shownData) words() (kinds, heads string) {
	switch s.Task {
	case task.MultiLabel{}.String():
		return "labels", "LABEL\tTRAIN\tTEST"
	case task.Regression{}.String():
		return "numbers", "NUMBER\tTRAIN, NOT 0\tTEST, NOT 0"
	}
	return "classes", "CLASS\tTRAIN\tTEST"
}

// printProblems prints the first problems of each kind.
func (a *app) printProblems(problems []folder.Problem) {
	if len(problems) == 0 {
		return
	}
	fmt.Fprintln(a.out, "\nPROBLEMS")
	for rest := problems; len(rest) > 0; {
		kind := rest[0].Kind
		n := slices.IndexFunc(rest, func(p folder.Problem) bool { return p.Kind != kind })
		if n < 0 {
			n = len(rest)
		}
		for _, p := range rest[:min(n, problemLines)] {
			fmt.Fprintf(a.out, "%s  %s\n", kind, foreign.Line(p.String()))
		}
		if n > problemLines {
			fmt.Fprintf(a.out, "%s  %d more; --json lists all\n", kind, n-problemLines)
		}
		rest = rest[n:]
	}
}
