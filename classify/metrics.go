package classify

import (
	"cmp"

	"github.com/gradreg/gradreg/runfolder"
)

// Metrics is a line of metrics.jsonl.
type Metrics struct {
	Step         int                `json:"step"`
	Loss         float64            `json:"loss"`             // mean over the steps since the last line
	Penalties    map[string]float64 `json:"penalties"`        // R without λ, likewise
	Lambdas      map[string]float64 `json:"lambda,omitempty"` // λ at the step; files of earlier versions have none
	LearningRate float64            `json:"learning_rate"`
	DevAccuracy  *float64           `json:"dev_accuracy,omitempty"`
	DevNLL       *float64           `json:"dev_nll,omitempty"`
	// DevCalibrated is DevNLL at the best temperature of at least 1, of a run that compares its states
	// by it, and DevError its standard error.
	DevCalibrated   *float64 `json:"dev_calibrated_nll,omitempty"`
	DevError        *float64 `json:"dev_nll_error,omitempty"`
	DevLoss         *float64 `json:"dev_loss,omitempty"`    // of a task without classes, see [TaskResult]
	DevQuality      *float64 `json:"dev_quality,omitempty"` // likewise
	ImagesPerSecond float64  `json:"images_per_second"`
	Seconds         float64  `json:"seconds"` // spent training since the start of the run
}

// Quality returns what the model was worth on dev images by its task's quality ([task.Quality]),
// nil of a line without an evaluation.
func (m Metrics) Quality() *float64 { return cmp.Or(m.DevAccuracy, m.DevQuality) }

// ReadMetrics reads a metrics.jsonl. A last line that is not complete is left out: the run was
// interrupted while writing it.
func ReadMetrics(path string) ([]Metrics, error) { return runfolder.ReadJournal[Metrics](path) }
