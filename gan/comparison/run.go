package comparison

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gradreg/gradreg/gan"
	"github.com/gradreg/gradreg/internal/atomicfile"
	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/build"
	"github.com/gradreg/gradreg/internal/fault"
	"github.com/gradreg/gradreg/internal/filelock"
	"github.com/gradreg/gradreg/train"
)

// Result is what a run came to: a line of runs.jsonl.
type Result struct {
	Key     string `json:"key"`
	Data    string `json:"data"`
	Variant string `json:"variant"`
	Seed    uint64 `json:"seed"`
	Steps   int    `json:"steps"`
	// MultiplyAdds are those of the whole run.
	MultiplyAdds float64            `json:"multiply_adds"`
	Seconds      float64            `json:"seconds"`
	Scores       map[string]float64 `json:"scores,omitempty"`
	// Curve is the trajectory of a run of two parameters.
	Curve    [][2]float64 `json:"curve,omitempty"`
	Diverged string       `json:"diverged,omitempty"`
	Version  string       `json:"version"`
	Commit   string       `json:"commit,omitempty"`
	Kernels  string       `json:"kernels"`
	Finished string       `json:"finished"` // RFC 3339, UTC
}

// Judge scores the generator of a finished run's folder by so many samples.
type Judge func(ctx context.Context, dir string, samples int) (map[string]float64, error)

// Options are what running a comparison needs.
type Options struct {
	Dir   string // of the report; runs are folders in Dir/runs
	Judge Judge
	// Scores are the names of what Judge returns, if it is known: a spec that asks for another one is
	// refused. Those of real samples, and by a second network, go by the name that they begin with.
	Scores []string
	Run    gan.RunOptions // of each run, but for its folder
	// Began is called before each run, and Ended after it.
	Began func(done, all int, run Run)
	Ended func(Result)
	Now   func() time.Time
}

// The files of a comparison's folder.
const (
	SpecFile = "study.yaml"
	RunsFile = "runs.jsonl"
)

// Execute takes the runs that are left, one after the other. A run that another process has is left
// to it; if only such are left, Execute returns with others set.
func Execute(ctx context.Context, s *Spec, o Options) (others bool, err error) {
	if err := fault.NoContext(ctx); err != nil {
		return false, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if err := o.judged(s); err != nil {
		return false, err
	}
	if err := begin(s, o.Dir); err != nil {
		return false, err
	}
	runs, err := s.Runs()
	if err != nil {
		return false, err
	}
	for {
		done, err := ReadRuns(filepath.Join(o.Dir, RunsFile))
		if err != nil {
			return false, err
		}
		progressed := false
		others = false
		for _, r := range runs {
			if _, ok := r.in(done); ok {
				continue
			}
			result, err := one(ctx, r, s, o, len(done), len(runs))
			switch {
			case errors.Is(err, filelock.ErrHeld):
				others = true
				continue
			case errors.Is(err, errEnded):
				continue
			case err != nil:
				return false, fmt.Errorf("%s: %w", r, err)
			}
			progressed = true
			if done, err = ReadRuns(filepath.Join(o.Dir, RunsFile)); err != nil {
				return false, err
			}
			if o.Ended != nil {
				o.Ended(result)
			}
		}
		if !progressed {
			return others, nil
		}
	}
}

// judged refuses a spec of generators that asks for scores which the judge does not have.
func (o Options) judged(s *Spec) error {
	if kind, err := kindOf(s.Kind); err != nil || kind.Name != generatorKind || o.Scores == nil {
		return err
	}
	var names []string
	for _, name := range s.Scores {
		name, _, _ = strings.Cut(name, " of real")
		name, _, _ = strings.Cut(name, " by ")
		names = append(names, name)
	}
	return knownScores(names, o.Scores)
}

// begin writes the spec into a new folder, or checks that it is that of the folder.
func begin(s *Spec, dir string) error {
	text, err := s.text()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fault.Input(err)
	}
	path := filepath.Join(dir, SpecFile)
	old, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return atomicfile.WriteBytes(path, text)
	}
	if err != nil {
		return err
	}
	had, err := Read(old)
	if err != nil {
		return fault.Inputf("%s: %w", path, err)
	}
	if had.Name != s.Name {
		return fault.Inputf("%s holds the comparison %s, expected %s or another folder", dir, had.Name, s.Name)
	}
	if !bytes.Equal(old, text) { // runs are known by their keys, so a spec may grow
		return atomicfile.WriteBytes(path, text)
	}
	return nil
}

// one takes a run, or goes on with it, and judges it.
func one(ctx context.Context, r Run, s *Spec, o Options, done, all int) (Result, error) {
	result := Result{
		Key: r.Key, Data: r.Data, Variant: r.Variant, Seed: r.Seed, Version: build.Current().Version,
		Commit: build.Current().Commit,
	}
	runs := filepath.Join(o.Dir, "runs")
	if err := os.MkdirAll(runs, 0o777); err != nil {
		return result, err
	}
	unlock, err := filelock.Acquire(filepath.Join(runs, r.Key+".lock"))
	if err != nil {
		return result, err
	}
	defer unlock()
	// Another process may have ended the run since the lines were read.
	if lines, err := ReadRuns(filepath.Join(o.Dir, RunsFile)); err != nil {
		return result, err
	} else if ended, ok := r.in(lines); ok {
		return ended, errEnded
	}
	if o.Began != nil {
		o.Began(done, all, r)
	}
	began := o.Now()
	err = r.trial(ctx, filepath.Join(o.Dir, "runs", r.Key), r, s, o, &result)
	if result.Finished = o.Now().UTC().Format(time.RFC3339); result.Seconds == 0 {
		result.Seconds = o.Now().Sub(began).Seconds()
	}
	if diverged := (train.Divergence{}); errors.As(err, &diverged) {
		result.Diverged, err = diverged.Error(), nil
	}
	if err == nil { // while the run is locked, so that nobody takes it again
		err = record(o.Dir, result)
	}
	return result, err
}

// errEnded is the error of a run that another process has ended meanwhile.
var errEnded = errors.New("the run has ended")

// record appends a line, under a lock: several processes may work on one comparison.
func record(dir string, r Result) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, RunsFile)
	var unlock func()
	for attempt := 0; ; attempt++ {
		if unlock, err = filelock.Acquire(path + ".lock"); !errors.Is(err, filelock.ErrHeld) || attempt == 100 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		return err
	}
	defer unlock()
	old, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return atomicfile.WriteBytes(path, append(old, append(line, '\n')...))
}

// longestRuns is more than the lines of any comparison.
const longestRuns = 1 << 26

// ReadRuns reads the lines of a comparison by their keys; none of a file that is not there.
func ReadRuns(path string) (map[string]Result, error) {
	runs := map[string]Result{}
	data, err := boundedfile.Read(path, longestRuns)
	if errors.Is(err, fs.ErrNotExist) {
		return runs, nil
	}
	if err != nil {
		return nil, err
	}
	for i, line := range bytes.Split(bytes.TrimSpace(data), []byte("\n")) {
		var r Result
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&r); err != nil || r.Key == "" {
			return nil, fault.Inputf("%s: line %d is no run: %v", path, i+1, err)
		}
		runs[r.Key] = r
	}
	return runs, nil
}
