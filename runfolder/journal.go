package runfolder

import (
	"bufio"
	"encoding/json"
	"os"

	"github.com/gradreg/gradreg/internal/boundedfile"
	"github.com/gradreg/gradreg/internal/fault"
)

// Journal appends lines of JSON to a file.
type Journal struct {
	file  *os.File
	bytes int64
}

// OpenJournal opens the file, or makes it, and cuts it to the given length; what lies behind it
// belongs to steps that are taken again. A file that is shorter is the input's fault.
func OpenJournal(path string, bytes int64) (*Journal, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.Size() < bytes {
		err = fault.Inputf("%s: %d bytes, but the checkpoint counts %d", path, info.Size(), bytes)
	}
	if last := []byte{'\n'}; err == nil && bytes > 0 {
		if _, err = f.ReadAt(last, bytes-1); err == nil && last[0] != '\n' {
			err = fault.Inputf("%s: the %d bytes that the checkpoint counts end within a line", path, bytes)
		}
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
	return &Journal{f, bytes}, nil
}

// Append writes v as a line.
func (j *Journal) Append(v any) error {
	line, err := json.Marshal(v)
	if err != nil {
		return err
	}
	n, err := j.file.Write(append(line, '\n'))
	j.bytes += int64(n)
	return err
}

// Bytes returns the length of the file.
func (j *Journal) Bytes() int64 { return j.bytes }

// Sync has what was written survive a crash of the machine.
func (j *Journal) Sync() error { return j.file.Sync() }

// Close closes the file; everything that counts has been synced.
func (j *Journal) Close() {
	if j != nil {
		j.file.Close()
	}
}

// longestJournal is some million lines, which a run that logs every step has after days.
const longestJournal = 1 << 30

// ReadJournal reads lines of JSON. A last line that is not complete is left out: the run was
// interrupted while writing it.
func ReadJournal[T any](path string) ([]T, error) {
	f, err := boundedfile.Open(path, longestJournal)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []T
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	var pending error
	for n := 1; lines.Scan(); n++ {
		if pending != nil {
			return nil, pending
		}
		var v T
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			pending = fault.Inputf("%s: line %d: %w", path, n, err)
			continue
		}
		out = append(out, v)
	}
	return out, lines.Err()
}
