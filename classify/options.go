package classify

import (
	"context"
	"errors"
	"runtime"
	"time"

	"github.com/gradreg/gradreg"
	"github.com/gradreg/gradreg/dataset"
	"github.com/gradreg/gradreg/dataset/folder"
	"github.com/gradreg/gradreg/engine"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/model"
	"github.com/gradreg/gradreg/task"
	"github.com/gradreg/gradreg/train"
)

// Options are what a run needs beside its configuration; none of them changes its numbers.
type Options struct {
	// Dir is the run folder. Run creates it; an existing one with anything in it is an error unless
	// Resume or Number is set. Empty means that nothing is written.
	Dir string
	// Number makes Run take Dir-2, Dir-3, … where Dir is taken, also by a run that starts at the
	// same moment.
	Number bool
	// Resume continues the run in Dir from its checkpoint, with the configuration that was passed,
	// which must be that of the folder.
	Resume bool
	// Finish, with Resume, ends a run that was interrupted after the steps it has taken, and
	// evaluates it there. It can go on later, as if nothing had happened, with ExtendTo.
	Finish bool
	// ExtendTo, with Resume, is the number of steps that the run is to have, finished or not: as
	// many as it was planned for, or more. If more, Config.Extended records it, for the weights are
	// those of a run extended there (see [Extension]). 0 goes on to what was planned. The result
	// that a finished run has is removed when it goes on.
	ExtendTo int
	// DataDirs are the folders to look for data sets in, as [dataset.Open] takes them: an empty one
	// stands for the usual places. A run that goes on or is evaluated looks first where its files
	// were, unless it is told folders and no empty one; whatever is found has to be what it was.
	DataDirs []string
	// Dataset are the images in memory of a run that was trained on such ones, where [Config].Data
	// does not hold them, as that of a run that is examined.
	Dataset *dataset.Dataset
	// Digest, if set, is the [DataDigest] that the images of a data set with a name must have.
	Digest string
	// Strict refuses a folder with a picture that cannot be read.
	Strict bool
	// channels of the images of a folder, as a trained model takes them; 0 for those that suit the
	// pictures.
	channels int
	// largestSide of the images that the pictures of a folder become where nobody says it; 0 for
	// that of package folder.
	largestSide int
	// Reading, if set, is called while a folder of pictures is read, Found when it has been.
	Reading func(folder.Progress)
	Found   func(folder.Report)
	// FeatureCache is the folder that keeps the features of pretrained networks, see
	// [EmbedOptions].Cache.
	FeatureCache string
	// Embedding, if set, is called while the features of images are computed, first with how many
	// were known. Fitting, if set, is called while a head is fitted to them, with how many strengths
	// of its penalty were tried, first none, of at most so many.
	Embedding func(done, total int)
	Fitting   func(tried, most int)
	// CacheNote, if set, is told what was wrong with the cache of features, which costs time and
	// nothing else.
	CacheNote func(note string)
	// Threads is the number of workers; 0 means one per processor.
	Threads int
	// Started, if set, is called before the first step, Stepped after every step.
	Started func(Start)
	Stepped func(Progress)
	// Saved, if set, is called when the state of the run folder is a new one that a resumed run
	// would go on from. An error ends the run.
	Saved func(step int) error
	// Draw, if set, draws what a run shows into its folder, before the result is written:
	// figures.Draw of package classify/figures.
	Draw func(dir string, r Result) error
	// Now tells the time; time.Now if nil.
	Now func() time.Time
}

