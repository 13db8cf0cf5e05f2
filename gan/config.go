package gan

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/internal/strictyaml"
	"github.com/gradreg/gradreg/model/generative"
	"github.com/gradreg/gradreg/optim"
)

// Config is everything that determines a run. [Default] gives the main job's; the zero value of a
// field is not its default.
type Config struct {
	// Data is the name of a data set, a folder of pictures, or points of [PointSets]; stacked:NAME
	// puts three grey images of a set into the channels of one.
	Data string `yaml:"data"`
	// DataDir is the folder with the files of a data set with a name; empty for the usual places.
	DataDir   string `yaml:"data_dir,omitempty"`
	TrainSize int    `yaml:"train_size"`     // training images; 0 means all
	Size      int    `yaml:"size,omitempty"` // side of the images that a folder's pictures become; 0 for one that suits them
	Flip      bool   `yaml:"flip,omitempty"` // training images are mirrored at random
	// Network is the text form of a pair of package model/generative.
	Network      string   `yaml:"network"`
	Noise        int      `yaml:"noise"`        // numbers of the noise
	Objective    string   `yaml:"objective"`    // name of [Objectives]
	Regularizers []string `yaml:"regularizers"` // of the critic, text forms of package gradreg
	Augment      string   `yaml:"augment,omitempty"`
	Optimizer    string   `yaml:"optimizer"` // of both networks, text form of package optim
	LearningRate float64  `yaml:"learning_rate"`
	Schedule     string   `yaml:"schedule"`     // of the learning rate, text form of package optim
	Steps        int      `yaml:"steps"`        // of the generator
	CriticSteps  int      `yaml:"critic_steps"` // of the critic for each of them
	// Batch is the number of samples of a step; 0 for what suits the data ([DefaultFor]), or all
	// training images where there are fewer.
	Batch int `yaml:"batch"`
	// HalfLife is that of the average of the generator's parameters, in images; 0 for no average. It
	// is at most Ramp of the images so far.
	HalfLife float64 `yaml:"average_half_life"`
	Ramp     float64 `yaml:"average_ramp"`
	Seed     uint64  `yaml:"seed"`
	// LogEvery, SheetEvery and CheckpointEvery are steps between lines of metrics, sheets of samples
	// and checkpoints.
	LogEvery        int `yaml:"log_every"`
	SheetEvery      int `yaml:"sheet_every"`
	CheckpointEvery int `yaml:"checkpoint_every"`
	// Convolution is how convolutions are computed, one of [engine.Convolutions]; empty for auto.
	// Training, its samples and the generator that comes of it are computed alike.
	Convolution engine.Convolution `yaml:"convolution,omitempty"`
}

// Default returns the main job: digits, by the relativistic objective with R1 and R2 at every step.
func Default() Config {
	return Config{
		Data: "mnist", Network: "dcgan:width=32", Noise: 64, Objective: DefaultObjective,
		Regularizers: []string{"r1+r2:0.5"},
		Optimizer:    DefaultOptimizer().String(), LearningRate: 3e-3, Schedule: "cosine:warmup=500",
		Steps: 26000, CriticSteps: 1, Batch: 64, HalfLife: 32000, Ramp: 0.05, Seed: 1,
		LogEvery: 50, SheetEvery: 500, CheckpointEvery: 500,
	}
}

// Preset is a configuration with a name.
type Preset struct {
	Name, Description string
	// Set changes a configuration to the preset's.
	Set func(c *Config)
}

// Presets lists settings of publications.
func Presets() []Preset {
	return []Preset{{
		"wgan-gp", "Gulrajani et al. 2017, as in D. Varga's gan_mnist.py: five steps of the critic each, batches of 50",
		func(c *Config) {
			c.Objective, c.Regularizers = "wasserstein", []string{"wgan-gp:10"}
			c.Network, c.Noise = "gulrajani", 128
			c.Optimizer, c.LearningRate = "adam:beta1=0.5,beta2=0.9", 1e-4
			c.Schedule, c.CriticSteps, c.Batch, c.HalfLife = "constant", 5, 50, 0
		},
	}}
}

// parts are the objects that a configuration names.
type parts struct {
	objective    Objective
	regularizers []gradreg.Regularizer
	augment      generative.Augment
	optimizer    optim.Optimizer
	schedule     optim.Schedule
	pair         generative.Pair // once the shape of samples is known
}

