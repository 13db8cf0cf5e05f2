package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/explain"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/model"
)

// explainOptions are the flags of gradreg explain.
type explainOptions struct {
	regularizers []string
	model, what  string
	shape        string
	batch        int
	classes      int
	out          string
	dot          bool
}

// smallModel is explained where no model is named: every kind of operation, few numbers.
const smallModel = "mlp:hidden=4"

func (a *app) explainCommand() *cobra.Command {
	o := &explainOptions{}
	cmd := &cobra.Command{
		Use: "explain", Aliases: []string{"graph"},
		Short: "Show the program that is derived from a regularizer's formula",
		Long: `Show a regularizer's formula as the straight-line program that differentiation derives from it, the program after the
compiler's passes, and the kernel calls that are run in the end; with the number of operations and of multiply-adds of
matrix products and convolutions after each pass. With --out, both graphs are drawn as before.svg and after.svg.

Without --model the network is a dense layer of 4 ReLU units and one of 3 classes on 2 samples of 3 numbers, so that the program
can be read whole.`,
		Example: `  # DataGrad on a small network, drawn
  gradreg explain --reg datagrad:50 --out datagrad

  # What the penalty adds to a whole training step of LeNet
  gradreg explain --reg datagrad:50 --model lenet --what step

  # The derived graph in Graphviz' language, for other programs
  gradreg graph --reg spectreg:0.03 --dot`,
		Args: args(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return a.runExplain(cmd, o) },
	}
	f := cmd.Flags()
	f.StringArrayVar(
		&o.regularizers, "reg", nil,
		"regularizer name:λ[,key=value]…, repeatable: "+strings.Join(gradreg.Names(), ", "),
	)
	f.StringVar(&o.model, "model", smallModel, "architecture and options: "+strings.Join(model.Names(), ", "))
	f.StringVar(&o.what, "what", string(explain.Penalty), "what to show: "+strings.Join(explain.Whats(), ", "))
	f.IntVar(&o.batch, "batch", 2, "images per step (with --model 50)")
	f.StringVar(&o.shape, "shape", "1x1x3", "shape of the images: channels, height and width (with --model 1x28x28)")
	f.IntVar(&o.classes, "classes", 3, "classes (with --model 10)")
	f.StringVar(
		&o.out, "out", "",
		"folder to write before.svg and after.svg to, and with --dot before.dot and after.dot",
	)
	f.BoolVar(&o.dot, "dot", false, "print the derived graph in Graphviz' language instead, or write both to --out")
	complete(cmd, "what", cobra.FixedCompletions(explain.Whats(), cobra.ShellCompDirectiveNoFileComp))
	complete(cmd, "model", cobra.FixedCompletions(model.Names(), cobra.ShellCompDirectiveNoFileComp))
	complete(cmd, "out", completeFolders)
	return cmd
}

// explained is what gradreg explain --json prints.
type explained struct {
	Model        string          `json:"model"`
	Regularizers []string        `json:"regularizers"`
	What         string          `json:"what"`
	Passes       []explain.Stage `json:"passes"`
	KernelCalls  int             `json:"kernel_call_count"`
	MultiplyAdds int             `json:"kernel_multiply_adds"`
	Before       string          `json:"before"`
	After        string          `json:"after"`
	Program      string          `json:"program"`
}

func (a *app) runExplain(cmd *cobra.Command, o *explainOptions) error {
	options, err := a.explains(cmd.Context(), o, cmd.Flags().Changed)
	if err != nil {
		return err
	}
	if o.out != "" {
		if err := checkFolderWritable("out", o.out); err != nil {
			return err
		}
	}
	d, err := explain.Derive(options)
	if err != nil {
		return err
	}
	if o.out != "" {
		if err := o.write(d); err != nil {
			return err
		}
	}
	switch {
	case a.json:
		result := explained{Model: options.Model.String(), Regularizers: []string{}, What: o.what,
			Passes: d.Stages, KernelCalls: d.KernelCalls,
			MultiplyAdds: d.MultiplyAdds, Before: d.Before().Text(), After: d.After().Text(), Program: d.Program}
		for _, r := range options.Regularizers {
			result.Regularizers = append(result.Regularizers, r.String())
		}
		return a.printJSON(result)
	case o.dot && o.out == "":
		_, err = fmt.Fprint(a.out, d.Before().DOT())
		return err
	}
	return a.printExplained(options, d, o.out)
}

// explains returns what is explained.
func (a *app) explains(ctx context.Context, o *explainOptions, changed func(string) bool) (explain.Options, error) {
	size := modelsOptions{shape: o.shape, classes: o.classes}
	out := explain.Options{Batch: o.batch, What: explain.What(o.what)}
	if changed("model") { // the size of an MNIST step, unless said otherwise
		if !changed("batch") {
			out.Batch = 50
		}
		if !changed("classes") {
			size.classes = 10
		}
		if !changed("shape") {
			size.shape = "1x28x28"
		}
	}
	images, err := size.images(ctx, a)
	if err != nil {
		return out, err
	}
	out.Shape, out.Classes = images.Shape, images.ClassCount
	if out.Regularizers, err = gradreg.ParseAll(o.regularizers); err != nil {
		return out, usage{fmt.Errorf("--reg: %w", err)}
	}
	if len(out.Regularizers) == 0 && out.What == explain.Penalty {
		return out, usage{fmt.Errorf("found no regularizer, expected at least one --reg with --what %s", out.What)}
	}
	if out.Model, err = model.Parse(o.model); err != nil {
		return out, usage{fmt.Errorf("--model: %w", err)}
	}
	level, err := kernel.Active()
	if err != nil {
		return out, usage{err}
	}
	out.Level = level.String()
	return out, nil
}

// write draws both graphs.
func (o *explainOptions) write(d *explain.Derivation) error {
	if err := os.MkdirAll(o.out, 0o777); err != nil {
		return err
	}
	for name, stage := range map[string]explain.Stage{"before": d.Before(), "after": d.After()} {
		if err := atomicfile.WriteBytes(filepath.Join(o.out, name+".svg"), stage.SVG()); err != nil {
			return err
		}
		if o.dot {
			if err := atomicfile.WriteBytes(filepath.Join(o.out, name+".dot"), []byte(stage.DOT())); err != nil {
				return err
			}
		}
	}
	return nil
}

// printExplained prints formula, programs and counts.
func (a *app) printExplained(o explain.Options, d *explain.Derivation, dir string) error {
	var b strings.Builder
	for _, r := range o.Regularizers {
		fmt.Fprintln(&b, explain.Summary(r))
	}
	fmt.Fprintf(
		&b, "\n%s of %s on %d images of %s, %d classes\n", o.What, o.Model, o.Batch,
		extents(o.Shape[:]), o.Classes,
	)
	fmt.Fprintf(
		&b, "\nDerived:\n\n%s\nAfter the passes:\n\n%s\nKernel calls:\n\n%s\n", d.Before().Text(),
		d.After().Text(), d.Program,
	)
	if err := d.Table().Write(&b, "text"); err != nil {
		return err
	}
	if dir != "" {
		fmt.Fprintf(
			&b, "\nPictures: %s, %s\n", foreign.Line(filepath.Join(dir, "before.svg")),
			foreign.Line(filepath.Join(dir, "after.svg")),
		)
	}
	_, err := fmt.Fprint(a.out, b.String())
	return err
}