// filled returns the options with what stands for zero values.
func (o Options) filled() Options {
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Result is what a finished run shows.
type Result struct {
	Config  Config
	Metrics []Metrics
	Outcome Outcome
	Head    *HeadResult // of a run that fitted a head on frozen features
}

// Start describes a run that is about to begin.
type Start struct {
	Config     Config
	Dir        string // the run folder that was taken
	DevImages  int    // that judge the run on the way
	Parameters int
	Threads    int
	CPU        string // kernel level
	Step       int    // steps taken before
	Steps      int    // after which it ends
	MACs       int    // multiply-adds of a step
	Bytes      int    // memory of the compiled step
	// what computed the steps before and computes those to come; more than one: the bits are of
	// none of them
	Origins  []Origin
	Oddities []Oddity
}

// Progress describes a run after a step.
type Progress struct {
	Step, Steps int
	// Epoch is the one that the step is of, Epochs how many there are at most, of a run whose length
	// was given in epochs; 0 of others.
	Epoch, Epochs int
	Loss          float64
	Penalties     []float64
	Names         []string // of the penalties
	// λ of each at this step: Weights[i]·Penalties[i] is its part of the objective, see [Metrics]
	Weights         []float64
	DevQuality      float64      // of the last evaluation on dev images, NaN before the first
	Quality         task.Quality // what DevQuality is: for classes the accuracy
	DevStep         int          // step of that evaluation
	DevEpoch        int          // its epoch, where there are Epochs
	Evaluated       bool         // at this step
	ImagesPerSecond float64
	Remaining       time.Duration
}

// Summary is the result of a run, and the content of summary.json.
type Summary struct {
	TestAccuracy   float64 `json:"test_accuracy"`
	TestErrorCount int     `json:"test_error_count"`
	TestNLL        float64 `json:"test_nll"`
	TestImages     int     `json:"test_images"`
	Detail
	// Task is what the model learned, empty for classes. Of another one TaskResult has what it is
	// worth, and the fields before are not written.
	Task string `json:"task,omitempty"`
	*TaskResult
	DevAccuracy *float64 `json:"dev_accuracy,omitempty"`
	DevQuality  *float64 `json:"dev_quality,omitempty"` // of a task without classes
	Steps       int      `json:"steps"`                 // taken
	// PlannedSteps is what learning rate and λ were scheduled for, of a run that was finished
	// early.
	PlannedSteps int `json:"planned_steps,omitempty"`
	// Epochs is how often the run was to see every training image, where it was planned so.
	Epochs int `json:"epochs,omitempty"`
	// BestStep is the step of the best state, of a run that ends with it ([Config].Keep); DevAccuracy or
	// DevQuality is of it.
	BestStep int `json:"best_step,omitempty"`
	// Exhausted says why the run ended by itself before all its steps, if it did.
	Exhausted       string      `json:"exhausted,omitempty"`
	Extended        []Extension `json:"extended,omitempty"` // of the configuration
	Seconds         float64     `json:"seconds"`
	ImagesPerSecond float64     `json:"images_per_second"`
	// DataWaitFraction is the share of the time that steps waited for their images, since the run
	// began or was resumed.
	DataWaitFraction float64            `json:"data_wait_fraction"`
	Augment          string             `json:"augment"`
	Convolution      engine.Convolution `json:"convolution,omitempty"` // of the configuration, where it is not auto
	Seed             uint64             `json:"seed"`
	Data             string             `json:"data"`
	DataDigest       string             `json:"data_digest"` // SHA-256 of the images, as the seed divided those of a folder
	// TestDigest is the SHA-256 of what the test images are made of, whatever their size: equal for
	// runs that are tested on the same.
	TestDigest string `json:"test_digest"`
	// OwnFiles are the files of a data set with a name that are not the published ones.
	OwnFiles     []string       `json:"own_files,omitempty"`
	TrainSize    int            `json:"train_size"`
	Model        model.Spec     `json:"model"`
	Parameters   int            `json:"parameters"`
	Regularizers []gradreg.Spec `json:"regularizers"`
	Note         string         `json:"note,omitempty"`           // of the configuration
	Choices      []Choice       `json:"lambda_choices,omitempty"` // of the configuration: how each auto was found
	// Head says how the head on frozen features was found, if the run trained one.
	Head    *HeadResult `json:"head,omitempty"`
	Threads int         `json:"threads"`
	CPU     string      `json:"cpu"`               // of the last step
	Origins []Origin    `json:"origins,omitempty"` // what computed the steps, if not all were computed alike
	Version string      `json:"version"`
	Commit  string      `json:"commit,omitempty"`
	Machine string      `json:"machine"`
	Dir     string      `json:"dir,omitempty"`
}

// ErrDiverged is what errors.Is finds in the error of a run whose numbers did not stay finite: the
// same run will always end so.
var ErrDiverged = train.ErrDiverged

// ErrInterrupted is returned when the context ended; the state has been saved if there is a folder.
// The error wraps the context's own, too, so that errors.Is tells [context.Canceled] from
// [context.DeadlineExceeded].
var ErrInterrupted = errors.New("interrupted")

// Interrupted returns the error of work that ended because ctx did: it is ErrInterrupted and wraps
// the context's error and its cause.
func Interrupted(ctx context.Context) error {
	if err := fault.NoContext(ctx); err != nil {
		return err
	}
	return interruption{ctx.Err(), context.Cause(ctx)}
}

// interruption is ErrInterrupted with what ended the context.
type interruption struct{ err, cause error }

func (interruption) Error() string     { return ErrInterrupted.Error() }
func (i interruption) Unwrap() []error { return []error{ErrInterrupted, i.err, i.cause} }
