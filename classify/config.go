package classify

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/dataset/augment"
	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/spec"
	"github.com/gradreg/gradreg/internal/strictyaml"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/optim"
	"github.com/gradreg/gradreg/task"
)

// Config is everything that determines a run. Default gives the main job's; the zero value of a
// field is not its default.
type Config struct {
	// Data are the images, written as the text of [dataset.ParseSource]. Of images in memory
	// ([dataset.Dataset.Source]) a run records the name: it repeats and resumes where they are given
	// again.
	Data dataset.Source `yaml:"data"`
	// what is learned, a name of package task; empty for what the data are for
	Task      string `yaml:"task,omitempty"`
	TrainSize int    `yaml:"train_size"`          // training images; 0 means all
	PerClass  int    `yaml:"per_class,omitempty"` // training images of each class, instead of TrainSize
	Subset    string `yaml:"subset,omitempty"`    // how they are chosen: random, which is the default, or balanced
	// DevShare is the share of each class's training images that is held out to judge the run on the
	// way, before TrainSize of the others are taken; 0 judges by the images that TrainSize leaves, or
	// a folder's val/.
	DevShare float64 `yaml:"dev_share,omitempty"`
	// side of the images that a folder's pictures become; 0 for one that suits them
	Size int    `yaml:"size,omitempty"`
	Fit  string `yaml:"fit,omitempty"` // how pictures become squares: text form of package picture
	// Division is how a folder without test/ is divided, a name of package folder; empty for
	// stratified. The configuration of a run of an earlier version, which does not say it, goes on
	// as by-content.
	Division string `yaml:"division,omitempty"`
	// DataDir is the folder with the files of a data set with a name; empty for Options.DataDirs
	// and the usual places. A run records where it found them, if that was neither in the program
	// nor in a usual place, and looks there again.
	DataDir string `yaml:"data_dir,omitempty"`
	// Backbone is a file of pretrained weights, as package backbone reads it, whose network the run
	// takes for Model; empty for a network from scratch. A run records where it is and its SHA-256: it
	// goes on with the same weights or not at all. Its model needs the file no more.
	Backbone       string `yaml:"backbone,omitempty"`
	BackboneSHA256 string `yaml:"backbone_sha256,omitempty"`
	// BackboneVariant is what timm calls the network, where the file does not say it.
	BackboneVariant string `yaml:"backbone_variant,omitempty"`
	// Preprocessing is how pictures are prepared for the network, a text form of package pretrained,
	// in the place of what comes with the file.
	Preprocessing string `yaml:"preprocessing,omitempty"`
	// Transfer is what is trained: features, which is the default, fits a head on the features of the
	// frozen network, in one step; finetune trains all of it.
	Transfer string `yaml:"transfer,omitempty"`
	// HeadL2 is λ of the head's L2 penalty, see package linear; 0 finds it by cross-validation on the
	// training images.
	HeadL2 float64 `yaml:"head_l2,omitempty"`
	// DepthRate is how much less each part of a network that is finetuned learns than the part behind
	// it: its learning rate is so many times that one's; 0 for 1.
	DepthRate float64    `yaml:"depth_rate,omitempty"`
	Model     model.Spec `yaml:"model"`
	// Architecture is a model of one's own in the place of Model, which then records its String. A
	// saved run of it repeats and resumes where it is given again, and LoadArchitecture reads its
	// file.
	Architecture model.Model    `yaml:"-"`
	Augment      string         `yaml:"augment,omitempty"` // text form of package augment, or default; empty is none
	Regularizers []gradreg.Spec `yaml:"regularizers"`
	// Penalties are regularizers of one's own beside Regularizers, which then records their String.
	// A saved run of them repeats and resumes where they are given again.
	Penalties    []gradreg.Regularizer `yaml:"-"`
	Optimizer    optim.Spec            `yaml:"optimizer"`
	LearningRate float64               `yaml:"learning_rate"` // base rate
	Schedule     optim.ScheduleSpec    `yaml:"schedule"`      // of the learning rate
	// Epochs is how often the run sees every training image: it then takes as many steps, rounded up,
	// and records them. 0 for a run that is as long as Steps says.
	Epochs int `yaml:"epochs,omitempty"`
	Steps  int `yaml:"steps"` // that learning rate and λ are scheduled for; 0 for those of Epochs
	// StopAfter is the step after which the run ends before its schedules do; 0 for none. A run
	// that was finished early has it.
	StopAfter int `yaml:"stop_after,omitempty"`
	// Extended is how the run came to have so many steps, if it was planned for fewer: the earlier
	// plans, in their order.
	Extended []Extension `yaml:"extended,omitempty"`
	Batch    int         `yaml:"batch"` // images per step; 0 for 50, or all training images where there are fewer
	Seed     uint64      `yaml:"seed"`  // of the split, the initial weights, the batches and all random numbers
	// PaperProtocol divides and normalizes the data as the experiments of Varga et al. 2017, arXiv
	// 1712.09936, did.
	PaperProtocol bool `yaml:"paper_protocol"`
	EvalEvery     int  `yaml:"eval_every"` // steps between evaluations on the dev part; 0 for none
	// Patience is after how many epochs the run ends in which its loss on the dev part was more than a
	// standard error above the least; 0 for never. The loss of classes is taken after calibration
	// ([assess.Logits.Calibrated]); that of other tasks has no error here.
	Patience int `yaml:"patience,omitempty"`
	// Keep is which of its states the run is tested and saved as: last, which is the default, or best,
	// the latest evaluated one whose loss on the dev part is at most a standard error above the least.
	Keep            string `yaml:"keep,omitempty"`
	LogEvery        int    `yaml:"log_every"`        // steps between lines of metrics
	CheckpointEvery int    `yaml:"checkpoint_every"` // steps between checkpoints
	// Convolution is how convolutions are computed, one of [engine.Convolutions]; empty for auto.
	// Training and the model that comes of it are computed alike.
	Convolution engine.Convolution `yaml:"convolution,omitempty"`
	// Note says in a line how the configuration came about, such as how a λ was found, and Choices
	// in full. They change nothing, and stand here so that a run that is resumed or repeated has
	// them.
	Note    string   `yaml:"note,omitempty"`
	Choices []Choice `yaml:"lambda_choices,omitempty"`
}

