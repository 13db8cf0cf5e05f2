package study

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/fault"
)

// WriteRuns writes finished runs, one JSON object a line: all that is known of each. A study and
// these lines are what its report follows from; a database that has none of them takes them in by
// queue.Queue.Import.
func WriteRuns(w io.Writer, runs []Result) error {
	b := bufio.NewWriter(w)
	e := json.NewEncoder(b)
	for _, r := range runs {
		if err := e.Encode(r); err != nil {
			return err
		}
	}
	return b.Flush()
}

// ReadRuns reads what WriteRuns has written. An error names the line, counted from 1, and what is
// wrong with it.
func ReadRuns(r io.Reader) ([]Result, error) {
	var runs []Result
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLine)
	for number := 1; lines.Scan(); number++ {
		result, err := readRun(lines.Bytes())
		if err != nil {
			return nil, fault.Inputf("line %d: %w", number, err)
		}
		runs = append(runs, result)
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return nil, fault.Inputf("line %d is longer than %d bytes, expected a run", len(runs)+1, longestLine)
	}
	return runs, lines.Err()
}

// ReadRunsFile is ReadRuns of a file.
func ReadRunsFile(path string) ([]Result, error) {
	f, err := boundedfile.Open(path, longestRuns)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Missingf("%s does not exist, expected the %s of a report's folder", path, RunsFile)
	}
	if err != nil {
		return nil, fault.Input(err)
	}
	defer f.Close()
	runs, err := ReadRuns(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return runs, nil
}

// longestLine leaves room for a learning curve of some ten thousand points.
const longestLine = 1 << 20

func readRun(line []byte) (Result, error) {
	var r Result
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return r, fmt.Errorf("%w; expected a run", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return r, errors.New("something follows the run")
	}
	return r, r.Validate()
}
