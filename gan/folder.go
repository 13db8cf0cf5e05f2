package gan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/build"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/nn"
	"github.com/gradreg/gradreg/runfolder"
	"github.com/gradreg/gradreg/sym"
)

// The files of a run folder.
const (
	// configFile is no config.yaml, so that a folder tells which kind of run it holds.
	configFile     = "gan.yaml"
	metricsFile    = "metrics.jsonl"
	checkpointFile = "checkpoint.safetensors"
	GeneratorFile  = "generator.safetensors" // of averaged parameters, written with every sheet
	summaryFile    = "summary.json"
	// SheetFolder holds sheets of samples of the same noise, named by their steps.
	SheetFolder   = "sheets"
	SheetFile     = "samples.png"
	AnimationFile = "growth.gif"
	CurveFile     = "curve.svg"
	LandscapeFile = "critic.svg" // of a run on points of the plane
)

var layout = runfolder.Layout{
	Config: configFile, Journal: metricsFile, State: checkpointFile,
	Results: []string{summaryFile, CurveFile, SheetFile, AnimationFile, LandscapeFile},
}

// HasRun reports whether a folder holds the configuration of a run.
func HasRun(dir string) bool { return layout.Begun(dir) }

// FolderConfig returns the configuration of a run folder.
func FolderConfig(dir string) (Config, error) {
	return runfolder.ReadConfig(layout, dir, "run folder of a generator", func(data []byte) (Config, error) {
		c, err := ReadConfig(Config{}, data)
		if err != nil {
			return c, err
		}
		return c, c.Validate() // of a file that ends too early, too
	})
}

// longestSummary is more than a summary takes.
const longestSummary = 1 << 20

// FolderSummary returns the result of a finished run.
func FolderSummary(dir string) (Summary, error) {
	return runfolder.ReadResult[Summary](layout, dir, longestSummary)
}

// ReadMetrics reads metrics.jsonl of a run folder.
func ReadMetrics(dir string) ([]Metrics, error) {
	return runfolder.ReadJournal[Metrics](filepath.Join(dir, metricsFile))
}

// checkpointFormat is raised when the meaning of a checkpoint changes.
const checkpointFormat = "gradreg-gan-checkpoint-1"

// progress is what a run has to remember beside tensors.
type progress struct {
	step         int
	journalBytes int64
	seconds      float64
	sums         []float64 // since the last line of metrics: losses of both networks, and penalties
	counts       []float64 // how often each was taken
}

// leaves are the inputs whose values a checkpoint holds: parameters of both networks and the
// averages, and what both optimizers keep.
func (r *run) leaves() []*sym.Expr {
	t := r.training
	leaves := nn.Exprs(t.Params.All())
	leaves = append(leaves, t.Critic.State()...)
	return append(leaves, t.Generator.State()...)
}

func (r *run) tensors() []runfolder.Tensor {
	var list []runfolder.Tensor
	parameters := len(r.training.Params.All())
	for i, leaf := range r.leaves() {
		list = append(list, runfolder.Tensor{Name: leaf.Name(), Shape: leaf.Shape(), Infinite: i >= parameters})
	}
	return list
}

// numbers returns how many numbers a checkpoint has.
func (r *run) numbers() int { return 1 + 2*r.terms() }

// terms counts the losses and penalties.
func (r *run) terms() int { return 2 + len(r.training.Critic.Terms) }