// resolve checks the configuration, writes every text form in full and returns what it names.
// Errors are the input's fault and name the field.
func (c *Config) resolve() (p parts, err error) {
	for _, f := range []struct {
		name         string
		value, least int
	}{
		{"train_size", c.TrainSize, 0}, {"size", c.Size, 0}, {"noise", c.Noise, 1}, {"steps", c.Steps, 1},
		{"critic_steps", c.CriticSteps, 1}, {"batch", c.Batch, 0}, {"log_every", c.LogEvery, 1},
		{"sheet_every", c.SheetEvery, 0}, {"checkpoint_every", c.CheckpointEvery, 1},
	} {
		if f.value < f.least {
			return p, fault.Fieldf("%s is %d, expected at least %d", f.name, f.value, f.least)
		}
	}
	for _, f := range []struct {
		name    string
		value   float64
		ok      bool
		expects string
	}{
		{"learning_rate", c.LearningRate, c.LearningRate > 0, "above 0"},
		{"average_half_life", c.HalfLife, c.HalfLife >= 0, "at least 0"},
		{"average_ramp", c.Ramp, c.Ramp >= 0 && c.Ramp <= 1, "in 0..1"},
	} {
		if !f.ok || math.IsInf(f.value, 0) {
			return p, fault.Fieldf("%s is %v, expected a finite number %s", f.name, f.value, f.expects)
		}
	}
	if c.Data == "" {
		return p, fault.Inputf("data is empty, expected a data set, a folder of pictures or points")
	}
	if p.objective, err = ParseObjective(c.Objective); err != nil {
		return p, fault.Input(err)
	}
	if p.regularizers, err = ParseRegularizers(c.Regularizers); err != nil {
		return p, err
	}
	if p.augment, err = generative.ParseAugment(c.Augment); err != nil {
		return p, fault.Input(err)
	}
	if p.optimizer, err = optim.Parse(c.Optimizer); err != nil {
		return p, fault.Input(err)
	}
	if p.schedule, err = optim.ParseSchedule(c.Schedule); err != nil {
		return p, fault.Inputf("schedule: %w", err)
	}
	if name := spec.NameOf(c.Network); !slices.Contains(generative.Names(), name) {
		return p, fault.Input(spec.Unknown("network", name, generative.Names()))
	}
	if c.Convolution, err = c.Convolution.Resolve(); err != nil {
		return p, err
	}
	c.Objective, c.Optimizer, c.Schedule = p.objective.Name, p.optimizer.String(), p.schedule.String()
	c.Augment = p.augment.String()
	c.Regularizers = []string{}
	for _, r := range p.regularizers {
		c.Regularizers = append(c.Regularizers, r.String())
	}
	return p, nil
}

// ParseRegularizers reads the regularizers of a critic, as [gradreg.ParseAll] does. There are none
// that "none" could clear, so that it stands alone.
func ParseRegularizers(texts []string) ([]gradreg.Regularizer, error) {
	isNone := func(text string) bool { return strings.TrimSpace(text) == gradreg.None }
	if len(texts) > 1 && slices.ContainsFunc(texts, isNone) {
		return nil, fault.Inputf(
			"regularizers are %s, expected %s alone or others without it", strings.Join(texts, " and "),
			gradreg.None,
		)
	}
	regs, err := gradreg.ParseAll(texts)
	return regs, fault.Input(err)
}

// Validate returns the first thing that is wrong with the configuration, as far as it can be known
// without data.
func (c Config) Validate() error {
	_, err := c.resolve()
	return err
}

// Resolved returns the configuration with every text form written in full, as a run folder records
// it but for what only the data say ([OpenData]).
func (c Config) Resolved() (Config, error) {
	_, err := c.resolve()
	return c, err
}

// ReadConfig reads YAML over the fields of base: what the text does not name keeps base's value. An
// unknown field is an error.
func ReadConfig(base Config, data []byte) (Config, error) {
	return base, fault.Input(strictyaml.Decode(data, &base))
}

// YAML returns the configuration as ReadConfig reads it.
func (c Config) YAML() ([]byte, error) {
	data, err := yaml.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("writing the configuration: %w", err)
	}
	return data, nil
}

// Title is one line that tells a run apart.
func (c Config) Title() string {
	regs := "no penalty"
	if len(c.Regularizers) > 0 {
		regs = strings.Join(c.Regularizers, " + ")
	}
	return fmt.Sprintf("%s, %s, %s, %s", c.Data, c.Network, c.Objective, regs)
}

// Warnings returns what a reader of the configuration should know before it runs.
func (c Config) Warnings() []string {
	p, err := c.resolve()
	if err != nil {
		return nil
	}
	var notes []string
	slopes := false
	for _, r := range p.regularizers {
		slopes = slopes || r.Lambda() != 0 && OfSlope(r)
		if every := gradreg.ScheduleOf(r).Every; every > 1 && p.objective.Relative {
			notes = append(notes, fmt.Sprintf("%s: with the relativistic objective a penalty at every %d-th step"+
				" is known to lose modes (Huang et al. 2024)", r, every))
		}
	}
	if !slopes && p.objective.Name == "wasserstein" {
		notes = append(notes, "the Wasserstein objective has no meaning unless the critic's slope is kept small: "+
			"its loss has no bound; wgan-gp:10 is usual")
	}
	return notes
}
