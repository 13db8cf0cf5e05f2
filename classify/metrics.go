package classify

import (
	"bufio"
	"encoding/json"
	"os"

	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/fault"
)

// Metrics is a line of metrics.jsonl.
type Metrics struct {
	Step            int                `json:"step"`
	Loss            float64            `json:"loss"`             // mean over the steps since the last line
	Penalties       map[string]float64 `json:"penalties"`        // R without λ, likewise
	Lambdas         map[string]float64 `json:"lambda,omitempty"` // λ at the step; files of earlier versions have none
	LearningRate    float64            `json:"learning_rate"`
	DevAccuracy     *float64           `json:"dev_accuracy,omitempty"`
	DevNLL          *float64           `json:"dev_nll,omitempty"`
	ImagesPerSecond float64            `json:"images_per_second"`
	Seconds         float64            `json:"seconds"` // spent training since the start of the run
}

// journal appends lines to metrics.jsonl.
type journal struct {
	file  *os.File
	bytes int64
}

// openJournal opens the file and cuts it to the given length; what lies behind it belongs to steps that are
// taken again.
func openJournal(path string, bytes int64) (*journal, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Size() < bytes {
		err = fault.Inputf("%s: %d bytes, but the checkpoint counts %d", path, info.Size(), bytes)
	}
	if err == nil {
		err = f.Truncate(bytes)
	}
	if err == nil {
		_, err = f.Seek(bytes, 0)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return &journal{f, bytes}, nil
}

// write appends a line.
func (j *journal) write(m Metrics) error {
	line, err := json.Marshal(m)
	if err != nil {
		return err
	}
	n, err := j.file.Write(append(line, '\n'))
	j.bytes += int64(n)
	return err
}

func (j *journal) sync() error { return j.file.Sync() }

// close closes the file; everything that counts has been synced.
func (j *journal) close() {
	if j != nil {
		j.file.Close()
	}
}

// longestMetrics is some million lines, which a run that logs every step has after days.
const longestMetrics = 1 << 30

// ReadMetrics reads a metrics.jsonl. A last line that is not complete is left out: the run was interrupted while
// writing it.
func ReadMetrics(path string) ([]Metrics, error) {
	f, err := boundedfile.Open(path, longestMetrics)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []Metrics
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	var pending error
	for n := 1; lines.Scan(); n++ {
		if pending != nil {
			return nil, pending
		}
		var m Metrics
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			pending = fault.Inputf("%s: line %d: %w", path, n, err)
			continue
		}
		out = append(out, m)
	}
	return out, lines.Err()
}
