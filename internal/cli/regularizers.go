package cli

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/bench"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/kernel"
	"github.com/gradreg/gradreg/internal/plural"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/model"
)

// regularizersOptions are the flags of gradreg regularizers.
type regularizersOptions struct {
	cost    bool
	model   string
	batch   int
	threads int
	rounds  int
	seconds float64
}

func (a *app) regularizersCommand() *cobra.Command {
	o := &regularizersOptions{}
	var names []string
	for _, r := range gradreg.Regularizers() {
		names = append(names, cobra.CompletionWithDesc(r.Name, r.Formula))
	}
	for _, s := range gradreg.Shorthands() {
		names = append(names, cobra.CompletionWithDesc(s.Name, s.Text("λ")))
	}
	cmd := &cobra.Command{
		Use:   "regularizers [REGULARIZER...]",
		Short: "List regularizers: formula, convention of λ, options, cost, source",
		Long: `List regularizers, as --reg of gradreg train takes them: name:λ[,key=value]…, as in datagrad:50 or
spectreg:0.03,projections=2.

The objective is mean loss + Σ λ·R. R is a mean over the samples of the batch and a sum over pixels of the
normalized input, without a factor ½ unless its formula has one. The cost is in passes F of the network's
linear operations over the batch, F₁ of its first layer, for K classes; a plain step takes 3F − F₁.

--reg adds to the defaults (datagrad with a λ that suits data and number of images, 50 for 2000 digits, and
weight-decay:5e-4), or to those of the --config file, or replaces the one of its name; --reg none clears what stands
before it. A name stands once, whatever its options: metrics go by names.

λ may be auto, of several regularizers, too: short runs find it, as gradreg train --help says. Candidates of a weight
begin where loss and penalty have gradients of one size, those of a rate or a size (label-smoothing, dropout, input-noise)
in the interval that show NAME prints, which none leaves.

Options that most of them have:
  at=data|noise|random  where the slope is taken: at the training points, at x + σ·n, or at σ·n (n ~ N(0, I), sigma=σ);
                        other points cost a forward pass
  pass=shared|own       the loss's dropout mask, or one of its own in a forward pass of its own
  fraction=0.5          the first part of the batch only
  slope=squared|linear|excess|two-sided
                        of the norm s of a sample: s², s, max(0, s − t)² or (s − t)², target=t
  at=real|fake|real+fake|between|around
                        the same at a place of a critic's training; the list ends with their meanings
  lambda-as=hoffman|ross|gamma|sum
                        λ is stated as in ½·mean_b, in ½ Σ_b ‖∂(mean L)/∂x_b‖², as γ of a critic's (γ/2)·mean_b, or as a
                        sum over the batch; all but the last of slope=squared only, ross also of norm=l1, without a factor
  every=4               at every fourth step, with four times the weight; the others cost what they do without it
  warmup=500            λ rises linearly over the first 500 steps
  ramp=up|down|cosine   λ rises from 0 or falls to 0 over the whole run

--cost measures a step with each of them, or with the REGULARIZERs given as name:λ[,key=value]…, beside the plain step.`,
		Example: `  # All of them
  gradreg regularizers

  # Everything about one
  gradreg regularizers show spectreg

  # What a step costs with some of them, relative to the plain step
  gradreg regularizers --cost datagrad:50 datagrad:50,every=4 frobreg:0.03`,
		Args: args(cobra.ArbitraryArgs), ValidArgs: names,
		RunE: func(cmd *cobra.Command, texts []string) error { return a.runRegularizers(cmd, o, texts) },
	}
	f := cmd.Flags()
	f.BoolVar(&o.cost, "cost", false, "measure the time and multiply-adds of a step, relative to the plain step's")
	f.StringVar(&o.model, "model", "lenet", "with --cost: the model, for 1x28x28 images of ten classes")
	f.IntVar(&o.batch, "batch", 50, "with --cost: images of a step")
	f.IntVar(&o.threads, "threads", 1, "with --cost: worker threads")
	f.IntVar(&o.rounds, "rounds", 7, "with --cost: rounds in which all steps are measured in turn")
	f.Float64Var(&o.seconds, "seconds", 0.1, "with --cost: least time of a measurement")
	complete(cmd, "model", cobra.FixedCompletions(model.Names(), cobra.ShellCompDirectiveNoFileComp))
	cmd.AddCommand(&cobra.Command{
		Use: "show REGULARIZER", Short: "Print everything about a regularizer",
		Example: "  gradreg regularizers show jacreg",
		Args:    args(cobra.ExactArgs(1)), ValidArgs: names,
		RunE: func(_ *cobra.Command, texts []string) error { return a.runRegularizersShow(texts[0]) },
	})
	return cmd
}

