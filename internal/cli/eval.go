package cli

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/internal/evaluation"
	"github.com/gradreg/gradreg/internal/foreign"
	"github.com/gradreg/gradreg/internal/plural"
	"github.com/gradreg/gradreg/report"
	"github.com/gradreg/gradreg/task"
)

// evalOptions are the flags of gradreg eval.
type evalOptions struct {
	evaluation.Options
	dataDir string
	threads int
	all     bool
	out     string
	page    string
}

func (a *app) evalCommand() *cobra.Command {
	o := &evalOptions{}
	cmd := &cobra.Command{
		Use:   "eval RUN...",
		Short: "Evaluate the models of runs on their test images",
		Long: `Evaluate the model of a finished run on the official test images, which gives what the run itself ended with: accuracy
with Wilson's 95 % interval, negative log-likelihood, expected calibration error, Brier score, classes and what they are taken
for. A run with --paper-protocol is evaluated on the images that it held out. Several runs are set side by side and each
compared with the first by McNemar's exact test of the images that only one of both gets right, corrected by Holm's method; runs
of one folder of pictures may have different sizes. Where pictures were added or removed since a run was trained, it is tested
on its test pictures that are still there, which is said. --data tests on the pictures of another folder, which has a folder
for each class; classes are known by their names.

Labels are judged by the share that is right, and each by average precision and F1; numbers by the root mean squared error
in their units, and each by mean absolute error and R². Runs of these are compared by the differences of their images with the
sign-flip test. What follows, --data and --out are for classes.

--slopes measures the norms of the input gradient ∂L/∂x and of the Jacobian ∂f/∂x at test and training images, the logits'
margin, and its ratio to the norm of the difference of the Jacobian's rows: the distance to the nearest other class, were
the network linear. --noise measures the accuracy under Gaussian noise, --attack under FGSM and PGD with bounds in L∞ and
L2. σ and ε are in units of the pixels' range [0, 1], in which perturbed images are kept: eight steps of a byte are 8/255. PGD starts at random points and takes
steps of 2.5·ε/steps (Madry et al. 2018); every point on its way counts. These look at --images images.`,
		Example: `  # Accuracy with its 95 % interval, negative log-likelihood, calibration, classes and what they are taken for
  gradreg eval runs/mnist-2000-lenet-datagrad-s1

  # A regularized run beside the plain one, with everything there is, on one page that needs no network
  gradreg eval runs/mnist-2000-lenet-plain-s1 runs/mnist-2000-lenet-datagrad-s1 --html evaluation.html

  # A stronger attack of some sizes, on all test images
  gradreg eval runs/mnist-2000-lenet-datagrad-s1 --eps-linf 0.1,0.2 --steps 100 --restarts 10 --images 0

  # New photos, sorted into folders by class
  gradreg eval runs/photos-all-resnet-datagrad-s1 --data ~/new-photos

  # Pictures: the confusion matrix, the most wrong images, histograms of slopes
  gradreg eval runs/mnist-2000-lenet-datagrad-s1 --slopes --out pictures`,
		Args:              args(cobra.MinimumNArgs(1)),
		ValidArgsFunction: completeFolders,
		RunE:              func(cmd *cobra.Command, list []string) error { return a.runEval(cmd, o, list) },
	}
	f := cmd.Flags()
	e := &o.Examination
	f.BoolVar(&e.Slopes, "slopes", false, "norms of input gradient and Jacobian, margins, distances to the boundary")
	f.BoolVar(&o.Noise, "noise", false, "accuracy under Gaussian noise")
	f.BoolVar(&o.Attack, "attack", false, "accuracy under FGSM and PGD")
	f.BoolVar(&o.all, "all", false, "--slopes, --noise and --attack")
	f.IntVar(&o.Images, "images", 1000, "test and training images that these look at; 0 for all")
	f.Var(
		&sizes{list: &e.Sigmas}, "sigma",
		"amounts of noise, ascending `numbers` such as 4/255,8/255 (default by the number of channels)",
	)
	f.Var(
		&sizes{list: &e.LInf}, "eps-linf",
		"L∞ sizes of attacks, ascending `numbers` such as 4/255,8/255 (default by the number of channels)",
	)
	f.Var(
		&sizes{list: &e.L2}, "eps-l2",
		"L2 sizes of attacks, ascending `numbers` such as 4/255,8/255 (default by the number of channels)",
	)
	f.IntVar(&e.Steps, "steps", 20, "steps of PGD")
	f.IntVar(&e.Restarts, "restarts", 1, "random starting points of PGD; more find more")
	f.Uint64Var(&e.Seed, "seed", 1, "seed of noise and starting points")
	f.StringVar(&o.page, "html", "", "HTML file to write everything to; means --all")
	f.StringVar(&o.out, "out", "", "folder to write pictures to")
	f.StringVar(&o.Data, "data", "", "`folder` of pictures to test on instead, with a folder for each class")
	f.StringVar(
		&o.dataDir, "data-dir", "",
		"folder with the data set's files (instead of GRADREG_DATA and the usual places)",
	)
	threadsFlag(cmd, &o.threads)
	complete(cmd, "data", completeFolders)
	return cmd
}

