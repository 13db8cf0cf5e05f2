package comparison

import (
	"context"
	"fmt"

	"github.com/goccy/go-yaml"

	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/gan/dirac"
	"github.com/gradreg/gradreg/gan/semisupervised"
	"github.com/gradreg/gradreg/gan/separation"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/internal/strictyaml"
)

// trial trains and judges a run, whose folder is dir, and fills in the result.
type trial func(ctx context.Context, dir string, r Run, s *Spec, o Options, result *Result) error

// Kind is what a run trains.
type Kind struct {
	Name, Description string
	// scores are the names that a run is judged by, nil where that is what [Options].Judge says.
	scores []string
	// configure returns what fields over the defaults ask for.
	configure func(fields []map[string]any, data string, seed uint64) (configured, error)
}

// configured is a trial, the text that identifies it, and the version of its numbers.
type configured struct {
	trial   trial
	text    []byte
	numbers int
}

const generatorKind = "generator"

// The scores of kinds that no judge is asked about.
const (
	scoreAccuracy         = "accuracy"
	scoreTrainingAccuracy = "training accuracy"
	scoreSlope            = "slope"
	scoreRadius           = "radius"
	scoreRate             = "rate"
	scoreTheory           = "rate of theory"
)

// Kinds is the table of kinds.
func Kinds() []Kind {
	return []Kind{
		{generatorKind, "a generator and its critic, of package gan", nil, generator},
		{
			"separation", "a critic that tells two classes apart, of package gan/separation",
			[]string{scoreAccuracy, scoreTrainingAccuracy, scoreSlope}, separating,
		},
		{
			"semi-supervised", "a critic of K logits from few labels, of package gan/semisupervised",
			[]string{scoreAccuracy, scoreTrainingAccuracy}, semi,
		},
		{
			"dirac", "two parameters, of package gan/dirac, beside the rate of theory",
			[]string{scoreRadius, scoreRate, scoreTheory}, twoParameters,
		},
	}
}

func kindOf(name string) (Kind, error) {
	var names []string
	for _, k := range Kinds() {
		if k.Name == name || name == "" {
			return k, nil
		}
		names = append(names, k.Name)
	}
	return Kind{}, spec.Unknown("kind", name, names)
}

// over writes fields over a configuration.
func over[C any](c *C, fields []map[string]any) error {
	for _, f := range fields {
		if len(f) == 0 {
			continue
		}
		text, err := yaml.Marshal(f)
		if err != nil {
			return err
		}
		if err := strictyaml.Decode(text, c); err != nil {
			return err
		}
	}
	return nil
}

// generator trains a generator in a folder, goes on if it was interrupted, and has it judged.
func generator(fields []map[string]any, data string, seed uint64) (configured, error) {
	c := gan.Default()
	if err := over(&c, fields); err != nil {
		return configured{}, err
	}
	c.Data, c.Seed = data, seed
	c, err := c.Resolved()
	if err != nil {
		return configured{}, err
	}
	quiet := c // how often a run is logged, shown or saved changes no number
	quiet.LogEvery, quiet.SheetEvery, quiet.CheckpointEvery, quiet.DataDir = 1, 1, 1, ""
	text, err := quiet.YAML()
	run := func(ctx context.Context, dir string, _ Run, s *Spec, o Options, result *Result) error {
		options := o.Run
		options.Dir, options.Resume = dir, gan.HasRun(dir)
		if s.MultiplyAdds > 0 {
			perStep, err := gan.Cost(ctx, c, options)
			if err != nil {
				return err
			}
			c.Steps = max(1, int(s.MultiplyAdds/float64(perStep)+0.5))
		}
		summary, err := gan.FolderSummary(dir)
		if err != nil {
			summary, err = gan.Run(ctx, c, options)
		}
		if err != nil {
			return err
		}
		result.Steps, result.MultiplyAdds, result.Seconds = summary.Steps, float64(summary.MACs), summary.Seconds
		result.Kernels = summary.Kernels
		result.Scores, err = o.Judge(ctx, dir, s.Samples)
		return err
	}
	return configured{run, text, gan.Numbers(c.Network, c.Convolution)}, err
}

// separating trains a critic as a classifier of two classes.
func separating(fields []map[string]any, data string, seed uint64) (configured, error) {
	c := separation.Default()
	if err := over(&c, fields); err != nil {
		return configured{}, err
	}
	c.Seed = seed
	return onImages(c, c.Network, data, c.Steps, func(
		ctx context.Context, d *dataset.Dataset, threads int,
	) (map[string]float64, error) {
		r, err := separation.Run(ctx, d, c, threads)
		return map[string]float64{
			scoreAccuracy: r.Accuracy, scoreTrainingAccuracy: r.TrainAccuracy, scoreSlope: r.Slope,
		}, err
	})
}