// Default returns the main job: LeNet with dropout on 2000 MNIST digits, DataGrad and weight decay.
// For other images take [DefaultRegularizers].
func Default() Config {
	digits := dataset.ParseSource("mnist")
	return Config{
		Data: digits, TrainSize: 2000, Model: model.ParseSpec("lenet"), Augment: defaultAugment,
		Regularizers: DefaultRegularizers(digits, 2000),
		Optimizer:    optim.ParseSpec("adam"), LearningRate: 1e-3,
		Schedule: optim.ParseScheduleSpec("piecewise"),
		Steps:    10000, Batch: 50, Seed: 1,
		EvalEvery: 1000, LogEvery: 100, CheckpointEvery: 1000,
	}
}

// batch returns the images per step of a run on so many training images.
func (c Config) batch(images int) int {
	if c.Batch > 0 {
		return c.Batch
	}
	return min(Default().Batch, images)
}

// The values of Subset.
const (
	Random   = "random"
	Balanced = "balanced"
)

// Subsets returns the values of Subset.
func Subsets() []string { return []string{Random, Balanced} }

// defaultAugment stands for what suits a data set.
const defaultAugment = "default"

// DefaultAugment returns the augmentation that suits data, see [dataset.Source.Info].
func DefaultAugment(data dataset.Source) string {
	info, _ := data.Info()
	return info.Defaults.Augment
}

// parts are the objects that a configuration names.
type parts struct {
	task         task.Task // of the data, once they are open; nil is classification
	model        model.Model
	regularizers []gradreg.Regularizer
	augment      augment.Pipeline
	optimizer    optim.Optimizer
	schedule     optim.Schedule
	// pretrained reports whether a parameter begins with pretrained weights; nil if none does.
	pretrained func(p *nn.Param) bool
}

// resolve checks the configuration, writes every text form in full and returns what it names.
// Errors are the input's fault and name the field.
func (c *Config) resolve() (p parts, err error) {
	if err := c.resolveTransfer(); err != nil {
		return p, err
	}
	for _, f := range []struct {
		name  string
		value int
		least int
	}{
		{
			"train_size", c.TrainSize, 0,
		}, {"per_class", c.PerClass, 0}, {"size", c.Size, 0}, {"epochs", c.Epochs, 0},
		{"steps", c.Steps, c.leastSteps()}, {"batch", c.Batch, 0}, {"patience", c.Patience, 0},
		{"stop_after", c.StopAfter, 0}, {"eval_every", c.EvalEvery, 0}, {"log_every", c.LogEvery, 1}, {
			"checkpoint_every", c.CheckpointEvery, 1,
		},
	} {
		if f.value < f.least {
			return p, fault.Fieldf("%s is %d, expected at least %d", f.name, f.value, f.least)
		}
	}
	if c.StopAfter == c.Steps {
		c.StopAfter = 0
	}
	if err := cmp.Or(c.checkSteps(), c.checkJudging(), c.checkChoices()); err != nil {
		return p, err
	}
	if c.Convolution, err = c.Convolution.Resolve(); err != nil {
		return p, err
	}
	if c.Subset != "" && !slices.Contains(Subsets(), c.Subset) {
		return p, fault.Input(spec.Unknown("subset", c.Subset, Subsets()))
	}
	if _, err := folder.ParseDivision(c.Division); err != nil {
		return p, err
	}
	if c.PerClass > 0 && c.Subset == Random {
		return p, fault.Inputf("subset is random, but %d images of each class are a balanced one", c.PerClass)
	}
	if c.PaperProtocol && (c.PerClass > 0 || c.Subset == Balanced) {
		return p, fault.Inputf("subset is balanced, but the paper's protocol takes the first images of a permutation")
	}
	if !(c.LearningRate > 0) || math.IsInf(c.LearningRate, 0) {
		return p, fault.Fieldf("learning_rate is %v, expected a finite number above 0", c.LearningRate)
	}
	if p.model, err = c.architecture(); err != nil {
		return p, fault.Inputf("model: %w", err)
	}
	if _, err := task.Parse(c.Task); err != nil {
		return p, fault.Input(err)
	}
	if c.Augment == defaultAugment {
		c.Augment = DefaultAugment(c.Data)
	}
	if p.augment, err = augment.Parse(c.Augment); err != nil {
		return p, fault.Input(err)
	}
	c.Augment = p.augment.String()
	if p.regularizers, err = c.penalties(); err != nil {
		return p, fault.Input(err)
	}
	if p.optimizer, err = c.Optimizer.Optimizer(); err != nil {
		return p, fault.Input(err)
	}
	if c.Finetunes() {
		p.pretrained = isPretrained
	}
	if p.schedule, err = c.Schedule.Schedule(); err != nil {
		return p, fault.Inputf("schedule: %w", err)
	}
	c.Model, c.Optimizer = model.SpecOf(p.model), optim.SpecOf(p.optimizer)
	c.Schedule = optim.ScheduleSpecOf(p.schedule)
	c.Regularizers = []gradreg.Spec{}
	for _, r := range p.regularizers {
		c.Regularizers = append(c.Regularizers, gradreg.SpecOf(r))
	}
	return p, nil
}