// regularizerEntry describes a regularizer in JSON.
type regularizerEntry struct {
	Name       string `json:"name"`
	Formula    string `json:"formula"`
	Convention string `json:"convention"`
	Options    string `json:"options"`
	Cost       string `json:"cost"`
	Source     string `json:"source"`
	Example    string `json:"example"`
	Lambda     string `json:"lambda"` // its interval
	// Critic is set of what is for the critic of a generative adversarial network alone.
	Critic bool `json:"critic,omitempty"`
	// Finetuning is set of what is for the finetuning of pretrained networks alone.
	Finetuning bool   `json:"finetuning,omitempty"`
	StandsFor  string `json:"stands_for,omitempty"` // of a shorthand: the text form that it is
}

func describeRegularizer(r gradreg.Info) regularizerEntry {
	return regularizerEntry{
		Name: r.Name, Formula: r.Formula, Convention: r.Convention, Options: r.Options, Cost: r.Cost, Source: r.Source,
		Example: r.Example, Lambda: r.Lambda.String(), Critic: r.Critic,
		Finetuning: r.Finetuning,
	}
}

// describeShorthand describes a shorthand by the regularizer that it stands for.
func describeShorthand(s gradreg.Shorthand) regularizerEntry {
	r, _ := findRegularizer(s.Regularizer)
	e := describeRegularizer(r)
	e.Name, e.StandsFor, e.Source, e.Example, e.Critic = s.Name, s.Text("λ"), s.Source, s.Name+":1", true
	return e
}

// regularizerEntries describes what the names are, all that there are if there is none.
func regularizerEntries(texts []string) ([]regularizerEntry, error) {
	var entries []regularizerEntry
	all := len(texts) == 0
	if all {
		texts = gradreg.Names()
	}
	for _, text := range texts {
		e, err := findEntry(text)
		if err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	if all {
		for _, s := range gradreg.Shorthands() {
			entries = append(entries, describeShorthand(s))
		}
	}
	return entries, nil
}

// findEntry describes a regularizer or a shorthand, which may have λ and options behind its name.
func findEntry(text string) (regularizerEntry, error) {
	for _, s := range gradreg.Shorthands() {
		if s.Name == spec.NameOf(text) {
			return describeShorthand(s), nil
		}
	}
	r, err := findRegularizer(text)
	return describeRegularizer(r), err
}

func (a *app) runRegularizers(cmd *cobra.Command, o *regularizersOptions, texts []string) error {
	if o.cost {
		return a.runRegularizerCosts(cmd, o, texts)
	}
	for _, flag := range []string{"model", "batch", "threads", "rounds", "seconds"} {
		if cmd.Flags().Changed(flag) {
			return usage{fmt.Errorf("found --%s without --cost", flag)}
		}
	}
	entries, err := regularizerEntries(texts)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(entries)
	}
	return a.printRegularizers(entries)
}

// printRegularizers prints four lines of each, since formula and convention are too long to stand
// side by side.
func (a *app) printRegularizers(entries []regularizerEntry) error {
	width := 0
	for _, e := range entries {
		width = max(width, len(e.Example))
	}
	shorthands := false
	for _, e := range entries {
		if e.StandsFor != "" {
			if !shorthands {
				fmt.Fprintln(a.out, "\nPenalties on the critic of a generator, by the field's names:")
				shorthands = true
			}
			fmt.Fprintf(a.out, "%-*s  %s\n    source  %s\n", width, e.Name+":λ", e.StandsFor, e.Source)
			continue
		}
		fmt.Fprintf(a.out, "%-*s  R = %s\n", width, e.Example, e.Formula)
		fmt.Fprintf(a.out, "    λ       %s\n    cost    %s\n    source  %s\n", e.Convention, e.Cost, e.Source)
	}
	if shorthands {
		fmt.Fprintln(a.out, "\nPlaces of a critic's training, with real samples r and generated ones f:")
		for _, p := range gradreg.CriticPlaces() {
			fmt.Fprintf(a.out, "  at=%s\n    %s\n", p.Name, p.Description)
		}
	}
	_, err := fmt.Fprintln(a.out, `
Costs are multiply-adds of a step: F of a pass over the batch, F₁ the first layer's share, K classes; a plain step takes
3F − F₁. Options: gradreg regularizers show NAME; those of most: gradreg regularizers --help.`)
	return err
}