// semi trains a critic of K logits.
func semi(fields []map[string]any, data string, seed uint64) (configured, error) {
	c := semisupervised.Default()
	if err := over(&c, fields); err != nil {
		return configured{}, err
	}
	c.Seed = seed
	return onImages(c, fmt.Sprintf("dcgan:width=%d", c.Width), data, c.Steps, func(
		ctx context.Context, d *dataset.Dataset, threads int,
	) (map[string]float64, error) {
		r, err := semisupervised.Run(ctx, d, c, threads)
		return map[string]float64{scoreAccuracy: r.Accuracy, scoreTrainingAccuracy: r.TrainAccuracy}, err
	})
}

// onImages returns the trial of a configuration that train trains and judges on a data set with a
// name, in no folder.
func onImages(config any, network, data string, steps int, train func(
	ctx context.Context, d *dataset.Dataset, threads int,
) (scores map[string]float64, err error)) (configured, error) {
	run := func(ctx context.Context, _ string, _ Run, _ *Spec, o Options, result *Result) error {
		d, err := open(ctx, data, o, result)
		if err != nil {
			return err
		}
		result.Steps = steps
		result.Scores, err = train(ctx, d, o.Run.Threads)
		return err
	}
	text, err := identity(config, data)
	return configured{run, text, gan.Numbers(network, "")}, err
}

// identity is the text of a configuration with the name of its data.
func identity(config any, data string) ([]byte, error) {
	text, err := yaml.Marshal(config)
	return append([]byte("data: "+data+"\n"), text...), err
}

// open opens a data set with a name, and says which kernels work on it.
func open(ctx context.Context, data string, o Options, result *Result) (*dataset.Dataset, error) {
	on, err := engine.Native(engine.Options{Threads: o.Run.Threads})
	if err != nil {
		return nil, err
	}
	result.Kernels = on.Name()
	return dataset.Open(ctx, data, o.Run.DataDirs...)
}

// diracConfig is a trajectory of package gan/dirac.
type diracConfig struct {
	Objective    string   `yaml:"objective"`
	Regularizers []string `yaml:"regularizers"`
	Alternating  bool     `yaml:"alternating"`
	CriticSteps  int      `yaml:"critic_steps"`
	StepSize     float64  `yaml:"step_size"`
	Steps        int      `yaml:"steps"`
	// Gamma is γ of R1 and R2 together in theory, if it says something of the variant.
	Gamma *float64 `yaml:"gamma,omitempty"`
}

// slopeAtZero is ℓ′(0) of the logistic objectives.
const slopeAtZero = 0.5

// twoParameters takes a trajectory. Its scores are the rate at which the radius changes over the last
// half, the rate of theory for Euler's steps of that size, and the radius at the end.
func twoParameters(fields []map[string]any, data string, _ uint64) (configured, error) {
	c := diracConfig{Objective: gan.DefaultObjective, StepSize: 0.1, Steps: 2000}
	if err := over(&c, fields); err != nil {
		return configured{}, err
	}
	m := dirac.Method{
		Objective: c.Objective, Regularizers: c.Regularizers, Alternating: c.Alternating, CriticSteps: c.CriticSteps,
	}
	options, err := m.Options(c.StepSize, c.Steps)
	if err != nil {
		return configured{}, err
	}
	run := func(_ context.Context, _ string, _ Run, _ *Spec, _ Options, result *Result) error {
		points, err := dirac.Trajectory(options)
		if err != nil {
			return err
		}
		result.Steps = c.Steps
		result.Scores = map[string]float64{scoreRadius: points[len(points)-1].Radius()}
		if rate, err := dirac.MeasuredRate(points, c.StepSize); err == nil {
			result.Scores[scoreRate] = rate
		}
		if c.Gamma != nil {
			result.Scores[scoreTheory] = dirac.Rate(dirac.Eigenvalues(*c.Gamma, slopeAtZero), c.StepSize)
		}
		for i, p := range points {
			if i < trajectoryPoints {
				result.Curve = append(result.Curve, [2]float64{p.Theta, p.Psi})
			}
		}
		return nil
	}
	text, err := identity(c, data)
	return configured{run, text, gan.Numbers("", "")}, err
}

// trajectoryPoints is how much of a trajectory is kept for its picture.
const trajectoryPoints = 500