// architecture returns the model that the configuration names or holds.
func (c *Config) architecture() (model.Model, error) {
	if c.Architecture == nil {
		return c.Model.Model()
	}
	return c.Architecture, c.Architecture.Validate()
}

// penalties returns the regularizers that the configuration names and then those that it holds. A
// name that one of the latter has recorded stands for it.
func (c *Config) penalties() ([]gradreg.Regularizer, error) {
	regs, err := gradreg.RegularizersOf(slices.DeleteFunc(slices.Clone(c.Regularizers), func(s gradreg.Spec) bool {
		return slices.ContainsFunc(c.Penalties, func(r gradreg.Regularizer) bool { return r.String() == s.String() })
	}))
	if err != nil {
		return nil, err
	}
	for _, r := range c.Penalties {
		if err := r.Validate(); err != nil {
			return nil, fmt.Errorf("regularizer %q: %w", r, err)
		}
		if slices.ContainsFunc(regs, func(other gradreg.Regularizer) bool { return other.Name() == r.Name() }) {
			return nil, fmt.Errorf("regularizer %q: %s stands twice", r, r.Name())
		}
		regs = append(regs, r)
	}
	return regs, nil
}

// Validate returns the first thing that is wrong with the configuration, as far as it can be known
// without data.
func (c Config) Validate() error {
	_, err := c.resolve()
	return err
}

// Resolved returns the configuration with every text form written in full, as a run folder records
// it.
func (c Config) Resolved() (Config, error) {
	_, err := c.resolve()
	return c, err
}

// ReadConfig reads YAML over the fields of base: what the text does not name keeps base's value, so
// an empty text gives base. An unknown field is an error.
func ReadConfig(base Config, data []byte) (Config, error) {
	if err := strictyaml.Decode(data, &base); err != nil {
		return base, fault.Input(err)
	}
	return base, base.checkChoices()
}

// checkChoices returns what is wrong with the records of how λ was found.
func (c Config) checkChoices() error {
	for _, choice := range c.Choices {
		if err := choice.check(); err != nil {
			return fault.Inputf("lambda_choices: %w", err)
		}
	}
	return nil
}

// YAML returns the configuration as ReadConfig reads it. Paths that are not UTF-8 are the input's
// fault: the format has no form for them.
func (c Config) YAML() ([]byte, error) {
	var options []yaml.EncodeOption
	for field, path := range map[string]string{"data": c.Data.String(), "data_dir": c.DataDir} {
		if !utf8.ValidString(path) {
			return nil, fault.Inputf(
				"%s is %s, expected a path in UTF-8, for YAML has no form for others", field,
				strconv.Quote(path),
			)
		}
		if strings.ContainsFunc(path, unicode.IsControl) { // which the library writes as they are and nobody may read
			options = []yaml.EncodeOption{yaml.CustomMarshaler(quotedYAML)}
		}
	}
	data, err := yaml.MarshalWithOptions(c, options...)
	if err != nil {
		return nil, fmt.Errorf("writing the configuration: %w", err)
	}
	return data, nil
}

// quotedYAML writes a text with escapes for its control characters.
func quotedYAML(text string) ([]byte, error) {
	if strings.ContainsFunc(text, unicode.IsControl) {
		return []byte(strconv.Quote(text)), nil
	}
	return yaml.Marshal(text)
}