// complete sets what flags imply. A page has everything there is, which of runs without classes is
// no slopes, noise and attacks.
func (o *evalOptions) complete(dirs []string) error {
	e := &o.Examination
	all := o.all || o.page != "" && haveClasses(dirs)
	e.Slopes = e.Slopes || all
	o.Noise = o.Noise || all || len(e.Sigmas) > 0
	o.Attack = o.Attack || all || len(e.LInf)+len(e.L2) > 0
	o.Pictures = all || o.out != "" && e.Slopes
	for _, n := range []struct {
		flag         string
		value, least int
	}{{"images", o.Images, 0}, {"steps", e.Steps, 1}, {"restarts", e.Restarts, 1}} {
		if n.value < n.least {
			return usage{fmt.Errorf("--%s is %d, expected at least %d", n.flag, n.value, n.least)}
		}
	}
	return nil
}

// haveClasses reports whether runs classify. One that cannot be read is refused later.
func haveClasses(dirs []string) bool {
	for _, dir := range dirs {
		if cfg, err := classify.FolderConfig(dir); err == nil && cfg.Learns() != (task.Classification{}) {
			return false
		}
	}
	return true
}

func (a *app) runEval(cmd *cobra.Command, o *evalOptions, dirs []string) error {
	for _, dir := range dirs {
		if err := wantsClassifier(dir, "gradreg gan score %s says how good it is"); err != nil {
			return err
		}
	}
	if err := o.complete(dirs); err != nil {
		return err
	}
	threads, err := a.threadCount(cmd, o.threads)
	if err != nil {
		return err
	}
	if err := o.checkDataDir(cmd, dirs); err != nil {
		return err
	}
	if o.out != "" && !haveClasses(dirs) {
		return usage{errors.New("found --out, expected --html: the pictures of runs are about classes")}
	}
	if err := o.makeRoom(); err != nil {
		return err
	}
	o.Train = classify.Options{DataDirs: a.dataDirs(o.dataDir), Threads: threads}
	begun, ended := a.parts()
	o.Begun = begun
	results, err := evaluation.Evaluate(cmd.Context(), dirs, o.Options)
	ended()
	if err != nil {
		return err
	}
	if err := o.write(results, evalCommandLine(cmd, dirs)); err != nil {
		return err
	}
	if err := a.printResults(results); err != nil || a.json {
		return err
	}
	for _, text := range evaluation.Notes(results) {
		a.note(text)
	}
	if o.out != "" {
		fmt.Fprintf(a.out, "\npictures        %s\n", foreign.Line(o.out))
	}
	if o.page != "" {
		fmt.Fprintf(a.out, "\npage            %s\n", foreign.Line(o.page))
	}
	return nil
}

// checkDataDir refuses --data-dir where no data set with a name is looked at.
func (o *evalOptions) checkDataDir(cmd *cobra.Command, dirs []string) error {
	if !cmd.Flags().Changed("data-dir") {
		return nil
	}
	if o.Data != "" && !o.Examination.Slopes {
		return usage{
			errors.New(
				"found --data and --data-dir, expected one of them: without --slopes no other images are looked at",
			),
		}
	}
	var data []dataset.Source
	for _, dir := range dirs {
		cfg, err := classify.FolderConfig(dir)
		if err != nil {
			return err
		}
		data = append(data, cfg.Data)
	}
	return checkDataDir(cmd, data...)
}

// makeRoom finds out before the work whether its results can be written.
func (o *evalOptions) makeRoom() error {
	if o.out != "" {
		if err := checkFolderWritable("out", o.out); err != nil {
			return err
		}
	}
	if o.page == "" {
		return nil
	}
	return checkFileWritable("html", o.page)
}