// identity is the SHA-256 of what determines the run's numbers.
func (c Config) identity() string {
	c.DataDir = ""
	data, err := c.YAML()
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// save writes a checkpoint after the lines of the journal that it counts.
func (r *run) save() error {
	if r.Dir == "" {
		return nil
	}
	if err := r.journal.Sync(); err != nil {
		return err
	}
	r.progress.journalBytes = r.journal.Bytes()
	s := runfolder.State{
		Step: r.progress.step, JournalBytes: r.progress.journalBytes,
		Numbers: append(append([]float64{r.progress.seconds}, r.progress.sums...), r.progress.counts...),
		Tensors: map[string][]float32{}, Metadata: map[string]string{
			"format": checkpointFormat, "version": build.Current().Version, "config": r.config.identity(),
			"data": r.data.Digest, "engine": r.engine.Name(),
		},
	}
	for _, leaf := range r.leaves() {
		values := make([]float32, leaf.Shape().Size())
		if err := r.program.Read(leaf, values); err != nil {
			return err
		}
		s.Tensors[leaf.Name()] = values
	}
	return runfolder.WriteState(r.path(checkpointFile), s, r.tensors())
}

// restore reads the checkpoint. It changes nothing unless the whole file is right.
func (r *run) restore() error {
	s, err := runfolder.ReadState(r.path(checkpointFile), r.tensors(), r.numbers(), func(m map[string]string) error {
		switch {
		case m["format"] != checkpointFormat:
			return fmt.Errorf("format is %q, expected %q", m["format"], checkpointFormat)
		case m["config"] != r.config.identity():
			return fmt.Errorf("the state of another configuration than that of %s", configFile)
		case m["data"] != r.data.Digest:
			return fmt.Errorf(
				"the state of a run on other images: their SHA-256 is %.12s…, found %.12s…",
				m["data"], r.data.Digest,
			)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if s.Step > r.config.Steps || s.Numbers[0] < 0 {
		return fault.Inputf(
			"%s: step %d after %v seconds, expected at most %d", r.path(checkpointFile), s.Step,
			s.Numbers[0], r.config.Steps,
		)
	}
	for _, leaf := range r.leaves() {
		if err := r.program.Write(leaf, s.Tensors[leaf.Name()]); err != nil {
			return err
		}
	}
	n := r.terms()
	r.progress = progress{
		step: s.Step, journalBytes: s.JournalBytes, seconds: s.Numbers[0], sums: s.Numbers[1 : 1+
			n], counts: s.Numbers[1+n:],
	}
	return nil
}

// openFolder creates the run folder, or opens it and restores the run. It writes a checkpoint and
// reads it back, so that a folder that cannot hold one is found out before the first step.
func (r *run) openFolder() error {
	n := r.terms()
	r.progress.sums, r.progress.counts = make([]float64, n), make([]float64, n)
	if r.Dir == "" {
		return nil
	}
	var err error
	if r.Resume {
		if r.folder, err = runfolder.Open(r.Dir, layout); err != nil {
			return err
		}
		if info, err := os.Stat(r.path(SheetFolder)); err == nil && !info.IsDir() {
			return fault.Inputf("%s is a file, expected the folder of the run's sheets", r.path(SheetFolder))
		}
		switch err := r.restore(); {
		case errors.Is(err, fs.ErrNotExist): // one that was killed before its first checkpoint begins
			if err := r.untouched(); err != nil {
				return err
			}
		case err != nil:
			return err
		}
		return r.openJournal()
	}
	data, err := r.config.YAML()
	if err != nil {
		return err
	}
	if r.folder, err = runfolder.Claim(r.Dir, r.Number, layout); err != nil {
		return err
	}
	r.Dir = r.folder.Dir
	return r.folder.Begin(data, r.openJournal)
}

// untouched returns an error if the folder has what a run writes after its first checkpoint: to
// begin again would throw that away.
func (r *run) untouched() error {
	for _, name := range []string{GeneratorFile, metricsFile} {
		info, err := os.Stat(r.path(name))
		if err == nil && info.Size() > 0 {
			return fault.Inputf(
				"%s: found no checkpoint, expected one beside %s; without it the run cannot go on, %s alone "+
					"begins it again", r.path(checkpointFile), name, configFile,
			)
		}
	}
	return nil
}

func (r *run) openJournal() (err error) {
	if r.journal, err = runfolder.OpenJournal(r.path(metricsFile), r.progress.journalBytes); err != nil {
		return err
	}
	if err := r.save(); err != nil {
		return err
	}
	return r.restore()
}

// writeSummary writes the result last: it says that the run is finished.
func (r *run) writeSummary(s Summary) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteBytes(r.path(summaryFile), append(data, '\n'))
}

// path returns the place of a file of the run folder.
func (r *run) path(name string) string { return filepath.Join(r.Dir, name) }
