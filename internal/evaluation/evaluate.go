package evaluation

import (
	"context"
	"fmt"
	"image"
	"path/filepath"
	"slices"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/assess"
	"github.com/gradreg/gradreg/classify"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/stats"
	"github.com/gradreg/gradreg/task"
)

// Options are what is asked of the runs.
type Options struct {
	Train classify.Options // DataDirs and Threads
	// Data is a folder of pictures to test the runs on, instead of their test images, see
	// [classify.OpenRunOn].
	Data string
	// Examination is asked of each run. Its sizes may be nil for those of [assess.Sizes], where
	// Noise and Attack ask for them.
	Examination   assess.Examination
	Noise, Attack bool
	// Images is the number of test and of training images that the examination is about, evenly
	// spaced; 0 for all.
	Images int
	// Pictures makes pictures of input gradients.
	Pictures bool
	// Begun, if set, is called before each part of the work.
	Begun func(part string)
}

// examines tells whether anything is asked beside the answers.
func (o Options) examines() bool { return o.Noise || o.Attack || o.Examination.Slopes }

// Result is what was found out about a run.
type Result struct {
	Name   string // of the run's folder, short but unique
	Dir    string
	Data   string // the folder that it is tested on instead of its test images
	Method string // the regularizer that it stands for, such as datagrad; none for the plain run
	classify.Evaluation
	assess.Findings
	Paired    *Comparison // to the first run; nil for that itself, and of a task without classes
	Apart     *Difference // likewise of such a task
	Gradients []Gradient
	Notes     []string // what of the images is not as it was when the run was trained
}

// Gradient is a picture of ∂L/∂x at a test image.
type Gradient struct {
	Image, Gradient image.Image
	Class           string
	Norm            float64
}

// Comparison is a run beside the first one, on the same test images.
type Comparison struct {
	assess.Paired
	P     float64 // McNemar's test
	PHolm float64 // corrected for the number of runs that are compared (Holm 1979)
	// Meaning says in a sentence what it means, with the runs' names.
	Meaning string
}

// gradientImages is the number of images whose gradients are shown.
const gradientImages = 8

// Evaluate examines finished runs. Several have to have the same test images, or test pictures in
// common: that, and whether what is asked makes sense, is known before any model does anything.
// When the context ends, so does the work, between two parts.
func Evaluate(ctx context.Context, dirs []string, o Options) ([]Result, error) {
	short := names(dirs)
	runs, err := open(ctx, short, dirs, o)
	if err != nil {
		return nil, err
	}
	if err := align(runs, dirs); err != nil {
		return nil, err
	}
	var all []Result
	for i, run := range runs {
		r, err := one(ctx, short[i], dirs[i], run, o)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, compare(all)
}

// open opens all runs and checks what is asked.
func open(ctx context.Context, short, dirs []string, o Options) ([]*classify.Opened, error) {
	var runs []*classify.Opened
	for i, dir := range dirs {
		if err := o.begin(ctx, short[i], "test images"); err != nil {
			return nil, err
		}
		var run *classify.Opened
		var err error
		if o.Data != "" {
			run, err = classify.OpenRunOn(ctx, dir, o.Data, o.Train)
		} else {
			run, err = classify.OpenRun(ctx, dir, o.Train)
		}
		if err != nil {
			return nil, err
		}
		if t := run.Card.Learned(); t != (task.Classification{}) && (o.examines() || o.Pictures) {
			return nil, fault.Inputf(
				"%s: slopes, noise and attacks are about classes, but the model's task is %s", dir, t,
			)
		}
		if err := o.sized(run.Shape().C).Validate(run.Shape()); err != nil {
			return nil, err
		}
		runs = append(runs, run)
	}
	return runs, nil
}

// begin tells that a part of the work on a run begins.
func (o Options) begin(ctx context.Context, name, part string) error {
	if o.Begun != nil {
		o.Begun(name + ": " + part)
	}
	return ctx.Err()
}

// one examines a run.
func one(ctx context.Context, name, dir string, run *classify.Opened, o Options) (r Result, err error) {
	begin := func(part string) error { return o.begin(ctx, name, part) }
	if err := begin("answers to test images"); err != nil {
		return r, err
	}
	r = Result{Name: name, Dir: dir, Data: o.Data, Method: method(run.Config.Regularizers), Notes: run.Notes}
	if run.Card.Learned() != (task.Classification{}) {
		r.Evaluation, err = run.Evaluate()
		return r, err
	}
	s, err := run.Examine()
	if err != nil {
		return r, err
	}
	defer s.Close()
	r.Evaluation = s.Evaluation
	if o.examines() {
		e := o.sized(s.Test.Shape.C)
		e.Begun = begin
		var training assess.Images
		if e.Slopes {
			if training, err = trainingImages(ctx, s, o); err != nil {
				return r, err
			}
		}
		if r.Findings, err = s.Network.Examine(
			s.TestImages.Spread(o.Images), training.Spread(o.Images), e,
		); err != nil {
			return r, err
		}
	}
	if o.Pictures {
		if err := begin("input gradients"); err != nil {
			return r, err
		}
		if r.Gradients, err = gradients(s); err != nil {
			return r, err
		}
	}
	r.Notes = s.Notes
	return r, nil
}

// trainingImages returns the images that a run was trained on. A run that is tested on a folder of
// its own goes without them where they are not to be had.
func trainingImages(ctx context.Context, s *classify.Examined, o Options) (assess.Images, error) {
	images, err := s.Training(ctx)
	if err != nil && o.Data != "" && fault.IsInput(err) {
		s.Notes = append(s.Notes, "no slopes at training images: "+err.Error())
		return assess.Images{}, nil
	}
	return images, err
}

// sized returns the examination with its sizes.
func (o Options) sized(channels int) assess.Examination {
	e := o.Examination
	sigmas, lInf, l2 := assess.Sizes(channels)
	if o.Noise && e.Sigmas == nil {
		e.Sigmas = sigmas
	}
	if o.Attack && e.LInf == nil && e.L2 == nil {
		e.LInf, e.L2 = lInf, l2
	}
	return e
}

// names returns the last elements of paths, the whole paths if two of those are the same.
func names(dirs []string) []string {
	var short []string
	for _, d := range dirs {
		name := filepath.Base(filepath.Clean(d))
		if slices.Contains(short, name) || name == "." {
			return dirs
		}
		short = append(short, name)
	}
	return short
}

// method returns the name of the first regularizer that is not weight decay.
func method(specs []gradreg.Spec) string {
	if list, err := gradreg.RegularizersOf(specs); err == nil {
		for _, r := range list {
			if r.Name() != "weight-decay" && r.Lambda() != 0 {
				return r.Name()
			}
		}
	}
	return gradreg.None
}

// compare sets all runs beside the first.
func compare(all []Result) error {
	if len(all) < 2 {
		return nil
	}
	if !all[0].hasClasses() {
		return compareTargets(all)
	}
	first := all[0].Logits.Right()
	var ps []float64
	for i := range all[1:] {
		p, err := assess.Pair(first, all[i+1].Logits.Right())
		if err != nil {
			return fmt.Errorf("%s: %w", all[i+1].Dir, err)
		}
		all[i+1].Paired = &Comparison{Paired: p, P: p.McNemar()}
		ps = append(ps, p.McNemar())
	}
	for i, p := range stats.Holm(ps) {
		all[i+1].Paired.PHolm = p
		all[i+1].Paired.Meaning = meaning(all[0], all[i+1])
	}
	return nil
}