// parts shows which part of the work has begun: on a terminal in a line that is written over,
// elsewhere in a line now and then.
func (a *app) parts() (begun func(part string), ended func()) {
	last := a.now()
	switch {
	case a.json:
		return func(string) {}, func() {}
	case a.terminal:
		return func(part string) {
			fmt.Fprintf(
				a.screen, "\r%-78.78s", foreign.Line(part),
			)
		}, func() { fmt.Fprintf(a.screen, "\r%78s\r", "") }
	}
	return func(part string) {
		if now := a.now(); now.Sub(last) >= lineEvery {
			last = now
			fmt.Fprintln(a.err, foreign.Line(part))
		}
	}, func() {}
}

// evalCommandLine returns the command as it was given.
func evalCommandLine(cmd *cobra.Command, dirs []string) string {
	words := []string{"gradreg", "eval"}
	for _, d := range dirs {
		words = append(words, quoted(d))
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		words = append(words, "--"+f.Name+"="+quoted(f.Value.String()))
	})
	return strings.Join(words, " ")
}

// write writes the files that flags ask for.
func (o *evalOptions) write(results []evaluation.Result, command string) error {
	if o.out != "" {
		if err := os.MkdirAll(o.out, 0o755); err != nil {
			return err
		}
		if err := evaluation.WritePictures(o.out, results); err != nil {
			return err
		}
	}
	if o.page == "" {
		return nil
	}
	p, err := evaluation.Page(results, command)
	if err != nil {
		return err
	}
	return report.WritePage(o.page, p)
}

// printResults prints what was found.
func (a *app) printResults(results []evaluation.Result) error {
	if a.json {
		return a.printRecords(results)
	}
	var tables []report.Table
	if len(results) == 1 {
		r := results[0]
		if r.Logits == nil {
			a.printTargets(*r.Record().TargetRecord)
			tables = append(tables, evaluation.Targets(r))
		} else {
			a.printScore(*r.Record().ClassRecord)
			tables = append(tables, evaluation.Classes(r.Detail()), evaluation.Confusion(r.Outcome))
		}
	} else {
		tables = append(tables, evaluation.Scores(results), evaluation.Comparisons(results))
	}
	if results[0].TestSlopes != nil {
		tables = append(tables, evaluation.Slopes(results))
	}
	for i, t := range append(tables, evaluation.Curves(results)...) {
		if i > 0 || len(results) == 1 {
			fmt.Fprintln(a.out)
		}
		if err := t.Write(a.out, "text"); err != nil {
			return err
		}
	}
	return nil
}

// printRecords prints one object: the run, or of several a list.
func (a *app) printRecords(results []evaluation.Result) error {
	if len(results) == 1 {
		return a.printJSON(results[0].Record())
	}
	var all struct {
		Runs []evaluation.Record `json:"runs"`
	}
	for _, r := range results {
		all.Runs = append(all.Runs, r.Record())
	}
	return a.printJSON(all)
}

// printScore prints a result's numbers.
func (a *app) printScore(r evaluation.ClassRecord) {
	fmt.Fprintf(a.out, "test accuracy   %.2f %%   (95 %% interval %.2f to %.2f; %s in %s)\n",
		100*r.TestAccuracy, 100*r.TestInterval[0], 100*r.TestInterval[1], plural.Of(
			r.TestErrorCount, "error",
		), plural.Of(r.TestImages, "image"))
	fmt.Fprintf(a.out, "test NLL        %.4f nats\n", r.TestNLL)
	fmt.Fprintf(
		a.out, "calibration     error (ECE, 15 bins) %.2f points, Brier score %.4f\n",
		100*r.TestECE, r.TestBrier,
	)
}

// printTargets prints what the answers of a task without classes are worth.
func (a *app) printTargets(r evaluation.TargetRecord) {
	q, _ := task.QualityNamed(r.Name)
	interval := ""
	if in := r.Interval; in != nil {
		interval = fmt.Sprintf("95 %% interval %s to %s; ", q.Bare(in[0]), q.Bare(in[1]))
	}
	fmt.Fprintf(a.out, "task            %s\ntest %s   %s   (%s%s)\ntest loss       %.4g\n",
		r.Task, q.Name, q.Format(r.Quality), interval, plural.Of(r.Images, "image"), r.Loss)
	for _, mean := range []struct {
		name  string
		value *float64
	}{
		{"mean AP", r.MeanAP}, {"mean F1", r.MeanF1}, {"mean absolute error", r.MAE}, {"mean R²", r.MeanR2},
	} {
		if mean.value != nil {
			fmt.Fprintf(a.out, "%-15s %.4g\n", mean.name, *mean.value)
		}
	}
}