// findRegularizer returns the row of a name, which may have λ and options behind it.
func findRegularizer(text string) (gradreg.Info, error) {
	name := spec.NameOf(text)
	for _, r := range gradreg.Regularizers() {
		if r.Name == name {
			return r, nil
		}
	}
	known := gradreg.Names()
	for _, s := range gradreg.Shorthands() {
		known = append(known, s.Name)
	}
	return gradreg.Info{}, usage{spec.Unknown("regularizer", name, known)}
}

func (a *app) runRegularizersShow(name string) error {
	r, err := findEntry(name)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(r)
	}
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	if r.StandsFor != "" {
		fmt.Fprintf(w, "stands for\t%s\n", r.StandsFor)
	}
	for _, line := range [][2]string{
		{"name", r.Name}, {"R", r.Formula}, {"convention", r.Convention}, {
			"cost", r.Cost + " multiply-adds a step (plain: 3F − F₁)",
		},
		{"λ", r.Lambda}, {"source", r.Source}, {"options", orNone(r.Options)}, {
			"example", "--reg " + r.Example,
		},
	} {
		fmt.Fprintf(w, "%s\t%s\n", line[0], line[1])
	}
	return w.Flush()
}

// runRegularizerCosts measures and prints the table of costs.
func (a *app) runRegularizerCosts(cmd *cobra.Command, o *regularizersOptions, texts []string) error {
	opt := bench.Options{Rounds: o.rounds, Seconds: o.seconds}
	if err := opt.Validate(); err != nil {
		return usage{err}
	}
	if o.batch < 1 || o.threads < 1 {
		return usage{fmt.Errorf("--batch is %d and --threads %d, expected at least 1", o.batch, o.threads)}
	}
	m, err := model.Parse(o.model)
	if err != nil {
		return usage{fmt.Errorf("--model: %w", err)}
	}
	var regs []gradreg.Regularizer
	if len(texts) == 0 {
		for _, r := range gradreg.Regularizers() {
			if !r.Critic && !r.Finetuning {
				texts = append(texts, r.Example)
			}
		}
	}
	for _, text := range texts {
		if r, err := findRegularizer(text); err == nil && r.Name == text {
			text = r.Example
		}
		r, err := gradreg.Parse(text)
		if err != nil {
			return usage{err}
		}
		regs = append(regs, r)
	}
	level, err := kernel.Active()
	if err != nil {
		return fault.Input(err)
	}
	opt.Level = level.String()
	if a.watched() {
		opt.Log = a.note
	}
	ctx, stop := interruptible(cmd.Context())
	defer stop()
	rows, err := bench.RegularizerCosts(ctx, m, o.batch, o.threads, regs, opt)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(rows)
	}
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(
		w,
		"Steps of %v at batch %d, %s (%v), relative to the plain step; median and range of %d rounds.\n",
		m, o.batch, plural.Of(o.threads, "thread"), opt.Level, o.rounds,
	)
	fmt.Fprintln(w, "REGULARIZER\tMULTIPLY-ADDS\tTIME\tRANGE\tMS A STEP\tMiB")
	for _, r := range rows {
		fmt.Fprintf(
			w, "%s\t%.2f\t%.2f\t%.2f … %.2f\t%.2f\t%.1f\n", r.Regularizer, r.RelativeMACs,
			r.RelativeTime, r.Low, r.High, 1e3*r.StepSeconds, float64(r.Bytes)/(1<<20),
		)
	}
	return w.Flush()
}
